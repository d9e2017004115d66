package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static io.vtgt.scsi.sbc.UnitUnderTest.join;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.store.Extent;
import io.vtgt.store.Limits;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// UNMAP, WRITE SAME, GET LBA STATUS and READ CAPACITY.
class ProvisioningTest {
  private final UnitUnderTest on = new UnitUnderTest(THIN);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  private static String unmap(int listLength) {
    return "42 00 00 00 00 00 00 %02x %02x 00".formatted(listLength >> 8, listLength & 0xff);
  }

  /// @param ranges LBA, count, LBA, count …
  private static byte[] list(long... ranges) {
    var list = ByteBuffer.allocate(8 + ranges.length * 8);
    list.putShort((short) (list.capacity() - 2)).putShort((short) (list.capacity() - 8)).putInt(0);
    for (int i = 0; i < ranges.length; i += 2) {
      list.putLong(ranges[i]).putInt((int) ranges[i + 1]).putInt(0);
    }
    return list.array();
  }

  private void unmapGood(long... ranges) {
    byte[] list = list(ranges);
    on.good(unmap(list.length), list);
  }

  @Test
  void unmap_zeroesEveryBlockOfEveryRange_andNoOther() {
    on.good("2a 00 00 00 00 00 00 00 40 00", filled(64 * 512, 7));
    unmapGood(0, 16, 17, 3, 25, 0, 30, 10);
    byte[] expected = filled(64 * 512, 7);
    zero(expected, 0, 16);
    zero(expected, 17, 3);
    zero(expected, 30, 10);
    assertArrayEquals(expected, on.medium(0, 64));
  }

  private static void zero(byte[] bytes, int lba, int blocks) {
    System.arraycopy(new byte[blocks * 512], 0, bytes, lba * 512, blocks * 512);
  }

  @Test
  void unmap_whereUnmappedBlocksAreUndefined_freesWholeGranulesOnly() {
    Limits known = on.store.limits;
    on.store.limits = new Limits(known.maxTransfer(), 0, false, false, 4096, false, false, 0, true);
    unmapGood(1, 23);
    assertEquals(2 * 4096, on.store.unmappedBytes);
    assertEquals(0, on.store.zeroedBytes);
  }

  @Test
  void unmap_ofNothing_isGood() {
    on.good(unmap(0));
    unmapGood();
    unmapGood(0, 0, 4096, 0);
    unmapGood(new long[2 * 256]);
  }

  @Test
  void unmap_ignoresAnIncompleteDescriptor() {
    on.good("2a 00 00 00 00 00 00 00 08 00", filled(4096, 7));
    byte[] list = list(0, 8);
    list[3] = 15;
    on.good(unmap(list.length), list);
    assertArrayEquals(filled(4096, 7), on.medium(0, 8));
  }

