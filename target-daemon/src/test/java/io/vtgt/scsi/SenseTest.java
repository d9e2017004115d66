package io.vtgt.scsi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SenseTest {

  @Test
  void fixedFormat_ofAPlainSense_is18Bytes() {
    assertSense(
        "70 00 05 00 00 00 00 0a 00 00 00 00 20 00 00 00 00 00",
        "72 05 20 00 00 00 00 00",
        Sense.illegalRequest(Asc.INVALID_COMMAND_OPERATION_CODE));
  }

  @Test
  void fieldPointer_inTheCdb_setsCommandBitAndBitPointer() {
    assertSense(
        "70 00 05 00 00 00 00 0a 00 00 00 00 24 00 00 cf 00 01",
        "72 05 24 00 00 00 00 08 02 06 00 00 cf 00 01 00",
        Sense.invalidFieldInCdb(1, 7));
  }

  @Test
  void fieldPointer_inTheParameterListWithoutBit_pointsAtTheByteAlone() {
    assertSense(
        "70 00 05 00 00 00 00 0a 00 00 00 00 26 00 00 80 01 02",
        "72 05 26 00 00 00 00 08 02 06 00 00 80 01 02 00",
        Sense.invalidFieldInParameterList(0x102, -1));
  }

  @Test
  void information_of32Bits_isValidInBothFormats() {
    assertSense(
        "f0 00 0e fe dc ba 98 0a 00 00 00 00 1d 00 00 00 00 00",
        "72 0e 1d 00 00 00 00 0c 00 0a 80 00 00 00 00 00 fe dc ba 98",
        Sense.of(SenseKey.MISCOMPARE, Asc.MISCOMPARE_DURING_VERIFY_OPERATION)
            .withInformation(0xfedcba98L));
  }

  @Test
  void information_of64Bits_isLeftOutOfTheFixedFormat() {
    assertSense(
        "70 00 03 00 00 00 00 0a 00 00 00 00 11 00 00 00 00 00",
        "72 03 11 00 00 00 00 0c 00 0a 80 00 01 23 45 67 89 ab cd ef",
        Sense.of(SenseKey.MEDIUM_ERROR, Asc.UNRECOVERED_READ_ERROR)
            .withInformation(0x0123456789abcdefL));
  }

  @Test
  void progress_isSenseKeySpecific() {
    assertSense(
        "70 00 02 00 00 00 00 0a 00 00 00 00 04 01 00 80 40 00",
        "72 02 04 01 00 00 00 08 02 06 00 00 80 40 00 00",
        Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_IS_IN_PROCESS_OF_BECOMING_READY)
            .withProgress(0x4000));
  }

  @Test
  void informationAndFieldPointer_areTwoDescriptors() {
    assertSense(
        "f0 00 05 00 00 00 07 0a 00 00 00 00 21 00 00 c0 00 02",
        "72 05 21 00 00 00 00 14 00 0a 80 00 00 00 00 00 00 00 00 07 02 06 00 00 c0 00 02 00",
        Sense.illegalRequest(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE)
            .withInformation(7)
            .at(new Sense.FieldPointer(true, 2, -1)));
  }

  private static void assertSense(String fixed, String descriptor, Sense sense) {
    HexFormat hex = HexFormat.ofDelimiter(" ");
    assertEquals(fixed, hex.formatHex(sense.encode(false)));
    assertEquals(descriptor, hex.formatHex(sense.encode(true)));
  }
}
