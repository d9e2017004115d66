package io.vtgt.scsi.page;

import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;

/// Block Limits (SBC-4, page B0h).
final class BlockLimitsPage {
  private static final int LENGTH = 0x3c;

  private static final int MAX_TRANSFER_BYTES = 16 << 20;
  private static final int MAX_COMPARE_AND_WRITE_BYTES = 128 << 10;
  private static final int MAX_UNMAP_DESCRIPTORS = 256;
  private static final int MAX_UNMAP_BLOCKS = 1 << 20;
  private static final long MAX_WRITE_SAME_BYTES = 1L << 30;

  private static final int UGAVALID = 0x80000000;

  private BlockLimitsPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    Limits limits = unit.gate().limits();
    Geometry geometry = unit.gate().geometry();
    int block = unit.profile().blockBytes();
    boolean thin = unit.thin();
    ByteBuffer body = ByteBuffer.allocate(LENGTH);
    body.put((byte) 0); // WSNZ 0: WRITE SAME of 0 blocks goes to the end
    body.put((byte) Math.min(0xff, MAX_COMPARE_AND_WRITE_BYTES / block));
    body.putShort((short) (unit.profile().physicalBlockBytes() / block)); // optimal granularity
    body.putInt(MAX_TRANSFER_BYTES / block);
    body.putInt(Math.min(limits.optimalTransfer(), MAX_TRANSFER_BYTES) / block);
    body.putInt(0); // maximum prefetch length: not limited
    body.putInt(thin ? MAX_UNMAP_BLOCKS : 0);
    body.putInt(thin ? MAX_UNMAP_DESCRIPTORS : 0);
    body.putInt(thin ? Math.max(1, limits.unmapGranularity() / block) : 0);
    body.putInt(thin ? UGAVALID : 0); // granules are aligned to block 0
    body.putLong(MAX_WRITE_SAME_BYTES / block);
    return body.array(); // atomic transfers: none
  }
}
