package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.page.VpdPage;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// INQUIRY (SPC-5): standard data and vital product data.
final class Inquiry {
  private static final int STANDARD_LENGTH = 96;

  /// SPC-4: what today's initiators and test tools know; none of them knows 07h.
  private static final byte VERSION = 0x06;

  private static final byte HISUP_AND_FORMAT_2 = 0x12,
      CMDQUE = 0x02,
      MULTIP = 0x10,
      RMB = (byte) 0x80;

  /// Third-party copy commands (3PC).
  private static final byte THIRD_PARTY_COPY = 0x08;

  /// No unit can ever be here: peripheral qualifier 011b, type 1Fh.
  private static final byte NO_UNIT = 0x7f;

  /// SAM-5, iSCSI, SPC-4, SBC-3, each without a version of the document.
  private static final short[] STANDARDS = {0x00a0, 0x0960, 0x0460, 0x04c0};

  private Inquiry() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean vitalProductData = cdb.bit(1, 0);
    int pageCode = cdb.u8(2);
    int allocationLength = cdb.u16(3);
    if (vitalProductData) {
      return VpdPage.find(pageCode)
          .map(page -> Step.good(page.encode(unit, task.nexus()), allocationLength))
          .orElseGet(Inquiry::wrongPage);
    }
    return pageCode == 0
        ? Step.good(standardData(unit, task.nexus()), allocationLength)
        : wrongPage();
  }

  /// For a LUN that names no unit: the same form, saying so.
  static Step beginMissing(Task task) {
    Cdb cdb = task.cdb();
    if (cdb.u8(2) != 0) {
      return wrongPage();
    }
    boolean vitalProductData = cdb.bit(1, 0);
    byte[] onlyPage0 = {NO_UNIT, 0, 0, 1, 0};
    return Step.good(
        vitalProductData ? onlyPage0 : standardData(NO_UNIT, (byte) 0, "", "", ""), cdb.u16(3));
  }

  private static Step wrongPage() {
    return Step.check(Sense.invalidFieldInCdb(2, 7));
  }

  private static byte[] standardData(LogicalUnit unit, Nexus nexus) {
    LogicalUnit.Profile profile = unit.profile();
    byte[] data =
        standardData(
            unit.portGroups().peripheral(nexus.id()),
            profile.removable() ? RMB : 0,
            profile.vendor(),
            profile.product(),
            profile.revision());
    data[5] |= (byte) (unit.portGroups().mode().tpgs << 4);
    if (unit.portGroups().reachable(nexus.id()).size() > 1) {
      data[6] |= MULTIP;
    }
    return data;
  }

  private static byte[] standardData(
      byte peripheral, byte removable, String vendor, String product, String revision) {
    ByteBuffer data = ByteBuffer.allocate(STANDARD_LENGTH);
    data.put(peripheral).put(removable).put(VERSION).put(HISUP_AND_FORMAT_2);
    data.put((byte) (STANDARD_LENGTH - 5)); // additional length
    data.put(peripheral == NO_UNIT ? 0 : THIRD_PARTY_COPY).put((byte) 0).put(CMDQUE);
    data.put(ascii(vendor, 8)).put(ascii(product, 16)).put(ascii(revision, 4));
    data.position(58);
    for (short standard : STANDARDS) {
      data.putShort(standard);
    }
    return data.array();
  }

  /// Left-aligned, cut or filled with spaces.
  private static byte[] ascii(String text, int length) {
    String filled = text + " ".repeat(length);
    return filled.substring(0, length).getBytes(StandardCharsets.US_ASCII);
  }
}
