package io.vtgt.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.vertx.core.Vertx;
import io.vertx.core.transport.Transport;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreFault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The other ways to open a file or a device: what tgt calls `bstype` and `bsoflags`.
class FileStoreFlavoursTest {

  /// `rdwr` with `bsoflags sync`.
  @Nested
  class Sync extends Flavour {
    Sync() {
      super(false, Map.of("sync", true));
    }
  }

  @Nested
  class SyncOnTheRing extends Flavour {
    SyncOnTheRing() {
      super(true, Map.of("sync", true));
    }
  }

  /// `rdwr` with both.
  @Nested
  class DirectAndSyncOnTheRing extends Flavour {
    DirectAndSyncOnTheRing() {
      super(true, Map.of("sync", true, "direct", true));
    }
  }

  /// As on a device of such blocks.
  @Nested
  class DirectInBlocksOf4096 extends Flavour {
    DirectInBlocksOf4096() {
      super(false, Map.of("direct", true, "blockSize", 4096));
    }

    @Test
    void block_isThatOfTheOption() {
      assertEquals(4096, store.geometry().blockBytes());
    }
  }

  @Nested
  class DirectDevice512 extends Device {
    DirectDevice512() {
      super(true, 512, Map.of("direct", true));
    }
  }

  /// `aio` on a device of 4096 byte sectors.
  @Nested
  class DirectDevice4096 extends Device {
    DirectDevice4096() {
      super(true, 4096, Map.of("direct", true));
    }
  }

  @Nested
  class SyncDevice extends Device {
    SyncDevice() {
      super(false, 512, Map.of("sync", true));
    }
  }

  abstract static class Flavour extends FileStoreContract {
    private final boolean ring;
    final Map<String, Object> options;

    Flavour(boolean ring, Map<String, Object> options) {
      this.ring = ring;
      this.options = options;
    }

    @Override
    protected Vertx makeVertx() {
      if (!ring) {
        return Vertx.vertx();
      }
      if (Transport.IO_URING == null || !Transport.IO_URING.available()) {
        abort("io_uring is not available");
      }
      return Vertx.builder().withTransport(Transport.IO_URING).build();
    }

    @Override
    protected BackingStore open() throws Exception {
      Map<String, Object> all = new HashMap<>(options);
      all.put("path", "image");
      all.put("size", SIZE);
      try {
        return open(all);
      } catch (StoreFault fault) {
        return abort("not here: " + fault.getMessage());
      }
    }

    @Test
    void writes_ofEveryFlavour_canBeDurableByThemselves() {
      assertTrue(store.limits().nativeFua());
      assertTrue(store.limits().durableFlush());
    }
  }

  /// A loop device over a file; where none can be had, nothing is tested.
  abstract static class Device extends Flavour {
    private final int sectorBytes;
    private String device;

    Device(boolean ring, int sectorBytes, Map<String, Object> options) {
      super(ring, options);
      this.sectorBytes = sectorBytes;
    }

    @Override
    protected BackingStore open() throws Exception {
      Path image = folder.resolve("image");
      try (var file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(SIZE);
      }
      device =
          losetup("--find", "--show", "--sector-size", "" + sectorBytes, image.toString()).strip();
      Map<String, Object> all = new HashMap<>(options);
      all.put("path", device);
      return open(all);
    }

    /// While the store has it open it goes with its closing.
    @AfterEach
    void detach() throws Exception {
      if (device != null) {
        losetup("--detach", device);
      }
    }

    private static String losetup(String... arguments) throws Exception {
      String[] command = new String[arguments.length + 1];
      command[0] = "losetup";
      System.arraycopy(arguments, 0, command, 1, arguments.length);
      try {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
          abort("no loop device: " + said);
        }
        return said;
      } catch (IOException e) {
        return abort("no losetup: " + e.getMessage());
      }
    }

    @Test
    void direct_asksForWholeSectors() {
      boolean direct = options.containsKey("direct");
      assertEquals(direct ? sectorBytes : 1, store.geometry().blockBytes());
    }
  }
}