  @Test
  void unmap_withAWrongList_touchesNothing() {
    on.good("2a 00 00 00 00 00 00 00 08 00", filled(4096, 7));
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, unmap(7), list());
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, unmap(24), list());
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, unmap(16), list(0, 8));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, unmap(40), list(0, 8, 4095, 2));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, unmap(40), list(0, 8, -1, 1));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, unmap(40), list(0, 8, 4097, 0));
    on.refusedWith(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, unmap(40), list(0, 8, 1, 0xffffffffL));
    byte[] many = list(new long[2 * 257]);
    assertEquals(Sense.invalidFieldInParameterList(2, 7), on.refused(unmap(many.length), many));
    byte[] garbled = list(0, 8);
    garbled[1] = 8;
    assertEquals(Sense.invalidFieldInParameterList(0, 7), on.refused(unmap(24), garbled));
    assertEquals(Sense.invalidFieldInCdb(1, 0), on.refused("42 01 00 00 00 00 00 00 18 00"));
    assertArrayEquals(filled(4096, 7), on.medium(0, 8));
  }

  @Test
  void unmap_beyondTheSumOfBlocks_isRefused() {
    try (var big = new UnitUnderTest(THIN.withBlocks(4L << 20))) {
      int most = BlockLimits.of(big.unit).maxUnmap();
      big.good(unmap(24), list(0, most));
      assertEquals(
          Sense.invalidFieldInParameterList(32, 7), big.refused(unmap(40), list(0, most, 0, 1)));
    }
  }

  @Test
  void unmap_onAThickUnit_isUnknown() {
    try (var thick = new UnitUnderTest(THIN.thick())) {
      thick.refusedWith(Asc.INVALID_COMMAND_OPERATION_CODE, unmap(24), list(0, 1));
      assertEquals(
          Sense.invalidFieldInCdb(1, 3),
          thick.refused("41 08 00 00 00 00 00 00 01 00", new byte[512]));
      assertEquals(0, BlockLimits.of(thick.unit).maxUnmap());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void writeSame_repeatsTheBlock(int blockBytes) {
    try (var any = new UnitUnderTest(THIN.withBlockBytes(blockBytes))) {
      byte[] block = filled(blockBytes, 0x5a);
      block[3] = 1;
      any.good("93 00 00 00 00 00 00 00 00 03 00 00 00 02 00 00", block);
      assertArrayEquals(
          join(new byte[blockBytes], block, block, new byte[blockBytes]), any.medium(2, 4));
    }
  }

  @Test
  void writeSame_withUnmap_deallocatesZeroesOnly() {
    on.good("2a 00 00 00 00 00 00 00 20 00", filled(32 * 512, 7));
    on.good("41 08 00 00 00 00 00 00 10 00", new byte[512]);
    on.good("41 08 00 00 00 10 00 00 08 00", filled(512, 9));
    assertArrayEquals(
        join(new byte[16 * 512], filled(8 * 512, 9), filled(8 * 512, 7)), on.medium(0, 32));
    assertEquals(16 * 512, on.store.zeroedBytes);
  }

  @Test
  void writeSame_withoutDataOut_isZeroes() {
    on.good("2a 00 00 00 00 00 00 00 02 00", filled(1024, 7));
    assertEquals(
        0, on.run("93 01 00 00 00 00 00 00 00 00 00 00 00 01 00 00", new byte[512]).asked());
    assertArrayEquals(join(new byte[512], filled(512, 7)), on.medium(0, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 256, 511, 513, 1024})
  void writeSame_wantsExactlyOneBlock(int dataLength) {
    on.refusedWith(
        Asc.PARAMETER_LIST_LENGTH_ERROR, "41 08 00 00 00 00 00 00 01 00", new byte[dataLength]);
  }

  @Test
  void writeSame_ofNoBlocks_goesToTheEndOfAThickMedium() {
    String toTheEnd = "41 00 00 00 0f f8 00 00 00 00";
    assertEquals(Sense.invalidFieldInCdb(7, 7), on.refused(toTheEnd, filled(512, 9)));
    try (var thick = new UnitUnderTest(THIN.thick())) {
      thick.good("2a 00 00 00 0f f0 00 00 10 00", filled(16 * 512, 7));
      thick.good(toTheEnd, filled(512, 9));
      assertArrayEquals(join(filled(8 * 512, 7), filled(8 * 512, 9)), thick.medium(0xff0, 16));
      thick.refusedWith(
          Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, "41 00 00 00 10 00 00 00 00 00", new byte[512]);
    }
  }

  @Test
  void writeSame_ofTooMany_isAnInvalidField() {
    try (var big = new UnitUnderTest(THIN.withBlocks(4L << 20).thick())) {
      int most = BlockLimits.of(big.unit).maxWriteSame();
      String cdb = "93 00 00 00 00 00 00 00 00 00 %08x 00 00";
      assertEquals(
          Sense.invalidFieldInCdb(10, 7), big.refused(cdb.formatted(most + 1), new byte[512]));
      assertEquals(Sense.invalidFieldInCdb(10, 7), big.refused(cdb.formatted(0), new byte[512]));
      big.good(cdb.formatted(most), new byte[512]);
    }
  }

  @Test
  void getLbaStatus_beginsAtTheLbaAskedFor() {
    on.good("2a 00 00 00 00 08 00 00 08 00", filled(4096, 1)); // blocks 8 to 15
    assertEquals(
        "00000034"
            + "00000000"
            + ("0000000000000002" + "00000006" + "01000000")
            + ("0000000000000008" + "00000008" + "00000000")
            + ("0000000000000010" + "00000ff0" + "01000000"),
        on.run("9e 12 00 00 00 00 00 00 00 02 00 00 01 00 00 00").hex());
    assertEquals(
        "00000014" + "00000000" + "000000000000000a" + "00000006" + "00000000",
        on.run("9e 12 00 00 00 00 00 00 00 0a 00 00 00 18 00 00").hex());
    assertEquals(
        "000000", on.run("9e 12 00 00 00 00 00 00 00 0a 00 00 00 03 00 00").hex().substring(0, 6));
    assertEquals(0, on.good("9e 12 00 00 00 00 00 00 00 0a 00 00 00 00 00 00").length);
    assertEquals(24, on.good("9e 12 00 00 00 00 00 00 0f ff 00 00 00 18 00 00").length);
  }

  @Test
  void getLbaStatus_ofExtentsWithinBlocks_callsAPartlyMappedBlockMapped() {
    try (var coarse = new UnitUnderTest(THIN.withBlockBytes(4096))) {
      coarse.store.told =
          List.of(
              new Extent(0, 1024, Extent.State.DEALLOCATED),
              new Extent(1024, 3584, Extent.State.MAPPED),
              new Extent(4608, 7680, Extent.State.DEALLOCATED));
      assertEquals(
          "00000024"
              + "00000000"
              + ("0000000000000000" + "00000002" + "00000000")
              + ("0000000000000002" + "00000001" + "01000000"),
          coarse.run("9e 12 00 00 00 00 00 00 00 00 00 00 01 00 00 00").hex());
      coarse.store.told = List.of(new Extent(0, 512, Extent.State.DEALLOCATED));
      assertEquals(
          "00000014" + "00000000" + ("0000000000000000" + "00000001" + "00000000"),
          coarse.run("9e 12 00 00 00 00 00 00 00 00 00 00 01 00 00 00").hex());
    }
  }

  @Test
  void readCapacity_tellsTheLastBlock() {
    assertEquals("00000fff00000200", on.run("25 00 00 00 00 00 00 00 00 00").hex());
    assertEquals(
        "0000000000000fff" + "00000200" + "00" + "03" + "c000" + "00".repeat(16),
        on.run("9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00").hex());
    assertEquals(
        "0000000000000fff" + "00000200",
        on.run("9e 10 00 00 00 00 00 00 00 00 00 00 00 0c 00 00").hex());
    try (var thick = new UnitUnderTest(THIN.thick().withBlockBytes(4096))) {
      assertEquals(
          "0000000000000fff" + "00001000" + "00" + "00" + "0000" + "00".repeat(16),
          thick.run("9e 10 00 00 00 00 00 00 00 00 00 00 01 00 00 00").hex());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0x1_0000_0000L, 0x1_0000_0001L, 0x10_0000_0000L})
  void readCapacity10_thatDoesNotFit_tellsSo(long blocks) {
    try (var huge = new UnitUnderTest(THIN.withBlocks(blocks))) {
      assertEquals("ffffffff00000200", huge.run("25 00 00 00 00 00 00 00 00 00").hex());
      huge.good("88 00 %016x 00 00 00 01 00 00".formatted(blocks - 1));
      huge.refusedWith(
          Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE,
          "88 00 %016x 00 00 00 01 00 00".formatted(blocks));
    }
  }
}
