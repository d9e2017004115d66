package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// UNMAP: deallocates the ranges of a list. The whole list is checked before the first is touched.
final class Unmap {
  private static final int PARAMETER_LIST_LENGTH = 7;

  // The parameter list (SBC-4, UNMAP parameter list).
  private static final int DATA_LENGTH = 0;
  private static final int DESCRIPTOR_DATA_LENGTH = 2;
  private static final int HEADER_LENGTH = 8;
  private static final int DESCRIPTOR_LENGTH = 16;

  private static final Step LIST_LENGTH_ERROR =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private Unmap() {}

  static Step begin(Task task, LogicalUnit unit) {
    int listLength = task.cdb().u16(PARAMETER_LIST_LENGTH);
    if (listLength == 0) {
      return Step.GOOD;
    }
    if (listLength < HEADER_LENGTH || task.dataOutLength() < listLength) {
      return LIST_LENGTH_ERROR;
    }
    return new Step.NeedsData(
        listLength,
        list -> {
          try {
            return unmap(task, list, unit);
          } finally {
            list.release();
          }
        });
  }

  /// Borrows the list.
  private static Step unmap(Task task, ByteBuf list, LogicalUnit unit) {
    int base = list.readerIndex();
    int dataLength = list.getUnsignedShort(base + DATA_LENGTH);
    int descriptorLength = list.getUnsignedShort(base + DESCRIPTOR_DATA_LENGTH);
    if (descriptorLength > list.readableBytes() - HEADER_LENGTH) {
      return LIST_LENGTH_ERROR;
    }
    if (dataLength < descriptorLength + HEADER_LENGTH - Short.BYTES) {
      return Step.check(Sense.invalidFieldInParameterList(DATA_LENGTH, 7));
    }
    int count = descriptorLength / DESCRIPTOR_LENGTH; // an incomplete last one is ignored
    BlockLimits limits = BlockLimits.of(unit);
    if (count > limits.maxUnmapDescriptors()) {
      return Step.check(Sense.invalidFieldInParameterList(DESCRIPTOR_DATA_LENGTH, 7));
    }
    long capacity = unit.blockCount();
    long sum = 0;
    for (int i = 0; i < count; i++) {
      int at = HEADER_LENGTH + i * DESCRIPTOR_LENGTH;
      long blockCount = list.getUnsignedInt(base + at + Long.BYTES);
      if (!BlockRange.inside(capacity, list.getLong(base + at), blockCount)) {
        return BlockRange.OUTSIDE;
      }
      sum += blockCount;
      if (sum > limits.maxUnmap()) {
        return Step.check(Sense.invalidFieldInParameterList(at + Long.BYTES, 7));
      }
    }
    Future<Void> done = Future.succeededFuture();
    for (int i = 0; i < count; i++) {
      int at = base + HEADER_LENGTH + i * DESCRIPTOR_LENGTH;
      long lba = list.getLong(at);
      long blockCount = list.getUnsignedInt(at + Long.BYTES);
      if (blockCount > 0) {
        done = done.compose(_ -> deallocate(task, unit, lba, blockCount));
      }
    }
    return new Step.Running(Durability.settle(unit, done).map(Completion.good()));
  }

  /// Only whole granules are freed. Where we tell that deallocated blocks read as zeroes (LBPRZ),
  /// the blocks beside them must too.
  private static Future<Void> deallocate(Task task, LogicalUnit unit, long lba, long blockCount) {
    int blockBytes = unit.profile().blockBytes();
    long offset = lba * blockBytes;
    long length = blockCount * blockBytes;
    return BlockLimits.unmapZeroes(unit)
        ? unit.gate().writeZeroes(task, offset, length, true)
        : unit.gate().unmap(task, offset, length);
  }
}
