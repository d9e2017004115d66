package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/// SCSI Ports (SPC-5, page 88h): the target ports through which the unit is reached, one for each
/// portal group. There is no initiator port.
final class ScsiPortsPage {
  private static final int HEADER_LENGTH = 12;

  private ScsiPortsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    var body = new ByteArrayOutputStream();
    for (int port : unit.portGroups().reachable(nexus.id()).keySet()) {
      byte[] name = DeviceIdentificationPage.portName(nexus.id().targetName(), port);
      body.writeBytes(
          ByteBuffer.allocate(HEADER_LENGTH)
              .putShort((short) 0)
              .putShort((short) port) // relative port identifier
              .putShort((short) 0)
              .putShort((short) 0) // initiator port TransportID length
              .putShort((short) 0)
              .putShort((short) name.length) // target port descriptors length
              .array());
      body.writeBytes(name);
    }
    return body.toByteArray();
  }
}
