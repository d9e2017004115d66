package io.vtgt.scsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// How a command ended. The data belongs to whoever receives the completion.
public sealed interface Completion {

  /// @param dataIn what the initiator gets; more than it expects is cut by the transport and
  ///   reported as overflow
  record Good(ByteBuf dataIn) implements Completion {
    private static final Good WITHOUT_DATA = new Good(Unpooled.EMPTY_BUFFER);
  }

  /// PRE-FETCH's "all of it fits the cache".
  record ConditionMet() implements Completion {}

  /// @param descriptorFormat the unit's D_SENSE when the command ended
  record CheckCondition(Sense sense, boolean descriptorFormat) implements Completion {}

  record ReservationConflict() implements Completion {}

  record Busy() implements Completion {}

  record TaskSetFull() implements Completion {}

  /// Ended by another nexus while TAS is set.
  record TaskAborted() implements Completion {}

  static Completion good() {
    return Good.WITHOUT_DATA;
  }

  static Completion good(ByteBuf dataIn) {
    return new Good(dataIn);
  }

  /// GOOD with parameter data, cut at the CDB's ALLOCATION LENGTH (SPC-5, Allocation length).
  ///
  /// @param parameterData taken over, not copied
  /// @param allocationLength bytes, unsigned
  static Completion good(byte[] parameterData, long allocationLength) {
    int length = (int) Math.min(parameterData.length, allocationLength);
    return length == 0 ? good() : good(Unpooled.wrappedBuffer(parameterData, 0, length));
  }

  /// In fixed format; the logical unit turns it into descriptor format where its control mode page
  /// asks.
  static Completion check(Sense sense) {
    return new CheckCondition(sense, false);
  }

  default Status status() {
    return switch (this) {
      case Good _ -> Status.GOOD;
      case ConditionMet _ -> Status.CONDITION_MET;
      case CheckCondition _ -> Status.CHECK_CONDITION;
      case ReservationConflict _ -> Status.RESERVATION_CONFLICT;
      case Busy _ -> Status.BUSY;
      case TaskSetFull _ -> Status.TASK_SET_FULL;
      case TaskAborted _ -> Status.TASK_ABORTED;
    };
  }
}
