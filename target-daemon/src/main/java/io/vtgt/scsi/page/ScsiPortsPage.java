package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.SortedSet;
import java.util.TreeSet;

/// SCSI Ports (SPC-5, page 88h): the target ports through which the unit is reached, one for each
/// portal group. There is no initiator port.
final class ScsiPortsPage {
  private static final int HEADER_LENGTH = 12;

  private ScsiPortsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    var body = new ByteArrayOutputStream();
    for (int port : ports(unit, nexus)) {
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

  /// Those that are in use now.
  private static SortedSet<Integer> ports(LogicalUnit unit, Nexus asking) {
    var ports = new TreeSet<Integer>();
    ports.add(asking.id().portalGroup());
    for (Nexus nexus : unit.nexuses()) {
      if (nexus.id().targetName().equals(asking.id().targetName())) {
        ports.add(nexus.id().portalGroup());
      }
    }
    return ports;
  }
}
