package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreGate;
import java.nio.ByteBuffer;
import java.util.OptionalLong;

/// Reads a range of the medium in pieces, and compares it with what the initiator sent.
///
/// @param caller whose check it is
/// @param offset first byte on the medium
/// @param length bytes
/// @param expected borrowed for as long as the check runs: as long as the range, or one block that
///   the range repeats, or empty when the medium must only be readable
record MediumCheck(StoreGate gate, Caller caller, long offset, long length, ByteBuf expected) {
  /// What a check holds in memory besides `expected`; a multiple of every block length.
  private static final int PIECE_BYTES = 1 << 20;

  /// GOOD, or MISCOMPARE with the offset of the first byte that differs.
  Future<Completion> completion() {
    return differenceFrom(0)
        .map(
            difference ->
                difference.isEmpty() ? Completion.good() : miscompare(difference.getAsLong()));
  }

  /// MISCOMPARE DURING VERIFY OPERATION (SBC-4, COMPARE AND WRITE command: the INFORMATION field is
  /// the offset of the first byte that differs, from the start of the Data-Out).
  static Completion miscompare(long difference) {
    return Completion.check(
        Sense.of(SenseKey.MISCOMPARE, Asc.MISCOMPARE_DURING_VERIFY_OPERATION)
            .withInformation(difference));
  }

  private Future<OptionalLong> differenceFrom(long position) {
    if (position >= length) {
      return Future.succeededFuture(OptionalLong.empty());
    }
    int piece = (int) Math.min(PIECE_BYTES, length - position);
    return gate.read(caller, offset + position, piece)
        .compose(
            actual -> {
              int difference = difference(actual, position);
              actual.release();
              return difference < 0
                  ? differenceFrom(position + piece)
                  : Future.succeededFuture(OptionalLong.of(position + difference));
            });
  }

  /// The index of the first byte of `actual` that differs, or -1.
  private int difference(ByteBuf actual, long position) {
    if (!expected.isReadable()) {
      return -1;
    }
    int run = Math.min(expected.readableBytes(), actual.readableBytes());
    for (int at = 0; at < actual.readableBytes(); at += run) {
      int from = expected.readerIndex() + (int) ((position + at) % expected.readableBytes());
      ByteBuffer there = actual.nioBuffer(actual.readerIndex() + at, run);
      int same = there.mismatch(expected.nioBuffer(from, run));
      if (same >= 0) {
        return at + same;
      }
    }
    return -1;
  }
}
