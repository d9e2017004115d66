package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.StoreGate;
import io.vtgt.target.LogicalUnit;
import java.util.function.Function;

/// READ and WRITE (6), (10), (12), (16), (32): the hot path. DPO is a hint that nothing here can
/// use.
final class ReadWrite {
  static final int FUA = 3;

  private static final Function<ByteBuf, Completion> GOOD_WITH_DATA = Completion::good;

  static final Step HALF_A_BLOCK =
      Step.check(Sense.illegalRequest(Asc.INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT));

  private ReadWrite() {}

  static Step read(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    Step early = BlockRange.endsEarly(layout, unit, lba, blockCount);
    if (early != null) {
      return early;
    }
    int blockBytes = unit.profile().blockBytes();
    StoreGate gate = unit.gate();
    Future<ByteBuf> data = gate.read(task, lba * blockBytes, (int) blockCount * blockBytes);
    if (fua(layout, cdb)) {
      data = data.compose(bytes -> durable(gate, bytes));
    }
    return new Step.Running(data.map(GOOD_WITH_DATA));
  }

  static Step write(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    Step early = BlockRange.endsEarly(layout, unit, lba, blockCount);
    if (early != null) {
      return early;
    }
    int blockBytes = unit.profile().blockBytes();
    boolean durable = fua(layout, cdb) || Durability.everyWrite(unit);
    return new Step.NeedsData(
        (int) blockCount * blockBytes,
        data ->
            partOfABlock(data, blockBytes)
                ? HALF_A_BLOCK
                : new Step.Running(
                    unit.gate()
                        .write(task, lba * blockBytes, data, durable)
                        .map(Completion.good())));
  }

  /// True, and `data` released, when it ends within a block. An initiator that announces less than
  /// its CDB asks for gets the whole blocks it sent written, and learns of the rest as a residual
  /// (RFC 7143 section 11.4.5.1); what ends within a block is not written at all.
  static boolean partOfABlock(ByteBuf data, int blockBytes) {
    if (data.readableBytes() % blockBytes == 0) {
      return false;
    }
    data.release();
    return true;
  }

  /// READ with FUA (SBC-4, Force unit access): what it returns is on stable storage, so what a
  /// volatile cache below us still held is flushed after it was read.
  private static Future<ByteBuf> durable(StoreGate gate, ByteBuf data) {
    return gate.flush()
        .transform(
            flushed -> {
              if (flushed.succeeded()) {
                return Future.succeededFuture(data);
              }
              data.release();
              return Future.failedFuture(flushed.cause());
            });
  }

  private static boolean fua(CdbLayout layout, Cdb cdb) {
    return layout != CdbLayout.BYTES_6 && layout.flag(cdb, FUA);
  }
}
