package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The load itself, on a file: a daemon that is killed and a store that fails lose nothing, and one
/// wrong byte is found.
class VerifyingLoadTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:load";
  private static final long BYTES = 8 << 20;

  @TempDir Path folder;

  @Test
  void daemonKilledUnderLoad_noWrongByte_andAForgedOneIsFound() throws IOException {
    Path image = folder.resolve("load.img");
    try (var daemon = DaemonProcess.start(folder.resolve("data"), document(image))) {
      try (var load = VerifyingLoad.start(daemon.portal, TARGET, BYTES, 3, 4, 4711)) {
        load.awaitProgress("at first", 30);
        daemon.kill();
        daemon.startAgain();
        load.awaitProgress("after the kill", 60);
        load.awaitRefusal("3 0c00", 60); // WRITE ERROR, of the fault layer
        load.finish();
        daemon.terminate();
        load.verify(image);
        assertTrue(load.refusals().containsKey("connection lost"), load.refusals().toString());

        try (var file = FileChannel.open(image, StandardOpenOption.WRITE)) {
          file.write(ByteBuffer.wrap(new byte[] {42}), 4_000_100);
        }
        var found = assertThrows(AssertionError.class, () -> load.verify(image));
        assertTrue(found.getMessage().contains("sector 7812 of session 1"), found.getMessage());
      }
    }
  }

  private static String document(Path image) {
    return """
    version: 1
    http: { listen: "@HTTP@" }
    portals:
      - { group: 1, listen: "@PORTAL@" }
    targets:
      - name: %s
        units:
          - lun: 0
            store: { kind: file, path: %s, size: 8MiB }
            layers: [ { kind: fault, rate: 0.01, operations: write, fault: write-error } ]
    """
        .formatted(TARGET, image);
  }
}
