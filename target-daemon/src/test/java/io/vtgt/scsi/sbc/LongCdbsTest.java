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
import org.junit.jupiter.params.provider.CsvSource;

/// The commands with 32-byte CDBs do what their shorter forms do.
class LongCdbsTest {
  private final UnitUnderTest on = new UnitUnderTest(THIN);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  /// @param flags byte 10
  private static String cdb(int action, int flags, long lba, int blockCount) {
    return "7f 00 00 00 00 00 00 18 00 %02x %02x 00 %016x 11223344 5566 7788 %08x"
        .formatted(action, flags, lba, blockCount);
  }

  @Test
  void writeReadVerify_moveTheBlocksOfTheirRange_whateverTagsAreExpected() {
    byte[] data = join(filled(512, 3), filled(512, 4));
    on.good(cdb(0x0b, 0x08, 10, 2), data);
    assertEquals(1, on.store.flushes); // FUA, by a flush over memory
    assertArrayEquals(data, on.good(cdb(0x09, 0x10, 10, 2)));
    on.good(cdb(0x0a, 0x02, 10, 2), data);
    assertEquals(miscompareAt(512), on.refused(cdb(0x0a, 0x02, 10, 2), filled(1024, 3)));
    on.good(cdb(0x0c, 0x02, 12, 1), filled(512, 5));
    assertArrayEquals(filled(512, 5), on.medium(12, 1));
  }

  @Test
  void writeSame_fillsAndUnmaps() {
    on.good(cdb(0x0d, 0x00, 16, 8), filled(512, 6));
    assertArrayEquals(filled(8 * 512, 6), on.medium(16, 8));
    on.good(cdb(0x0d, 0x09, 16, 8)); // UNMAP, NDOB
    assertArrayEquals(new byte[8 * 512], on.medium(16, 8));
  }

  @Test
  void read_longerThanTheMost_isPointedAtItsLength() {
    try (var big = new UnitUnderTest(THIN.withBlocks(1L << 20))) {
      String cdb = cdb(0x09, 0, 0, BlockLimits.maxTransfer(big.unit) + 1);
      assertEquals(Sense.invalidFieldInCdb(28, 7), big.refused(cdb));
    }
  }

  @Test
  void lengthsAndFlags_arePointedAtWhereTheyAre() {
    assertEquals(Sense.invalidFieldInCdb(10, 2), on.refused(cdb(0x0a, 0x04, 0, 1)));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, cdb(0x09, 0, 4096, 1));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, cdb(0x0b, 0, -1, 1), new byte[512]);
    // RDPROTECT asks for protection information
    assertEquals(Sense.invalidFieldInCdb(10, 5), on.refused(cdb(0x09, 0x20, 0, 1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # CDB                                                             | byte | bit
          7f 00 00 00 00 00 00 17 00 09 00 00 0000000000000000 0000000000000000 00000001 | 7 | 7
          7f 00 00 00 00 00 00 18 00 08 00 00 0000000000000000 0000000000000000 00000001 | 8 | 7
          7f 00 00 00 00 00 00 18 01 09 00 00 0000000000000000 0000000000000000 00000001 | 8 | 7
          7f 04 00 00 00 00 00 18 00 09 00 00 0000000000000000 0000000000000000 00000001 | 1 | 2
          7f 00 00 00 00 00 00 18                                                        | 8 | 7
          """)
  void wrongLengthOrServiceAction_isAnInvalidField(String cdb, int at, int bit) {
    assertEquals(Sense.invalidFieldInCdb(at, bit), on.refused(cdb));
  }
}
