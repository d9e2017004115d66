package io.vtgt.scsi;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import java.util.function.Function;

/// What a command handler answers: it is over, it runs, or it wants its data first.
public sealed interface Step {

  record Done(Completion completion) implements Step {}

  /// @param completion completes on the context that began the task; a failure with a
  ///   [io.vtgt.store.StoreFault] is turned into sense by the logical unit
  record Running(Future<Completion> completion) implements Step {}

  /// The transport gathers Data-Out and calls `then` on the task's context.
  ///
  /// @param length bytes the command transfers by its CDB, 1 or more
  /// @param then gets min(length, what the initiator said it would send) bytes and owns the buffer;
  ///   a handler that cannot live with fewer bytes refuses them. Not called when the task ended
  ///   before.
  record NeedsData(int length, Function<ByteBuf, Step> then) implements Step {}

  Step GOOD = new Done(Completion.good());

  static Step good(ByteBuf dataIn) {
    return new Done(Completion.good(dataIn));
  }

  /// GOOD with parameter data, cut at the CDB's ALLOCATION LENGTH (SPC-5, Allocation length).
  ///
  /// @param parameterData taken over, not copied
  /// @param allocationLength bytes, unsigned
  static Step good(byte[] parameterData, long allocationLength) {
    return new Done(Completion.good(parameterData, allocationLength));
  }

  static Step check(Sense sense) {
    return new Done(Completion.check(sense));
  }
}
