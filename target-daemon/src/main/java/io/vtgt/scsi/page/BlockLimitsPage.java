package io.vtgt.scsi.page;

import io.vtgt.scsi.sbc.BlockLimits;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;

/// Block Limits (SBC-4, page B0h): the figures by which the commands themselves refuse.
final class BlockLimitsPage {
  private static final int LENGTH = 0x3c;

  private static final byte WSNZ = 0x01;
  private static final int UGAVALID = 0x80000000;

  private BlockLimitsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    BlockLimits limits = BlockLimits.of(unit);
    return ByteBuffer.allocate(LENGTH)
        .put(limits.writeSameNonZero() ? WSNZ : 0)
        .put((byte) limits.maxCompareAndWrite())
        .putShort((short) limits.optimalTransferGranularity())
        .putInt(limits.maxTransfer())
        .putInt(limits.optimalTransfer())
        .putInt(0) // maximum prefetch length: not limited
        .putInt(limits.maxUnmap())
        .putInt(limits.maxUnmapDescriptors())
        .putInt(limits.unmapGranularity())
        .putInt(unit.thin() ? UGAVALID : 0) // granules are aligned to block 0
        .putLong(limits.maxWriteSame())
        .putInt(limits.maxAtomic())
        .putInt(limits.atomicGranularity()) // alignment
        .putInt(limits.atomicGranularity())
        .putInt(limits.maxAtomic()) // with atomic boundary
        .putInt(limits.maxAtomic()) // atomic boundary size
        .array();
  }
}
