package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// VERIFY (10), (12), (16), (32): reads the medium and, as BYTCHK asks, compares it with the
/// Data-Out or with one block of Data-Out again and again.
final class Verify {
  /// The initiator sends less than its CDB asks to be compared: an answer would be a guess.
  static final Step DATA_TOO_SHORT =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private static final int BYTE_CHECK = 2;

  private Verify() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    int byteCheck = byteCheck(layout, cdb);
    if (byteCheck == 2) {
      return byteCheckRefused(layout);
    }
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    if (blockCount
        > (byteCheck == 1 ? BlockLimits.maxTransfer(unit) : BlockLimits.maxWriteSame(unit))) {
      return layout.lengthRefused();
    }
    if (blockCount == 0) {
      return Step.GOOD;
    }
    int blockBytes = unit.profile().blockBytes();
    long length = blockCount * blockBytes;
    if (byteCheck == 0) {
      return check(task, unit, lba * blockBytes, length, Unpooled.EMPTY_BUFFER);
    }
    int dataLength = byteCheck == 1 ? (int) length : blockBytes;
    return task.dataOutLength() < dataLength
        ? DATA_TOO_SHORT
        : new Step.NeedsData(dataLength, data -> check(task, unit, lba * blockBytes, length, data));
  }

  /// BYTCHK: 0 reads only, 1 compares, 2 is reserved, 3 compares with one block.
  static int byteCheck(CdbLayout layout, Cdb cdb) {
    return layout.flags(cdb) >> 1 & 3;
  }

  static Step byteCheckRefused(CdbLayout layout) {
    return layout.flagRefused(BYTE_CHECK);
  }

  /// @param expected owned by this method
  static Step check(Task task, LogicalUnit unit, long offset, long length, ByteBuf expected) {
    return new Step.Running(
        new MediumCheck(unit.gate(), task, offset, length, expected)
            .completion()
            .onSuccess(_ -> unit.statistics().verified(length))
            .onComplete(_ -> expected.release()));
  }
}
