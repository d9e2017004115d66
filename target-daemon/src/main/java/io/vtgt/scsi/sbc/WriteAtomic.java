package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// WRITE ATOMIC (16): all of the data is written or nothing, whatever fails or loses power, and
/// nobody reads a part of it (SBC-4, Atomic writes). Offered where the store can promise that.
///
/// With an ATOMIC BOUNDARY the initiator allows several atomic writes, each a multiple of it; one
/// for all of the data is such a choice.
final class WriteAtomic {
  private static final int LBA = 2, ATOMIC_BOUNDARY = 10, TRANSFER_LENGTH = 12;

  private WriteAtomic() {}

  static boolean offered(LogicalUnit unit) {
    return BlockLimits.maxAtomic(unit) > 0;
  }

  static Step begin16(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = cdb.u64(LBA);
    int boundary = cdb.u16(ATOMIC_BOUNDARY);
    int blockCount = cdb.u16(TRANSFER_LENGTH);
    int longest = BlockLimits.maxAtomic(unit);
    int granularity = BlockLimits.atomicGranularity(unit);
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    if (boundary > longest || boundary % granularity != 0) {
      return refused(ATOMIC_BOUNDARY);
    }
    if (blockCount > longest || blockCount % granularity != 0) {
      return refused(TRANSFER_LENGTH);
    }
    if (lba % granularity != 0) {
      return refused(LBA);
    }
    if (blockCount == 0) {
      return Step.GOOD;
    }
    int blockBytes = unit.profile().blockBytes();
    int length = blockCount * blockBytes;
    if (task.dataOutLength() < length) {
      return Verify.DATA_TOO_SHORT; // a part would be written
    }
    boolean durable = cdb.bit(1, ReadWrite.FUA) || Durability.everyWrite(unit);
    return new Step.NeedsData(
        length,
        data ->
            new Step.Running(
                unit.gate()
                    .writeAtomic(task, lba * blockBytes, data, durable)
                    .map(Completion.good())));
  }

  private static Step refused(int field) {
    return Step.check(Sense.invalidFieldInCdb(field, 7));
  }
}
