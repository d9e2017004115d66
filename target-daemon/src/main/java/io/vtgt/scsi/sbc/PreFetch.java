package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// PRE-FETCH (10), (16): reads the start of the range, so that the caches below have it. What they
/// keep is not known, so the answer is GOOD ("the cache has not room for all of it"), never
/// CONDITION MET. IMMED changes nothing: a read that nobody waits for would have no bound.
final class PreFetch {
  /// As much as is worth the memory.
  private static final int MAX_BYTES = 1 << 20;

  private PreFetch() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    int blockBytes = unit.profile().blockBytes();
    long wanted = blockCount == 0 ? unit.blockCount() - lba : blockCount;
    int length = (int) Math.min(wanted, MAX_BYTES / blockBytes) * blockBytes;
    return new Step.Running(
        unit.gate()
            .read(task, lba * blockBytes, length)
            .map(
                data -> {
                  data.release();
                  return Completion.good();
                }));
  }
}
