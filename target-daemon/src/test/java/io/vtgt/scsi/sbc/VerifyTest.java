package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static io.vtgt.scsi.sbc.UnitUnderTest.join;
import static io.vtgt.scsi.sbc.UnitUnderTest.miscompareAt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// VERIFY, ORWRITE, COMPARE AND WRITE: the commands that look at both sides.
class VerifyTest {
  private static final String COMPARE_2_BLOCKS_AT_8 =
      "89 00 00 00 00 00 00 00 00 08 00 00 00 02 00 00";

  private final UnitUnderTest on = new UnitUnderTest(THIN.withBlocks(16384));

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2f 02 00 00 00 08 00 00 02 00",
        "af 02 00 00 00 08 00 00 00 02 00 00",
        "8f 12 00 00 00 00 00 00 00 08 00 00 00 02 00 00",
      })
  void verify_comparesTheDataOut(String cdb) {
    byte[] data = join(filled(512, 1), filled(512, 2));
    on.good("2a 00 00 00 00 08 00 00 02 00", data);
    on.good(cdb, data);
    data[700] ^= 4;
    assertEquals(miscompareAt(700), on.refused(cdb, data));
    data[0] ^= 1;
    assertEquals(miscompareAt(0), on.refused(cdb, data));
  }

  @Test
  void verify_withoutComparing_asksForNoData() {
    assertEquals(0, on.run("2f 00 00 00 00 08 00 00 02 00", filled(1024, 9)).asked());
    on.good("8f 00 00 00 00 00 00 00 00 00 00 00 40 00 00 00");
  }

  @Test
  void verify_comparesOneBlockWithAll() {
    on.good("41 00 00 00 00 00 00 20 00 00", filled(512, 5)); // 4 MiB
    on.good("2f 06 00 00 00 00 00 20 00 00", filled(512, 5));
    byte[] other = filled(512, 5);
    other[511] = 6;
    on.good("2a 00 00 00 1f ff 00 00 01 00", other);
    assertEquals(
        miscompareAt(0x1fff * 512L + 511),
        on.refused("2f 06 00 00 00 00 00 20 00 00", filled(512, 5)));
  }

  @Test
  void verify_longerThanAPiece_findsTheDifferenceInTheSecond() {
    byte[] data = filled(3 << 20, 3);
    on.good("2a 00 00 00 00 00 00 18 00 00", data);
    on.good("2f 02 00 00 00 00 00 18 00 00", data);
    data[(2 << 20) + 5] = 4;
    assertEquals(miscompareAt((2 << 20) + 5), on.refused("2f 02 00 00 00 00 00 18 00 00", data));
  }

  @Test
  void reservedByteCheck_isRefused() {
    assertEquals(Sense.invalidFieldInCdb(1, 2), on.refused("2f 04 00 00 00 00 00 00 01 00"));
    assertEquals(Sense.invalidFieldInCdb(1, 2), on.refused("2e 04 00 00 00 00 00 00 01 00"));
    assertEquals(Sense.invalidFieldInCdb(1, 2), on.refused("2e 06 00 00 00 00 00 00 01 00"));
  }

  @Test
  void dataShorterThanWhatIsCompared_isRefused() {
    on.refusedWith(
        Asc.PARAMETER_LIST_LENGTH_ERROR, "2f 02 00 00 00 00 00 00 02 00", filled(1023, 0));
    on.refusedWith(
        Asc.PARAMETER_LIST_LENGTH_ERROR, "2f 06 00 00 00 00 00 00 02 00", filled(511, 0));
    on.refusedWith(
        Asc.PARAMETER_LIST_LENGTH_ERROR,
        "8b 00 00 00 00 00 00 00 00 00 00 00 00 02 00 00",
        filled(1023, 0));
  }

  @Test
  void orWrite_setsBits() {
    byte[] old = filled(1024, 0x81);
    on.good("2a 00 00 00 00 08 00 00 02 00", old);
    on.good(
        "8b 08 00 00 00 00 00 00 00 08 00 00 00 02 00 00",
        join(filled(512, 0x01), filled(512, 0x70)));
    assertArrayEquals(join(filled(512, 0x81), filled(512, 0xf1)), on.medium(8, 2));
    assertEquals(1, on.store.flushes);
  }

  @Test
  void compareAndWrite_writesWhatWasExpected() {
    byte[] first = filled(1024, 1);
    on.good(COMPARE_2_BLOCKS_AT_8, join(new byte[1024], first));
    assertArrayEquals(first, on.medium(8, 2));
    byte[] wrong = first.clone();
    wrong[513] = 2;
    assertEquals(
        miscompareAt(513), on.refused(COMPARE_2_BLOCKS_AT_8, join(wrong, filled(1024, 9))));
    assertArrayEquals(first, on.medium(8, 2));
    assertEquals(0, on.store.flushes);
    on.good(COMPARE_2_BLOCKS_AT_8.replaceFirst("89 00", "89 18"), join(first, filled(1024, 3)));
    assertArrayEquals(filled(1024, 3), on.medium(8, 2));
    assertEquals(1, on.store.flushes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1024, 2047, 2049, 4096})
  void compareAndWrite_withAnyOtherLength_isRefused(int dataLength) {
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, COMPARE_2_BLOCKS_AT_8, new byte[dataLength]);
  }

  @Test
  void compareAndWrite_ofNoBlocks_isGoodWhateverComes() {
    on.good("89 18 00 00 00 00 00 00 00 08 00 00 00 00 00 00", new byte[512]);
  }

  @Test
  void compareAndWrite_longerThanItsLimit_isAnInvalidField() {
    int most = BlockLimits.of(on.unit).maxCompareAndWrite();
    String cdb = "89 00 00 00 00 00 00 00 00 00 00 00 00 %02x 00 00";
    if (most < 255) {
      assertEquals(
          Sense.invalidFieldInCdb(13, 7),
          on.refused(cdb.formatted(most + 1), new byte[(most + 1) * 1024]));
    }
    on.good(cdb.formatted(most), new byte[most * 1024]);
  }
}
