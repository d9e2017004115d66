package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.StoreGate;
import io.vtgt.target.LogicalUnit;

/// WRITE AND VERIFY (10), (12), (16), (32): a durable write, then the medium is read again and,
/// with BYTCHK 1, compared with what was written.
final class WriteAndVerify {
  private WriteAndVerify() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    int byteCheck = Verify.byteCheck(layout, cdb);
    if (byteCheck > 1) {
      return Verify.byteCheckRefused(layout);
    }
    Step early = BlockRange.endsEarly(layout, unit, lba, blockCount);
    if (early != null) {
      return early;
    }
    int blockBytes = unit.profile().blockBytes();
    return new Step.NeedsData(
        (int) blockCount * blockBytes,
        data ->
            ReadWrite.partOfABlock(data, blockBytes)
                ? ReadWrite.HALF_A_BLOCK
                : new Step.Running(
                    writeThenVerify(task, unit, lba * blockBytes, data, byteCheck == 1)));
  }

  /// @param data owned by this method
  private static Future<Completion> writeThenVerify(
      Task task, LogicalUnit unit, long offset, ByteBuf data, boolean compare) {
    StoreGate gate = unit.gate();
    int length = data.readableBytes();
    ByteBuf expected = compare ? data.retainedDuplicate() : Unpooled.EMPTY_BUFFER;
    return gate.write(task, offset, data, true)
        .compose(_ -> new MediumCheck(gate, task, offset, length, expected).completion())
        .onSuccess(_ -> unit.statistics().verified(length))
        .onComplete(_ -> expected.release());
  }
}
