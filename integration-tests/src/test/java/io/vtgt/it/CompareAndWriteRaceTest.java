package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two gateways that both write one image (`lock: shared`): of two COMPARE AND WRITE of one block
/// that expect the same, one wins.
class CompareAndWriteRaceTest {
  private static final int ROUNDS = 1000, BLOCKS = 64, BLOCK_BYTES = 512;
  private static final int PATIENCE_SECONDS = 60;
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:race";
  private static final String MISCOMPARE = "e 1d00";

  @TempDir Path folder;

  /// One gateway and what it compares and writes.
  private record Racer(NexusSession session, CyclicBarrier start) {
    Callable<String> round(int block, byte[] expected, byte[] mine) {
      return () -> {
        byte[] data = Arrays.copyOf(expected, 2 * BLOCK_BYTES);
        System.arraycopy(mine, 0, data, BLOCK_BYTES, BLOCK_BYTES);
        start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return session.write("89 00 %016x 00 00 00 01 00 00".formatted(block), data);
      };
    }
  }

  @Test
  void twoGateways_compareAndWriteTheSameBlock_oneWins() throws Exception {
    var lab = CephLab.use();
    lab.image("race", "16M", "--image-feature", "layering");
    String document =
        """
        version: 1
        http: { listen: "@HTTP@" }
        portals:
          - { group: 1, listen: "@PORTAL@" }
        targets:
          - name: %s
            units:
              - { lun: 0, store: %s }
        """
            .formatted(TARGET, lab.store("race", ", lock: shared"));
    try (var first = DaemonProcess.start(folder.resolve("first"), document);
        var second = DaemonProcess.start(folder.resolve("second"), document);
        var pool = Executors.newFixedThreadPool(2);
        var one = NexusSession.login(first.portal, TARGET, "iqn.2026-11.io.vtgt.it:one", 1);
        var other = NexusSession.login(second.portal, TARGET, "iqn.2026-11.io.vtgt.it:other", 2)) {
      var start = new CyclicBarrier(2);
      var racers = List.of(new Racer(one, start), new Racer(other, start));
      var held = new byte[BLOCKS][BLOCK_BYTES];
      var wins = new int[2];
      for (int round = 0; round < ROUNDS; round++) {
        int block = round % BLOCKS;
        byte[][] wanted = {content(round, 0), content(round, 1)};
        var first1 = pool.submit(racers.get(0).round(block, held[block], wanted[0]));
        var second1 = pool.submit(racers.get(1).round(block, held[block], wanted[1]));
        var said = List.of(first1.get(), second1.get());
        int winner = said.indexOf("GOOD");
        assertEquals(
            winner == 0 ? List.of("GOOD", MISCOMPARE) : List.of(MISCOMPARE, "GOOD"),
            said,
            "round " + round);
        wins[winner]++;
        held[block] = wanted[winner];
        // Read by who lost: there is one truth.
        assertEquals(
            "GOOD " + HexFormat.of().formatHex(held[block]),
            racers.get(1 - winner).session.read("28 00 %08x 00 00 01 00".formatted(block), 512),
            "round " + round);
      }
      System.out.printf(
          "%d rounds of COMPARE AND WRITE: the first gateway won %d, the second %d%n",
          ROUNDS, wins[0], wins[1]);
    }
  }

  private static byte[] content(int round, int racer) {
    byte[] bytes = new byte[BLOCK_BYTES];
    ByteBuffer.wrap(bytes).putInt(round).putInt(racer);
    Arrays.fill(bytes, 8, BLOCK_BYTES, (byte) (round * 2 + racer));
    return bytes;
  }
}
