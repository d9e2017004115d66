package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.store.Limits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WriteAtomicTest {
  private final UnitUnderTest on = new UnitUnderTest(THIN);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  private static String cdb(long lba, int boundary, int blockCount) {
    return "9c 00 %016x %04x %04x 00 00".formatted(lba, boundary, blockCount);
  }

  @Test
  void writeAtomic_writes_withAndWithoutABoundary() {
    on.good(cdb(8, 0, 16), filled(16 * 512, 1));
    assertArrayEquals(filled(16 * 512, 1), on.medium(8, 16));
    on.good(cdb(4096 - 16, 8, 16), filled(16 * 512, 2));
    assertArrayEquals(filled(16 * 512, 2), on.medium(4096 - 16, 16));
    on.good(cdb(0, 0, 0));
  }

  @Test
  void writeAtomic_withFua_isFlushed() {
    on.good("9c 08 0000000000000000 0000 0008 00 00", filled(4096, 1));
    assertEquals(1, on.store.flushes);
  }

  @Test
  void writeAtomic_thatCannotBeOne_isPointedAt() {
    int most = BlockLimits.of(on.unit).maxAtomic();
    assertEquals(2048, most);
    assertEquals(8, BlockLimits.of(on.unit).atomicGranularity());
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, cdb(4096 - 8, 0, 16));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, cdb(1L << 63, 0, 0));
    assertEquals(Sense.invalidFieldInCdb(12, 7), on.refused(cdb(0, 0, most + 8)));
    assertEquals(Sense.invalidFieldInCdb(12, 7), on.refused(cdb(0, 0, 1)));
    assertEquals(Sense.invalidFieldInCdb(2, 7), on.refused(cdb(1, 0, 8)));
    assertEquals(Sense.invalidFieldInCdb(10, 7), on.refused(cdb(0, most + 8, 8)));
    assertEquals(Sense.invalidFieldInCdb(10, 7), on.refused(cdb(0, 9, 16)));
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, cdb(0, 0, 16), filled(8 * 512, 1));
    assertArrayEquals(new byte[16 * 512], on.medium(0, 16));
  }

  @Test
  void writeAtomic_overAStoreWithout_isNotOffered() {
    Limits known = on.store.limits;
    on.store.limits = known.withAtomicWrites(0, 0);
    on.refusedWith(Asc.INVALID_COMMAND_OPERATION_CODE, cdb(0, 0, 8), filled(4096, 1));
    assertEquals(0, BlockLimits.of(on.unit).atomicGranularity());
  }
}
