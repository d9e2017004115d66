package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/// One vital product data page (SPC-5, Vital product data parameters): a row of the page table.
///
/// @param code PAGE CODE
/// @param name as the standard prints it
/// @param body what follows the four bytes of header, as one nexus gets it
public record VpdPage(int code, String name, BiFunction<LogicalUnit, Nexus, byte[]> body) {

  /// In ascending order, as the list of supported pages must be.
  private static final List<VpdPage> ROWS =
      List.of(
          new VpdPage(0x00, "Supported VPD Pages", (_, _) -> codes()),
          new VpdPage(0x80, "Unit Serial Number", UnitSerialNumberPage::body),
          new VpdPage(0x83, "Device Identification", DeviceIdentificationPage::body),
          new VpdPage(0x85, "Management Network Addresses", ManagementNetworkAddressesPage::body),
          new VpdPage(0x86, "Extended INQUIRY Data", ExtendedInquiryPage::body),
          new VpdPage(0x87, "Mode Page Policy", ModePagePolicyPage::body),
          new VpdPage(0x88, "SCSI Ports", ScsiPortsPage::body),
          new VpdPage(0x8f, "Third-party Copy", ThirdPartyCopyPage::body),
          new VpdPage(0xb0, "Block Limits", BlockLimitsPage::body),
          new VpdPage(0xb1, "Block Device Characteristics", BlockDeviceCharacteristicsPage::body),
          new VpdPage(0xb2, "Logical Block Provisioning", LogicalBlockProvisioningPage::body));

  private static final int HEADER_LENGTH = 4;

  public static List<VpdPage> rows() {
    return ROWS;
  }

  public static Optional<VpdPage> find(int code) {
    return ROWS.stream().filter(page -> page.code == code).findFirst();
  }

  /// The page with its header.
  public byte[] encode(LogicalUnit unit, Nexus nexus) {
    byte[] body = this.body.apply(unit, nexus);
    return ByteBuffer.allocate(HEADER_LENGTH + body.length)
        .put(unit.portGroups().peripheral(nexus.id())) // type: direct access block device
        .put((byte) code)
        .putShort((short) body.length)
        .put(body)
        .array();
  }

  private static byte[] codes() {
    byte[] codes = new byte[ROWS.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) ROWS.get(i).code;
    }
    return codes;
  }
}
