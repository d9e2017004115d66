package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.Optional;

/// ORWRITE (16): sets the bits of the Data-Out on the medium, atomically against every other writer
/// of the unit.
final class OrWrite {
  private OrWrite() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    Step early = BlockRange.endsEarly(layout, unit, lba, blockCount);
    if (early != null) {
      return early;
    }
    int blockBytes = unit.profile().blockBytes();
    int length = (int) blockCount * blockBytes;
    if (task.dataOutLength() < length) {
      return Verify.DATA_TOO_SHORT;
    }
    boolean durable = cdb.bit(1, 3) || Durability.everyWrite(unit);
    return new Step.NeedsData(
        length,
        data ->
            new Step.Running(
                unit.gate()
                    .update(
                        task,
                        lba * blockBytes,
                        length,
                        current -> Optional.of(united(current, data)),
                        durable)
                    .map(Completion.good())
                    .onComplete(_ -> data.release())));
  }

  /// Borrows both. In plain arrays: the compiler makes wide instructions of the loop.
  private static ByteBuf united(ByteBuf current, ByteBuf data) {
    byte[] united = ByteBufUtil.getBytes(current);
    byte[] set = ByteBufUtil.getBytes(data);
    for (int at = 0; at < united.length; at++) {
      united[at] |= set[at];
    }
    return current.alloc().directBuffer(united.length).writeBytes(united);
  }
}
