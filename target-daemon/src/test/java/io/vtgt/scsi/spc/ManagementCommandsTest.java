package io.vtgt.scsi.spc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Lun;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.UnitMemory;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Identifying information, the timestamp, the echo buffer and the diagnostic pages.
class ManagementCommandsTest {
  private static final String READY = "00 00 00 00 00 00",
      ECHO_OF_4 = "3b 0a 00 00 00 00 00 00 04 00",
      READ_ECHO = "3c 0a 00 00 00 00 00 10 00 00",
      REPORT_TIMESTAMP = "a3 0f 00 00 00 00 00 00 00 20 00 00",
      SET_TIMESTAMP = "a4 0f 00 00 00 00 00 00 00 0c 00 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final AtomicLong millis = new AtomicLong(0x0102_0304_0506L);
  private final UnitMemory memory = UnitMemory.volatileMemory();
  private final Initiator a;
  private final Initiator b;

  ManagementCommandsTest() {
    unit(0);
    a = fixture.ready("a");
    b = fixture.ready("b");
  }

  private void unit(int lun) {
    LogicalUnit unit =
        fixture.unit(
            ScsiFixture.PROFILE,
            new MemoryStore(ScsiFixture.BYTES),
            memory,
            () -> Instant.ofEpochMilli(millis.get()),
            System::nanoTime);
    fixture.target().addUnit(lun, unit);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private Answer identify(int lun, String type) {
    return a.send(lun, "a3 05 00 00 00 00 00 00 04 00 %s 00".formatted(type));
  }

  private Answer identifyAs(String type, int length, String information) {
    return a.send(0, "a4 06 00 00 00 00 00 00 %04x %s 00".formatted(length, type), information);
  }

  @Test
  void identifyingInformation_isEmptyAtFirst() {
    assertEquals("00 00 00 00", identify(0, "00").data());
    assertEquals("00 00 00 00", identify(0, "04").data());
  }

  @Test
  void identifyingInformation_isKeptByTypeAndTheOthersAreTold() {
    assertEquals("GOOD", identifyAs("00", 3, "0afe00").status());
    assertEquals("UNIT_ATTENTION 3f05", b.send(0, READY).status());
    assertEquals("GOOD", a.send(0, READY).status());
    assertEquals("GOOD", identifyAs("04", 3, "c3a400").status());
    assertEquals("00 00 00 03 0a fe 00", identify(0, "00").data());
    assertEquals("00 00 00 03 c3 a4 00", identify(0, "04").data());
    assertEquals("00 00 00 03 0a", a.send(0, "a3 05 00 00 00 00 00 00 00 05 00 00").data(), "cut");
  }

  @Test
  void identifyingInformation_survivesARestart() {
    identifyAs("00", 3, "0afe00");
    unit(1);
    a.send(1, READY);
    a.send(1, READY);
    assertEquals("00 00 00 03 0a fe 00", identify(1, "00").data());
  }

  @Test
  void identifyingInformation_ofLengthZero_isTakenAway() {
    identifyAs("00", 3, "0afe00");
    assertEquals("GOOD", identifyAs("00", 0, "").status());
    assertEquals("00 00 00 00", identify(0, "00").data());
  }

  @Test
  void theSameIdentifyingInformation_tellsNobody() {
    identifyAs("00", 1, "01");
    b.send(0, READY);
    assertEquals("GOOD", identifyAs("00", 1, "01").status());
    assertEquals("GOOD", b.send(0, READY).status());
  }

  @Test
  void supportedInformationTypes_areToldWithTheirLengths() {
    assertEquals("00 00 00 08 00 00 02 00 04 00 01 00", identify(0, "fe").data());
  }

  @Test
  void theLongestIdentifyingInformation_isTaken() {
    assertEquals("GOOD", identifyAs("00", 512, "ab".repeat(512)).status());
    assertEquals("GOOD", identifyAs("04", 256, "61".repeat(255) + "00").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # types that there are not
          a3 05 00 00 00 00 00 00 00 20 02 00 | ''     | ILLEGAL_REQUEST 2400 cf 00 0a
          a4 06 00 00 00 00 00 00 00 01 02 00 | ''     | ILLEGAL_REQUEST 2400 cf 00 0a
          a4 06 00 00 00 00 00 00 00 01 fe 00 | ''     | ILLEGAL_REQUEST 2400 cf 00 0a
          # too long
          a4 06 00 00 00 00 00 00 02 01 00 00 | ''     | ILLEGAL_REQUEST 2400 cf 00 06
          a4 06 00 00 00 00 00 00 01 01 04 00 | ''     | ILLEGAL_REQUEST 2400 cf 00 06
          # not sent whole; text without an end, with two, not UTF-8
          a4 06 00 00 00 00 00 00 00 03 00 00 | 0102   | ILLEGAL_REQUEST 1a00
          a4 06 00 00 00 00 00 00 00 03 04 00 | 616263 | ILLEGAL_REQUEST 2600 8f 00 00
          a4 06 00 00 00 00 00 00 00 03 04 00 | 610000 | ILLEGAL_REQUEST 2600 8f 00 00
          a4 06 00 00 00 00 00 00 00 03 04 00 | c32800 | ILLEGAL_REQUEST 2600 8f 00 00
          # timestamps: cut, too long, not sent whole, reserved bytes before and after
          a4 0f 00 00 00 00 00 00 00 09 00 00 | ''     | ILLEGAL_REQUEST 1a00
          a4 0f 00 00 00 00 00 00 00 0d 00 00 | ''     | ILLEGAL_REQUEST 1a00
          a4 0f 00 00 00 00 00 00 00 0c 00 00 | 0000   | ILLEGAL_REQUEST 1a00
          a4 0f 00 00 00 00 00 00 00 0c 00 00 | 000000010000000000000000 | ILLEGAL_REQUEST 2600 80 00 03
          a4 0f 00 00 00 00 00 00 00 0c 00 00 | 000000000000000000000001 | ILLEGAL_REQUEST 2600 80 00 0b
          # buffers: mode, mode specific, error history, length, not sent whole
          3b 02 00 00 00 00 00 00 01 00       | 01     | ILLEGAL_REQUEST 2400 cc 00 01
          3b 2a 00 00 00 00 00 00 01 00       | 01     | ILLEGAL_REQUEST 2400 cd 00 01
          3c 1c 00 00 00 00 00 00 20 00       | ''     | ILLEGAL_REQUEST 2400 cc 00 01
          3b 0a 00 00 00 00 00 10 01 00       | ''     | ILLEGAL_REQUEST 2400 cf 00 06
          3b 0a 00 00 00 00 00 00 04 00       | 0102   | ILLEGAL_REQUEST 1a00
          # a diagnostic page that there is not
          1c 01 40 00 ff 00                   | ''     | ILLEGAL_REQUEST 2400 cf 00 02
          """)
  void wrongFields_arePointedAt(String cdb, String list, String status) {
    assertEquals(status, a.send(0, cdb, list).status());
  }

  @Test
  void timestamp_isThatOfTheHost() {
    assertEquals("00 0a 03 00 01 02 03 04 05 06 00 00", a.send(0, REPORT_TIMESTAMP).data());
  }

  @Test
  void timestamp_thatWasSet_goesOnFromThereAndTheOthersAreTold() {
    assertEquals("GOOD", a.send(0, SET_TIMESTAMP, "00 00 00 00 80 00 00 00 00 00 00 00").status());
    assertEquals("UNIT_ATTENTION 2a10", b.send(0, READY).status());
    millis.addAndGet(0x102);
    assertEquals("00 0a 02 00 80 00 00 00 01 02 00 00", a.send(0, REPORT_TIMESTAMP).data());
    assertEquals("GOOD", a.send(0, "a4 0f 00 00 00 00 00 00 00 00 00 00").status());
    assertEquals(
        "GOOD", a.send(0, "a4 0f 00 00 00 00 00 00 00 0a 00 00", "0000000000000000000b").status());
    assertEquals("00 0a 02 00 00 00", a.send(0, REPORT_TIMESTAMP.replace("20", "06")).data());
    assertEquals("00 0a 02 00 00 00 00 00 00 0b 00 00", a.send(0, REPORT_TIMESTAMP).data());
  }

  @Test
  void echoBuffer_isOnePerNexusAndUnit() {
    unit(1);
    a.send(0, READY);
    b.send(0, READY);
    a.send(1, READY);
    assertEquals("ILLEGAL_REQUEST 2c00", a.send(0, READ_ECHO).status());
    assertEquals("GOOD", a.send(0, ECHO_OF_4, "01020304").status());
    assertEquals("ILLEGAL_REQUEST 2c00", b.send(0, READ_ECHO).status());
    assertEquals("ILLEGAL_REQUEST 2c00", a.send(1, READ_ECHO).status());
    assertEquals("GOOD", b.send(0, ECHO_OF_4, "0a0b0c0d").status());
    assertEquals("01 02 03 04", a.send(0, READ_ECHO).data());
    assertEquals("01 02 03 04", a.send(0, READ_ECHO).data());
    assertEquals("01 02", a.send(0, "3c 0a 00 00 00 00 00 00 02 00").data());
    assertEquals("GOOD", a.send(0, "3b 0a 00 00 00 00 00 00 00 00").status());
    assertEquals("01 02 03 04", a.send(0, READ_ECHO).data());
  }

  @Test
  void echoBuffer_isForgottenByAReset() {
    a.send(0, ECHO_OF_4, "01020304");
    ScsiFixture.on(b.nexus.context(), () -> fixture.target().resetUnit(b.nexus, Lun.of(0)));
    assertEquals("UNIT_ATTENTION 2903", a.send(0, READ_ECHO).status());
    assertEquals("ILLEGAL_REQUEST 2c00", a.send(0, READ_ECHO).status());
  }

  @Test
  void echoBuffer_isDescribed_otherBuffersThereAreNot() {
    assertEquals("01 00 10 00", a.send(0, "3c 0b 00 00 00 00 00 00 04 00").data());
    assertEquals("00 00 00 00", a.send(0, "3c 03 05 00 00 00 00 00 04 00").data());
  }

  @Test
  void diagnosticPages_areOnlyTheirList() {
    assertEquals("00 00 00 01 00", a.send(0, "1c 01 00 00 ff 00").data());
    assertEquals("00 00 00 01 00", a.send(0, "1c 00 00 00 ff 00").data());
    assertEquals("00 00", a.send(0, "1c 01 00 00 02 00").data());
  }
}
