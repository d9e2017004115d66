package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// READ CAPACITY (10) and (16).
final class ReadCapacity {
  private static final int PARAMETER_LENGTH_16 = 32;
  private static final int ALLOCATION_LENGTH_16 = 10;

  // In the byte that the 14 bits of LOWEST ALIGNED LOGICAL BLOCK ADDRESS begin in.
  private static final int LBPME = 0x80;
  private static final int LBPRZ = 0x40;

  private ReadCapacity() {}

  /// A last LBA that does not fit is told as FFFF_FFFFh: ask with READ CAPACITY (16).
  static Step bytes10(Task task, LogicalUnit unit) {
    long lastLba = unit.blockCount() - 1;
    ByteBuf data = Unpooled.buffer(8, 8);
    data.writeInt((int) Math.min(lastLba, 0xffff_ffffL));
    data.writeInt(unit.profile().blockBytes());
    return Step.good(data);
  }

  static Step bytes16(Task task, LogicalUnit unit) {
    int blockBytes = unit.profile().blockBytes();
    int blocksPerPhysical = unit.profile().physicalBlockBytes() / blockBytes;
    int provisioning = (unit.thin() ? LBPME : 0) | (BlockLimits.unmapZeroes(unit) ? LBPRZ : 0);
    ByteBuf data = Unpooled.buffer(PARAMETER_LENGTH_16, PARAMETER_LENGTH_16);
    data.writeLong(unit.blockCount() - 1);
    data.writeInt(blockBytes);
    data.writeByte(0); // no protection information
    data.writeByte(Integer.numberOfTrailingZeros(blocksPerPhysical));
    data.writeShort(provisioning << 8 | unit.profile().lowestAlignedBlock());
    data.writeZero(PARAMETER_LENGTH_16 - data.writerIndex());
    return Step.good(cut(data, task.cdb().u32(ALLOCATION_LENGTH_16)));
  }

  /// Leaves at most `allocationLength` bytes (SPC-5, Allocation length).
  static ByteBuf cut(ByteBuf data, long allocationLength) {
    return data.writerIndex((int) Math.min(data.writerIndex(), allocationLength));
  }
}
