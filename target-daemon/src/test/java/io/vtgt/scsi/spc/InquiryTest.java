package io.vtgt.scsi.spc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.scsi.alua.PortGroupSetup;
import io.vtgt.scsi.page.VpdPage;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InquiryTest {
  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void standardData_isGolden() {
    fixture.addUnit(0);
    assertEquals(
        """
        00 00 06 12 5b 08 00 02 \
        56 54 47 54 20 20 20 20 \
        56 49 52 54 55 41 4c 2d 44 49 53 4b 20 20 20 20 \
        30 30 30 31 \
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
        00 a0 09 60 04 60 04 c0 \
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\
        """,
        fixture.ready("a").send(0, "12 00 00 01 04 00").data());
  }

  @Test
  void removableUnit_setsRmb() {
    fixture.addUnit(0, ScsiFixture.profile(false, true, false));
    assertEquals("00 80 06", fixture.ready("a").send(0, "12 00 00 00 03 00").data());
  }

  @Test
  void allocationLength_cutsTheData() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("", a.send(0, "12 00 00 00 00 00").data());
    assertEquals("00", a.send(0, "12 00 00 00 01 00").data());
    assertEquals("00 83", a.send(0, "12 01 83 00 02 00").data());
    assertEquals(96 * 3 - 1, a.send(0, "12 00 00 ff ff 00").data().length());
  }

  @Test
  void pageCode_withoutEvpdOrUnknown_isPointedAt() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("ILLEGAL_REQUEST 2400 cf 00 02", a.send(0, "12 00 83 00 ff 00").status());
    assertEquals("ILLEGAL_REQUEST 2400 cf 00 02", a.send(0, "12 01 01 00 ff 00").status());
    assertEquals("ILLEGAL_REQUEST 2400 c9 00 01", a.send(0, "12 02 00 00 ff 00").status());
  }

  @Test
  void supportedPages_areSortedAndEachIsThere() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals(
        "00 00 00 0b 00 80 83 85 86 87 88 8f b0 b1 b2", a.send(0, "12 01 00 00 ff 00").data());
    for (VpdPage page : VpdPage.rows()) {
      byte[] data =
          HexFormat.ofDelimiter(" ")
              .parseHex(a.send(0, "12 01 %02x 10 00 00".formatted(page.code())).data());
      assertEquals(page.code(), data[1] & 0xff);
      assertEquals(data.length - 4, (data[2] << 8) | (data[3] & 0xff), page.name());
    }
  }

  @Test
  void serialNumberPage_holdsTheSerial() {
    fixture.addUnit(0);
    assertEquals(
        "00 80 00 08 53 45 52 49 41 4c 2d 31",
        fixture.ready("a").send(0, "12 01 80 00 ff 00").data());
  }

  @Test
  void deviceIdentification_isGolden() {
    fixture.addUnit(0);
    String port = "iqn.2026-11.io.vtgt:test,t,0x0001\0\0\0";
    String target = "iqn.2026-11.io.vtgt:test\0\0\0\0";
    String unitName = "naa.6000000000004000800000000000000A";
    assertEquals(
        "00 83 00 ac "
            + "01 03 00 10 60 00 00 00 00 00 40 00 80 00 00 00 00 00 00 0a "
            + ("02 01 00 10 " + hex("VTGT    SERIAL-1") + " ")
            + ("03 08 00 28 " + hex(unitName + "\0\0\0\0") + " ")
            + ("53 98 00 24 " + hex(port) + " ")
            + "51 94 00 04 00 00 00 01 "
            + "51 95 00 04 00 00 00 01 "
            + ("53 a8 00 1c " + hex(target)),
        fixture.ready("a").send(0, "12 01 83 01 00 00").data());
  }

  @Test
  void extendedInquiry_isGolden() {
    fixture.addUnit(0);
    assertEquals(
        "00 86 00 3c 00 07 01 01 08 00 00 00 00 28 00 00",
        fixture.ready("a").send(0, "12 01 86 00 10 00").data());
  }

  @Test
  void managementNetworkAddresses_areNone() {
    fixture.addUnit(0);
    assertEquals("00 85 00 00", fixture.ready("a").send(0, "12 01 85 00 ff 00").data());
  }

  @Test
  void modePagePolicy_isSharedForAllPages() {
    fixture.addUnit(0);
    assertEquals("00 87 00 04 3f ff 00 00", fixture.ready("a").send(0, "12 01 87 00 ff 00").data());
  }

  @Test
  void severalPortalGroups_areSeveralPorts() {
    LogicalUnit unit = fixture.addUnit(0);
    unit.portGroups()
        .start(
            new PortGroupSetup(
                PortGroupSetup.OFF.mode(), new TreeSet<>(List.of(1, 0x102)), Map.of()));
    Initiator a = fixture.ready("a");
    assertEquals("00 00 06 12 5b 08 10 02", a.send(0, "12 00 00 00 08 00").data());
    String first = hex("iqn.2026-11.io.vtgt:test,t,0x0001\0\0\0");
    String second = hex("iqn.2026-11.io.vtgt:test,t,0x0102\0\0\0");
    assertEquals(
        "00 88 00 68"
            + " 00 00 00 01 00 00 00 00 00 00 00 28 53 98 00 24 "
            + first
            + " 00 00 01 02 00 00 00 00 00 00 00 28 53 98 00 24 "
            + second,
        a.send(0, "12 01 88 00 ff 00").data());
  }

  @Test
  void scsiPorts_nameThePortalGroup() {
    fixture.addUnit(0);
    assertEquals(
        "00 88 00 34 00 00 00 01 00 00 00 00 00 00 00 28 53 98 00 24 "
            + hex("iqn.2026-11.io.vtgt:test,t,0x0001\0\0\0"),
        fixture.ready("a").send(0, "12 01 88 00 ff 00").data());
  }

  @Test
  void blockDeviceCharacteristics_tellTheRotationRate() {
    fixture.addUnit(0);
    // 01b in WABEREQ: a thin unit reads as zeroes after a block erase
    assertEquals("00 b1 00 3c 00 01 00 40", fixture.ready("a").send(0, "12 01 b1 00 08 00").data());
  }

  @Test
  void thinUnit_tellsUnmapInBothPages() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("00 b2 00 04 0b e4 02 00", a.send(0, "12 01 b2 00 ff 00").data());
    String limits = a.send(0, "12 01 b0 00 ff 00").data();
    assertTrue(limits.startsWith("00 b0 00 3c"), limits);
    assertEquals(64 * 3 - 1, limits.length());
    // maximum unmap LBA count, block descriptor count, granularity, alignment
    assertEquals("00 10 00 00 00 00 01 00 00 00 00 08 80 00 00 00", limits.substring(60, 107));
  }

  @Test
  void thickUnit_tellsNoUnmap() {
    fixture.addUnit(0, ScsiFixture.profile(false, false, false));
    Initiator a = fixture.ready("a");
    assertEquals("00 b2 00 04 00 00 00 00", a.send(0, "12 01 b2 00 ff 00").data());
    assertEquals(
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        a.send(0, "12 01 b0 00 ff 00").data().substring(60, 107));
  }

  private static String hex(String text) {
    return HexFormat.ofDelimiter(" ").formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }
}
