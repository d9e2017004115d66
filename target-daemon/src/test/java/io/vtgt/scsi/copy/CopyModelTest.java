package io.vtgt.scsi.copy;

import static io.vtgt.scsi.copy.CopyFixture.assertGood;
import static io.vtgt.scsi.copy.CopyFixture.cscd;
import static io.vtgt.scsi.copy.CopyFixture.list;
import static io.vtgt.scsi.copy.CopyFixture.offsetSegment;
import static io.vtgt.scsi.copy.CopyFixture.segment;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Random copies between units of both block lengths, over random holes, against arrays.
class CopyModelTest {
  private static final int BYTES = 3 << 20;
  private static final int ROUNDS = 12, COPIES = 12;

  @Test
  void randomSegments_areWhatTheModelHas() {
    for (long seed = 1; seed <= ROUNDS; seed++) {
      try (var fixture = new CopyFixture()) {
        round(fixture, new Random(seed), "seed " + seed);
      }
    }
  }

  private static void round(CopyFixture fixture, Random random, String seed) {
    LogicalUnit[] units = {
      fixture.add(0, fixture.unit(0, 512, new MemoryStore(BYTES))),
      fixture.add(1, fixture.unit(1, 4096, new MemoryStore(BYTES))),
    };
    byte[][] model = {new byte[BYTES], new byte[BYTES]};
    for (int u = 0; u < 2; u++) {
      for (int at = 0; at < BYTES; ) {
        int length = Math.min(BYTES - at, 4096 * (1 + random.nextInt(80)));
        if (random.nextBoolean()) {
          byte[] data = new byte[length];
          random.nextBytes(data);
          fixture.write(units[u], at, data);
          System.arraycopy(data, 0, model[u], at, length);
        }
        at += length;
      }
    }
    ScsiFixture.Initiator host = fixture.scsi.ready("host");
    for (int i = 0; i < COPIES; i++) {
      var segments = new ArrayList<byte[]>();
      for (int s = random.nextInt(3); s >= 0; s--) {
        segments.add(random.nextBoolean() ? blocks(random, model) : bytes(random, model, units));
      }
      assertGood(
          fixture.copy(host, 0, list(1, 0, List.of(cscd(units[0]), cscd(units[1])), segments)));
      for (int u = 0; u < 2; u++) {
        assertArrayEquals(model[u], fixture.read(units[u], 0, BYTES), seed + ", copy " + i);
      }
    }
  }

  /// In multiples of 4096 bytes, which both units can do.
  private static byte[] blocks(Random random, byte[][] model) {
    int source = random.nextInt(2), destination = random.nextInt(2);
    int length = 4096 * random.nextInt(BYTES / 4096 / 2);
    int from = 4096 * random.nextInt((BYTES - length) / 4096 + 1);
    int to = 4096 * random.nextInt((BYTES - length) / 4096 + 1);
    move(model, source, from, destination, to, length);
    int[] blockBytes = {512, 4096};
    boolean destinationCount = random.nextBoolean();
    return segment(
        source,
        destination,
        destinationCount,
        length / blockBytes[destinationCount ? destination : source],
        from / blockBytes[source],
        to / blockBytes[destination]);
  }

  private static byte[] bytes(Random random, byte[][] model, LogicalUnit[] units) {
    int source = random.nextInt(2), destination = random.nextInt(2);
    int length = random.nextInt(random.nextBoolean() ? 9000 : BYTES / 2);
    int from = random.nextInt(BYTES - length + 1);
    int to =
        random.nextInt(3) == 0
            ? Math.clamp(from + random.nextInt(20_001) - 10_000, 0, BYTES - length)
            : random.nextInt(BYTES - length + 1);
    move(model, source, from, destination, to, length);
    int fromBlock = units[source].profile().blockBytes();
    int toBlock = units[destination].profile().blockBytes();
    return offsetSegment(
        source,
        destination,
        length,
        from / fromBlock,
        from % fromBlock,
        to / toBlock,
        to % toBlock);
  }

  private static void move(
      byte[][] model, int source, int from, int destination, int to, int length) {
    byte[] data = Arrays.copyOfRange(model[source], from, from + length);
    System.arraycopy(data, 0, model[destination], to, length);
  }
}
