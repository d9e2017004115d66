package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.store.sheepdog.SheepServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A unit on a sheepdog VDI, through the daemon: libiscsi's suite, and a cluster that goes away and
/// comes back under a load that checks what it reads. The cluster is a stand-in in this process,
/// which judges what the daemon sends.
class SheepdogTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:sheepdog";

  /// Sanitize.Reset waits for a SANITIZE of so much.
  private static final long SIZE = 256L << 20;

  private static final int OBJECT_SHIFT = 22;
  private static final int RUN_SECONDS = 900;
  private static final String TEST_SECONDS = "150";

  @TempDir Path folder;

  /// Of the kind that passes most of the suite.
  private String document(SheepServer server) {
    return """
    version: 1
    http: { listen: "@HTTP@" }
    portals:
      - { group: 1, listen: "@PORTAL@" }
      - { group: 2, listen: "@PORTAL2@" }
    targets:
      - name: %s
        units:
          - { lun: 0, store: { kind: sheepdog, addresses: "%s", vdi: disk }, removable: true }
    """
        .formatted(TARGET, server.address());
  }

  @Test
  void libiscsiSuite_onAVdi_noTestFails() throws IOException {
    LibiscsiSuite.assumeFetched();
    try (var server = new SheepServer(1)) {
      server.immediately();
      server.allowOverlaps(); // some tests do
      server.create("disk", SIZE, OBJECT_SHIFT);
      try (var daemon = DaemonProcess.start(folder.resolve("data"), document(server))) {
        LibiscsiSuite.check(
            LibiscsiSuite.run(
                "sheepdog",
                RUN_SECONDS,
                daemon.url(TARGET, 0),
                "-t",
                TEST_SECONDS,
                "-m",
                "iscsi://127.0.0.1:" + daemon.secondPortal + "/" + TARGET + "/0"),
            200);
      }
      assertEquals(List.of(), server.violations());
    }
  }

  @Test
  void cluster_awayAndBackUnderALoad_losesNothing()
      throws IOException, InterruptedException, ExecutionException {
    long seed = Long.getLong("vtgt.seed", System.nanoTime());
    System.out.println("SheepdogTest: seed " + seed);
    try (var server = new SheepServer(seed)) {
      server.strays(1000);
      server.create("disk", SIZE, OBJECT_SHIFT);
      try (var daemon = DaemonProcess.start(folder.resolve("data"), document(server));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var stop = new AtomicBoolean();
        var rounds = new AtomicInteger();
        List<Future<Void>> loads = new ArrayList<>();
        for (int i = 0; i < Load.COUNT; i++) {
          loads.add(threads.submit(new Load(daemon, i, seed, stop, rounds)));
        }
        try {
          for (int i = 0; i < 4; i++) {
            int from = rounds.get();
            DaemonProcess.await(
                "the load to go on",
                60,
                () -> rounds.get() > from + 200 || loads.stream().anyMatch(Future::isDone));
            switch (i) {
              case 0 -> server.drop();
              case 1 -> server.dropAfter(20);
              case 2 -> {
                server.stop();
                DaemonProcess.await(
                    "the daemon to notice", 30, () -> daemon.log().contains("no sheep answers"));
                server.start();
              }
              default -> server.snapshot("disk", "monday");
            }
          }
          int from = rounds.get();
          DaemonProcess.await(
              "the load to go on",
              60,
              () -> rounds.get() > from + 200 || loads.stream().anyMatch(Future::isDone));
        } finally {
          stop.set(true);
        }
        for (Future<Void> load : loads) {
          load.get();
        }
        System.out.println("SheepdogTest: " + rounds + " blocks written and read back");
      }
      assertEquals(List.of(), server.violations());
    }
  }

  /// One initiator that writes blocks of its own, and reads back one that it wrote before.
  private record Load(
      DaemonProcess daemon, int number, long seed, AtomicBoolean stop, AtomicInteger rounds)
      implements Callable<Void> {
    static final int COUNT = 4;

    /// Blocks of each, of 4 KiB, far enough from each other to lie in several objects.
    private static final int BLOCKS = 64;

    private static final int LENGTH = 4096;
    private static final int SECTORS = LENGTH / 512;

    @Override
    public Void call() {
      var random = new Random(seed + number);
      var content = new byte[BLOCKS][];
      try (var session =
          NexusSession.login(
              daemon.portal, TARGET, "iqn.2026-11.io.vtgt.it:load-" + number, number + 1)) {
        while (!stop.get()) {
          int written = random.nextInt(BLOCKS);
          byte[] data = new byte[LENGTH];
          random.nextBytes(data);
          content[written] = data;
          assertEquals("GOOD", good(() -> session.write(cdb(0x2a, written), data)));
          int read = random.nextInt(BLOCKS);
          byte[] expected = content[read] == null ? new byte[LENGTH] : content[read];
          assertEquals(
              "GOOD " + HexFormat.of().formatHex(expected),
              good(() -> session.read(cdb(0x28, read), LENGTH)),
              "load " + number + ", block " + read);
          rounds.incrementAndGet();
        }
        for (int i = 0; i < BLOCKS; i++) {
          byte[] expected = content[i] == null ? new byte[LENGTH] : content[i];
          int block = i;
          assertEquals(
              "GOOD " + HexFormat.of().formatHex(expected),
              good(() -> session.read(cdb(0x28, block), LENGTH)),
              "load " + number + ", block " + i);
        }
      }
      return null;
    }

    /// What a command ends with when the unit attentions before it have been told.
    private static String good(Supplier<String> command) {
      String told = command.get();
      return told.equals("UNIT ATTENTION") ? good(command) : told;
    }

    private String cdb(int opcode, int block) {
      long lba = ((long) block * COUNT + number) * (SIZE / 512 / BLOCKS / COUNT);
      return "%02x 00 %08x 00 00 %02x 00".formatted(opcode, lba, SECTORS);
    }
  }
}
