package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.CompareResult;
import io.vtgt.store.StoreGate;
import io.vtgt.target.LogicalUnit;

/// COMPARE AND WRITE: the Data-Out is what the medium must hold, then what it shall hold. Atomic
/// against every other writer; clusters build their locks on it.
final class CompareAndWrite {
  private static final int NUMBER_OF_LOGICAL_BLOCKS = 13;

  private static final Step TOO_LONG =
      Step.check(Sense.invalidFieldInCdb(NUMBER_OF_LOGICAL_BLOCKS, 7));

  private static final Step WRONG_DATA_LENGTH =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private CompareAndWrite() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = cdb.u64(2);
    int blockCount = cdb.u8(NUMBER_OF_LOGICAL_BLOCKS);
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    if (blockCount > BlockLimits.maxCompareAndWrite(unit)) {
      return TOO_LONG;
    }
    if (blockCount == 0) {
      return Step.GOOD;
    }
    int blockBytes = unit.profile().blockBytes();
    int length = blockCount * blockBytes;
    // More is as wrong as less: where the second half starts could not be told.
    if (task.dataOutLength() != 2L * length) {
      return WRONG_DATA_LENGTH;
    }
    boolean durable = cdb.bit(1, 3) || Durability.everyWrite(unit);
    return new Step.NeedsData(
        2 * length,
        data ->
            new Step.Running(
                swap(task, unit.gate(), lba * blockBytes, data, durable)
                    .map(CompareAndWrite::completion)));
  }

  /// @param data owned by this method: the expected half, then the new one
  private static Future<CompareResult> swap(
      Task task, StoreGate gate, long offset, ByteBuf data, boolean durable) {
    ByteBuf expected = data.readRetainedSlice(data.readableBytes() / 2);
    return gate.compareAndWrite(task, offset, expected, data, durable);
  }

  private static Completion completion(CompareResult result) {
    return switch (result) {
      case CompareResult.Written _ -> Completion.good();
      case CompareResult.Differs differs -> MediumCheck.miscompare(differs.offset());
    };
  }
}
