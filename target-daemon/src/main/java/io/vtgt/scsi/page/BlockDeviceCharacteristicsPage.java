package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;

/// Block Device Characteristics (SBC-4, page B1h).
final class BlockDeviceCharacteristicsPage {
  private static final int LENGTH = 0x3c;

  private BlockDeviceCharacteristicsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    return ByteBuffer.allocate(LENGTH)
        .putShort((short) unit.profile().rotationRate()) // medium rotation rate, as in the profile
        .array(); // nominal form factor: not reported
  }
}
