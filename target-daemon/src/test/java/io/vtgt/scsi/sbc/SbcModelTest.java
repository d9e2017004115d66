package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Status;
import io.vtgt.scsi.sbc.UnitUnderTest.Outcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random commands against an array that says what the medium must hold.
class SbcModelTest {
  private static final int BLOCKS = 200;
  private static final int BLOCK = 512;
  private static final int COMMANDS = 500;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 20261121})
  void randomCommands_leaveWhatTheModelSays(long seed) {
    var random = new Random(seed);
    byte[] model = new byte[BLOCKS * BLOCK];
    try (var on = new UnitUnderTest(THIN.withBlocks(BLOCKS))) {
      for (int i = 0; i < COMMANDS; i++) {
        step(on, random, model);
      }
      assertArrayEquals(model, on.medium(0, BLOCKS));
    }
  }

  private static void step(UnitUnderTest on, Random random, byte[] model) {
    int lba = random.nextInt(BLOCKS + 2);
    int count = 1 + random.nextInt(20);
    boolean inside = lba + count <= BLOCKS;
    int from = lba * BLOCK;
    int length = count * BLOCK;
    byte[] data = data(random, length);
    String range10 = "%08x 00 %04x 00".formatted(lba, count);
    String range16 = "%016x %08x 00 00".formatted(lba, count);
    switch (random.nextInt(8)) {
      case 0 -> {
        Outcome outcome = on.run("28 00 " + range10);
        assertEquals(inside, good(outcome));
        if (inside) {
          assertArrayEquals(Arrays.copyOfRange(model, from, from + length), outcome.dataIn());
        }
      }
      case 1 -> {
        if (good(on.run("8a 00 " + range16, data))) {
          System.arraycopy(data, 0, model, from, length);
        }
      }
      case 2 -> {
        if (good(on.run("2e 02 " + range10, data))) {
          System.arraycopy(data, 0, model, from, length);
        }
      }
      case 3 -> {
        if (good(on.run("8b 00 " + range16, data))) {
          for (int i = 0; i < length; i++) {
            model[from + i] |= data[i];
          }
        }
      }
      case 4 -> {
        byte[] block = Arrays.copyOf(data, BLOCK);
        if (good(on.run("93 0%d ".formatted(random.nextBoolean() ? 8 : 0) + range16, block))) {
          for (int i = 0; i < count; i++) {
            System.arraycopy(block, 0, model, from + i * BLOCK, BLOCK);
          }
        }
      }
      case 5 -> {
        byte[] list =
            ByteBuffer.allocate(24)
                .putShort((short) 22)
                .putShort((short) 16)
                .putLong(8, lba)
                .putInt(16, count)
                .array();
        if (good(on.run("42 00 00 00 00 00 00 00 18 00", list))) {
          Arrays.fill(model, from, from + length, (byte) 0);
        }
      }
      case 6 -> compareAndWrite(on, random, model, lba, count);
      case 7 -> {
        byte[] same = inside ? Arrays.copyOfRange(model, from, from + length) : data;
        assertEquals(inside, good(on.run("2f 02 " + range10, same)));
      }
      default -> throw new AssertionError();
    }
  }

  private static void compareAndWrite(
      UnitUnderTest on, Random random, byte[] model, int lba, int count) {
    if (lba + count > BLOCKS) {
      return;
    }
    int from = lba * BLOCK;
    int length = count * BLOCK;
    byte[] expected = Arrays.copyOfRange(model, from, from + length);
    byte[] wanted = data(random, length);
    boolean spoilt = random.nextBoolean();
    if (spoilt) {
      expected[random.nextInt(length)] ^= 1;
    }
    Outcome outcome =
        on.run(
            "89 00 %016x 00 00 00 %02x 00 00".formatted(lba, count),
            UnitUnderTest.join(expected, wanted));
    assertEquals(!spoilt, good(outcome));
    if (!spoilt) {
      System.arraycopy(wanted, 0, model, from, length);
    }
  }

  /// Zeroes now and then, so that blocks are deallocated by WRITE SAME too.
  private static byte[] data(Random random, int length) {
    byte[] data = new byte[length];
    if (random.nextInt(4) > 0) {
      random.nextBytes(data);
    }
    return data;
  }

  private static boolean good(Outcome outcome) {
    return outcome.completion().status() == Status.GOOD;
  }
}
