package io.vtgt.scsi.spc;

import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModePagesTest {
  private static final String ERROR_RECOVERY = "01 0a 00 00 00 00 00 00 00 00 00 00",
      DISCONNECT = "02 0e 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      CACHING = "88 12 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      CONTROL = "8a 0a 02 10 00 00 00 00 00 00 00 00",
      CONTROL_EXTENSION = "4a 01 00 1c 06" + " 00".repeat(27),
      POWER_CONDITION = "1a 26" + " 00".repeat(37) + " 54",
      THRESHOLDS =
          "5c 02 00 1c"
              + " 00".repeat(12)
              + " 02 01"
              + " 00".repeat(6)
              + " 01 02"
              + " 00".repeat(6),
      EXCEPTIONS = "1c 0a 08 00 00 00 00 00 00 00 00 00",
      DESCRIPTOR = "00 00 08 00 00 00 02 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final LogicalUnit unit = fixture.addUnit(0);
  private final Initiator a = fixture.ready("a");

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void allPages_comeInAscendingOrderAfterTheDescriptor() {
    assertEquals(
        String.join(
            " ",
            "7b 00 10 08",
            DESCRIPTOR,
            ERROR_RECOVERY,
            DISCONNECT,
            CACHING,
            CONTROL,
            POWER_CONDITION,
            EXCEPTIONS),
        a.send(0, "1a 00 3f 00 ff 00").data());
  }

  @Test
  void allSubpages_comeToo() {
    assertEquals(
        String.join(
            " ",
            "00 b6 00 10 00 00 00 00",
            ERROR_RECOVERY,
            DISCONNECT,
            CACHING,
            CONTROL,
            CONTROL_EXTENSION,
            POWER_CONDITION,
            EXCEPTIONS,
            THRESHOLDS),
        a.send(0, "5a 08 3f ff 00 00 00 10 00 00").data());
    assertEquals(
        String.join(" ", "2f 00 10 00", CONTROL, CONTROL_EXTENSION),
        a.send(0, "1a 08 0a ff ff 00").data());
    assertEquals(
        String.join(" ", "23 00 10 00", CONTROL_EXTENSION), a.send(0, "1a 08 0a 01 ff 00").data());
  }

  @Test
  void descriptor_isLongWhereAsked() {
    assertEquals(
        "00 22 00 10 01 00 00 10 00 00 00 00 00 00 08 00 00 00 00 00 00 00 02 00 " + CONTROL,
        a.send(0, "5a 10 0a 00 00 00 00 00 ff 00").data());
    assertEquals(
        "00 1a 00 10 00 00 00 08 " + DESCRIPTOR + " " + CONTROL,
        a.send(0, "5a 00 0a 00 00 00 00 00 ff 00").data());
    assertEquals(
        "00 12 00 10 00 00 00 00 " + CONTROL,
        a.send(0, "5a 18 0a 00 00 00 00 00 ff 00").data(),
        "DBD wins over LLBAA");
  }

  @Test
  void changeableValues_areMasks() {
    assertEquals(
        "0f 00 10 00 8a 0a 04 06 08 40 00 00 00 00 00 00", a.send(0, "1a 08 4a 00 ff 00").data());
    assertEquals("17 00 10 00 88 12 04 00", a.send(0, "1a 08 48 00 08 00").data());
  }

  @Test
  void defaultValues_areThoseOfTheBeginning() {
    unit.publish(unit.state().withMode(unit.state().mode().withWriteCacheEnabled(false)));
    assertEquals("17 00 10 00 88 12 00 00", a.send(0, "1a 08 08 00 08 00").data());
    assertEquals("17 00 10 00 88 12 04 00", a.send(0, "1a 08 88 00 08 00").data());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # no such page, no such subpage
          1a 08 07 00 ff 00 | ILLEGAL_REQUEST 2400 cd 00 02
          1a 08 00 00 ff 00 | ILLEGAL_REQUEST 2400 cd 00 02
          1a 08 08 01 ff 00 | ILLEGAL_REQUEST 2400 cf 00 03
          1a 08 3f 01 ff 00 | ILLEGAL_REQUEST 2400 cf 00 03
          """)
  void modeSense_refusesWhatThereIsNot(String cdb, String status) {
    assertEquals(status, a.send(0, cdb).status());
  }

  @Test
  void writeProtection_isTold() {
    assertEquals("0f 00 10 00", a.send(0, "1a 08 0a 00 04 00").data());
    unit.publish(unit.state().withMode(unit.state().mode().withSoftwareWriteProtect(true)));
    assertEquals("0f 00 90 00", a.send(0, "1a 08 0a 00 04 00").data());
    fixture.addUnit(1, profile(false, false, true));
    a.send(1, "00 00 00 00 00 00");
    assertEquals("0f 00 90 00", a.send(1, "1a 08 0a 00 04 00").data());
  }

  @Test
  void withoutMedium_theDescriptorCountsNoBlocks() {
    unit.publish(unit.state().withMediumPresent(false));
    assertEquals("17 00 10 08 00 00 00 00 00 00 02 00", a.send(0, "1a 00 0a 00 0c 00").data());
  }

  @Test
  void modeSelect_changesTheStateAndTellsTheOthers() {
    Initiator b = fixture.ready("b");
    assertEquals(
        "GOOD",
        a.send(0, "15 10 00 00 10 00", "00 00 00 00 0a 0a 06 10 08 40 00 00 00 00 00 00").status());
    assertTrue(unit.state().mode().descriptorSense());
    assertTrue(unit.state().mode().softwareWriteProtect());
    assertTrue(unit.state().mode().taskAbortedStatus());
    assertEquals("GOOD", a.send(0, "00 00 00 00 00 00").status());
    assertEquals("UNIT_ATTENTION 2a01", b.send(0, "00 00 00 00 00 00").status());
  }

  @Test
  void modeSelect_ofTheSameValues_tellsNobody() {
    Initiator b = fixture.ready("b");
    assertEquals(
        "GOOD",
        a.send(0, "55 10 00 00 00 00 00 00 14 00", "00 00 00 00 00 00 00 00 " + CONTROL).status());
    assertEquals("GOOD", b.send(0, "00 00 00 00 00 00").status());
  }

  @Test
  void modeSelect_switchesTheCacheOffAndOn() {
    String off = CACHING.replaceFirst("12 04", "12 00"); // PS is set as MODE SENSE does
    assertEquals("GOOD", a.send(0, "15 10 00 00 18 00", "00 00 00 00 " + off).status());
    assertFalse(unit.state().mode().writeCacheEnabled());
    assertEquals(1, unit.gate().counters().flushOperations());
    assertEquals("GOOD", a.send(0, "15 10 00 00 18 00", "00 00 00 00 " + CACHING).status());
    assertTrue(unit.state().mode().writeCacheEnabled());
  }

  @Test
  void modeSelect_takesSeveralPagesWithADescriptor() {
    assertEquals(
        "GOOD",
        a.send(
                0,
                "55 10 00 00 00 00 00 00 3c 00",
                "00 00 00 00 00 00 00 08 "
                    + DESCRIPTOR
                    + " "
                    + CONTROL_EXTENSION
                    + " "
                    + CONTROL.replaceFirst("0a 02", "0a 06"))
            .status());
    assertTrue(unit.state().mode().descriptorSense());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # PF 0
          15 00 00 00 10 00 | ''                                              | ILLEGAL_REQUEST 2400 cc 00 01
          # RTD with a list
          15 12 00 00 10 00 | ''                                              | ILLEGAL_REQUEST 2400 cf 00 04
          55 12 00 00 00 00 00 00 10 00 | ''                                  | ILLEGAL_REQUEST 2400 cf 00 07
          # no list at all is no fault
          15 10 00 00 00 00 | ''                                              | GOOD
          # cut: in the header, in a descriptor, in a page header, in a page; or not sent whole
          15 10 00 00 03 00 | 000000                                          | ILLEGAL_REQUEST 1a00
          15 10 00 00 08 00 | 0000000800000000                                | ILLEGAL_REQUEST 1a00
          15 10 00 00 05 00 | 000000000a                                      | ILLEGAL_REQUEST 1a00
          15 10 00 00 0f 00 | 000000000a0a02100000000000000000                | ILLEGAL_REQUEST 1a00
          15 10 00 00 10 00 | 000000000a0a0210                                | ILLEGAL_REQUEST 1a00
          # unknown page, wrong format, wrong page length
          15 10 00 00 06 00 | 000000000700                                    | ILLEGAL_REQUEST 2600 8d 00 04
          15 10 00 00 08 00 | 000000004a000000                                | ILLEGAL_REQUEST 2600 8d 00 04
          15 10 00 00 10 00 | 000000000a0902100000000000000000                | ILLEGAL_REQUEST 2600 8f 00 05
          # bits that cannot be changed: TST; SWP with a bit of the busy timeout
          15 10 00 00 10 00 | 000000000a0a22100000000000000000                | ILLEGAL_REQUEST 2600 8d 00 06
          15 10 00 00 10 00 | 000000000a0a02100800000000800000                | ILLEGAL_REQUEST 2600 8f 00 0d
          # descriptors: odd length, other count, other block length
          15 10 00 00 0c 00 | 00000007 00000000 00000200                      | ILLEGAL_REQUEST 2600 8f 00 03
          15 10 00 00 0c 00 | 00000008 00000801 00000200                      | ILLEGAL_REQUEST 2600 8f 00 04
          15 10 00 00 0c 00 | 00000008 00000000 00001000                      | ILLEGAL_REQUEST 2600 8f 00 09
          15 10 00 00 0c 00 | 00000008 ffffffff 00000200                      | GOOD
          """)
  void modeSelect_refusesTheWrongListAndChangesNothing(String cdb, String list, String status) {
    var before = unit.state();
    assertEquals(status, a.send(0, cdb, list).status());
    assertEquals(before, unit.state());
  }

  @Test
  void aWrongPageAfterARightOne_changesNothing() {
    var before = unit.state();
    assertEquals(
        "ILLEGAL_REQUEST 2600 8d 00 10",
        a.send(0, "15 10 00 00 12 00", "00 00 00 00 0a 0a 06 10 08 40 00 00 00 00 00 00 07 00")
            .status());
    assertEquals(before, unit.state());
  }
}
