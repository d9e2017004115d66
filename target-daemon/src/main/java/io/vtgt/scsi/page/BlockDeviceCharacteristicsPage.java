package io.vtgt.scsi.page;

import io.vtgt.scsi.sbc.BlockLimits;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;

/// Block Device Characteristics (SBC-4, page B1h).
final class BlockDeviceCharacteristicsPage {
  private static final int LENGTH = 0x3c;

  /// WABEREQ 01b: after a sanitize block erase reads succeed.
  private static final int READABLE_AFTER_BLOCK_ERASE = 0x40;

  /// VERIFY with BYTCHK compares with blocks that are not mapped, too.
  private static final byte VBULS = 0x01;

  private BlockDeviceCharacteristicsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    return ByteBuffer.allocate(LENGTH)
        .putShort((short) unit.profile().rotationRate()) // medium rotation rate, as in the profile
        .put(3, (byte) (BlockLimits.unmapZeroes(unit) ? READABLE_AFTER_BLOCK_ERASE : 0))
        .put(4, VBULS)
        .array(); // nominal form factor: not reported
  }
}
