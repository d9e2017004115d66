package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// SYNCHRONIZE CACHE (10), (16): flushes the whole store, whatever the range; 0 blocks are all up
/// to the last one. IMMED allows to answer sooner, which nobody gains from: the answer always means
/// "done".
final class SynchronizeCache {
  private SynchronizeCache() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    if (!BlockRange.inside(unit, layout.lba(task.cdb()), layout.blockCount(task.cdb()))) {
      return BlockRange.OUTSIDE;
    }
    return new Step.Running(unit.gate().flush().map(Completion.good()));
  }
}
