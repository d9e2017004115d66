package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.StoreFault;
import io.vtgt.target.LogicalUnit;

/// WRITE SAME (10), (16), (32): writes one block again and again, with 0 blocks up to the end of
/// the medium where WSNZ allows it. With UNMAP the blocks may be deallocated instead, but only
/// where they read the same afterwards (SBC-4, WRITE SAME command and unmap operations): a block of
/// zeroes. Any other block is written.
final class WriteSame {
  private static final int UNMAP = 3, NO_DATA_OUT = 0;

  /// What is done before the next look whether anybody still wants it. Pieces end at multiples of
  /// it, so that they hold all the whole granules that the range does.
  private static final long PIECE_BYTES = 16 << 20;

  private static final Step WRONG_DATA_LENGTH =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private WriteSame() {}

  static Step begin(CdbLayout layout, Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    boolean unmap = layout.flag(cdb, UNMAP);
    boolean noDataOut = layout != CdbLayout.BYTES_10 && layout.flag(cdb, NO_DATA_OUT);
    if (unmap && !unit.thin()) {
      return layout.flagRefused(UNMAP);
    }
    if (!BlockRange.inside(unit, lba, Math.max(1, blockCount))) {
      return BlockRange.OUTSIDE;
    }
    if (blockCount == 0 && !BlockLimits.writeSameNonZero(unit)) {
      blockCount = unit.blockCount() - lba;
    }
    if (blockCount == 0 || blockCount > BlockLimits.maxWriteSame(unit)) {
      return layout.lengthRefused();
    }
    int blockBytes = unit.profile().blockBytes();
    long offset = lba * blockBytes;
    long end = offset + blockCount * blockBytes;
    if (noDataOut) {
      return running(unit, zeroes(task, unit, offset, end, unmap));
    }
    // Half a block cannot be repeated, and of two we would not know which.
    if (task.dataOutLength() != blockBytes) {
      return WRONG_DATA_LENGTH;
    }
    return new Step.NeedsData(
        blockBytes,
        block -> {
          Future<Void> change =
              isZero(block)
                  ? zeroes(task, unit, offset, end, unmap)
                  : inPieces(
                      task,
                      offset,
                      end,
                      (at, length) ->
                          unit.gate().writeSame(task, at, length, block.retainedDuplicate()));
          return running(unit, change.onComplete(_ -> block.release()));
        });
  }

  private static Future<Void> zeroes(
      Task task, LogicalUnit unit, long offset, long end, boolean unmap) {
    return inPieces(
        task, offset, end, (at, length) -> unit.gate().writeZeroes(task, at, length, unmap));
  }

  @FunctionalInterface
  private interface Piece {
    Future<Void> change(long offset, long length);
  }

  private static Future<Void> inPieces(Task task, long offset, long end, Piece piece) {
    if (task.aborted()) {
      return Future.failedFuture(
          new StoreFault(StoreFault.Kind.UNAVAILABLE, "WRITE SAME was aborted"));
    }
    long pieceEnd = Math.min(end, (offset / PIECE_BYTES + 1) * PIECE_BYTES);
    Future<Void> changed = piece.change(offset, pieceEnd - offset);
    return pieceEnd == end ? changed : changed.compose(_ -> inPieces(task, pieceEnd, end, piece));
  }

  private static Step running(LogicalUnit unit, Future<Void> change) {
    return new Step.Running(Durability.settle(unit, change).map(Completion.good()));
  }

  private static boolean isZero(ByteBuf block) {
    return block.forEachByte(value -> value == 0) < 0;
  }
}
