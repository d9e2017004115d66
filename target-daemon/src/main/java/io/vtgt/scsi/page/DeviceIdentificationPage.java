package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/// Device Identification (SPC-5, page 83h): the unit, the port it is reached through, and the
/// target.
///
/// What names the unit is the same through every port and every target: multipath software of
/// Linux, ESXi and Windows puts paths together by it.
final class DeviceIdentificationPage {
  private static final int BINARY = 1, ASCII = 2, UTF_8 = 3;
  private static final int T10_VENDOR = 1, NAA = 3, RELATIVE_PORT = 4, PORT_GROUP = 5, NAME = 8;

  /// ASSOCIATION, with PIV for what belongs to a transport.
  private static final int UNIT = 0x00, PORT = 0x90, TARGET = 0xa0;

  /// PROTOCOL IDENTIFIER of iSCSI, in the high half of the byte.
  private static final int ISCSI = 0x50;

  private DeviceIdentificationPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    LogicalUnit.Profile profile = unit.profile();
    String target = nexus.id().targetName();
    int port = nexus.id().portalGroup();
    var designators = new ByteArrayOutputStream();
    add(designators, BINARY, UNIT | NAA, profile.naa());
    add(designators, ASCII, UNIT | T10_VENDOR, vendorAndId(profile));
    add(designators, UTF_8, UNIT | NAME, name("naa." + hex(profile.naa())));
    designators.writeBytes(portName(target, port));
    add(designators, ISCSI | BINARY, PORT | RELATIVE_PORT, number(port));
    add(designators, ISCSI | BINARY, PORT | PORT_GROUP, number(port));
    add(designators, ISCSI | UTF_8, TARGET | NAME, name(target));
    return designators.toByteArray();
  }

  /// The designation descriptor that names a target port.
  static byte[] portName(String target, int port) {
    var designator = new ByteArrayOutputStream();
    add(designator, ISCSI | UTF_8, PORT | NAME, name("%s,t,0x%04x".formatted(target, port)));
    return designator.toByteArray();
  }

  private static void add(
      ByteArrayOutputStream designators, int codeSet, int type, byte[] identifier) {
    designators.write(codeSet);
    designators.write(type);
    designators.write(0);
    designators.write(identifier.length);
    designators.writeBytes(identifier);
  }

  private static byte[] vendorAndId(LogicalUnit.Profile profile) {
    String vendor = "%-8.8s".formatted(profile.vendor());
    return (vendor + profile.scsiId()).getBytes(StandardCharsets.US_ASCII);
  }

  private static String hex(byte[] naa) {
    return HexFormat.of().withUpperCase().formatHex(naa);
  }

  /// A SCSI name string: zero-terminated, padded with zeroes to a multiple of four.
  private static byte[] name(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, bytes.length / 4 * 4 + 4);
  }

  private static byte[] number(int port) {
    return ByteBuffer.allocate(4).putInt(port).array();
  }
}
