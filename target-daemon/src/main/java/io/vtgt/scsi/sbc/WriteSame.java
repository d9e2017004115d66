package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// WRITE SAME (10), (16): writes one block again and again. With UNMAP the blocks may be
/// deallocated instead, but only where they read the same afterwards (SBC-4, WRITE SAME command and
/// unmap operations): a block of zeroes. Any other block is written.
final class WriteSame {
  private static final Step UNMAP_REFUSED = Step.check(Sense.invalidFieldInCdb(1, 3));

  private static final Step WRONG_DATA_LENGTH =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private WriteSame() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    boolean unmap = cdb.bit(1, 3);
    boolean noDataOut = layout == CdbLayout.BYTES_16 && cdb.bit(1, 0); // NDOB
    if (unmap && !unit.thin()) {
      return UNMAP_REFUSED;
    }
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    if (blockCount == 0 || blockCount > BlockLimits.maxWriteSame(unit)) {
      return layout.lengthRefused();
    }
    int blockBytes = unit.profile().blockBytes();
    long offset = lba * blockBytes;
    long length = blockCount * blockBytes;
    if (noDataOut) {
      return running(unit, unit.gate().writeZeroes(task, offset, length, unmap));
    }
    // Half a block cannot be repeated, and of two we would not know which.
    if (task.dataOutLength() != blockBytes) {
      return WRONG_DATA_LENGTH;
    }
    return new Step.NeedsData(
        blockBytes,
        block -> {
          if (!isZero(block)) {
            return running(unit, unit.gate().writeSame(task, offset, length, block));
          }
          block.release();
          return running(unit, unit.gate().writeZeroes(task, offset, length, unmap));
        });
  }

  private static Step running(LogicalUnit unit, Future<Void> change) {
    return new Step.Running(Durability.settle(unit, change).map(Completion.good()));
  }

  private static boolean isZero(ByteBuf block) {
    return block.forEachByte(value -> value == 0) < 0;
  }
}
