package io.vtgt.scsi.copy;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Status;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What an initiator can ask about copies (SPC-5): RECEIVE COPY STATUS (LID1), (LID4), RECEIVE COPY
/// FAILURE DETAILS (LID1), RECEIVE COPY OPERATING PARAMETERS, RECEIVE ROD TOKEN INFORMATION, REPORT
/// ALL ROD TOKENS; and COPY OPERATION ABORT.
final class ReceiveCopy {
  private static final int LIST_ID = 2, ALLOCATION_LENGTH = 10;

  /// COPY COMMAND STATUS and COPY OPERATION STATUS.
  private static final int IN_PROGRESS_LID1 = 0x00, GOOD = 0x01, WITH_ERRORS = 0x02;

  private static final int PARTIAL = 0x03, IN_FOREGROUND = 0x11, IN_BACKGROUND = 0x12;
  private static final int TERMINATED = 0x60;

  /// TRANSFER COUNT UNITS.
  private static final int BYTES = 0x00, MEBIBYTES = 0x02, BLOCKS = 0xf1;

  /// ESTIMATED STATUS UPDATE DELAY.
  private static final int MILLIS_TO_WAIT = 100, NO_NEED_TO_WAIT = 0xffff_fffe;

  private static final Step UNKNOWN_LIST_ID = Step.check(Sense.invalidFieldInCdb(LIST_ID, 7));

  private ReceiveCopy() {}

  static Step operatingParameters(Task task, LogicalUnit unit) {
    byte[] codes = CopyCommands.descriptorTypes();
    ByteBuffer data = ByteBuffer.allocate(44 + codes.length);
    data.putInt(data.capacity() - Integer.BYTES);
    data.put((byte) 1); // SNLID: copies without a list identifier are supported
    data.put(new byte[3]);
    data.putShort((short) CopyLimits.CSCDS);
    data.putShort((short) CopyLimits.SEGMENTS);
    data.putInt(CopyLimits.LIST_BYTES);
    data.putInt(CopyLimits.SEGMENT_BYTES);
    data.putInt(0); // maximum inline data length
    data.putInt(0); // held data limit
    data.putInt(0); // maximum stream device transfer size
    data.putShort((short) 0);
    data.putShort((short) CopyLimits.COPIES);
    data.put((byte) CopyLimits.COPIES);
    data.put(new byte[3]); // granularities of data, inline data, held data: one byte
    data.put(new byte[3]);
    data.put((byte) codes.length);
    data.put(codes);
    return Step.good(data.array(), task.cdb().u32(ALLOCATION_LENGTH));
  }

  static Step statusLid1(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    Optional<CopyOperation> found =
        unit.copies()
            .find(task.nexus().id(), cdb.u8(LIST_ID))
            .filter(operation -> !operation.statusTaken());
    if (found.isEmpty()) {
      return UNKNOWN_LIST_ID;
    }
    CopyOperation operation = found.get();
    boolean ended = operation.hasEnded();
    long transferred = operation.transferredBytes();
    boolean large = transferred > 0xffff_ffffL;
    byte[] data =
        ByteBuffer.allocate(12)
            .putInt(8)
            .put((byte) (!ended ? IN_PROGRESS_LID1 : operation.succeeded() ? GOOD : WITH_ERRORS))
            .putShort((short) operation.segments())
            .put((byte) (large ? MEBIBYTES : BYTES))
            .putInt((int) (large ? transferred >> 20 : transferred))
            .array();
    if (ended) {
      operation.takeStatus();
    }
    return Step.good(data, cdb.u32(ALLOCATION_LENGTH));
  }

  static Step failureDetails(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    Optional<CopyOperation> found =
        unit.copies()
            .find(task.nexus().id(), cdb.u8(LIST_ID))
            .filter(CopyOperation::hasEnded)
            .filter(it -> it.origin().serviceAction() == CopyCommands.EXTENDED_COPY_LID1);
    if (found.isEmpty()) {
      return UNKNOWN_LIST_ID;
    }
    CopyOperation operation = found.get();
    long allocationLength = cdb.u32(ALLOCATION_LENGTH);
    byte[] sense = operation.detailsTaken() ? new byte[0] : sense(operation, unit);
    if (sense.length == 0) {
      return Step.good(new byte[4], allocationLength);
    }
    ByteBuffer data = ByteBuffer.allocate(60 + sense.length);
    data.putInt(data.capacity() - Integer.BYTES);
    data.put(56, (byte) status(operation).code);
    data.putShort(58, (short) sense.length);
    data.put(60, sense);
    if (allocationLength == 0 || allocationLength >= data.capacity()) {
      operation.takeDetails();
    }
    return Step.good(data.array(), allocationLength);
  }

  static Step statusLid4(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    return unit.copies()
        .find(task.nexus().id(), (int) cdb.u32(LIST_ID))
        .map(
            operation ->
                Step.good(header(operation, unit, new byte[0]), cdb.u32(ALLOCATION_LENGTH)))
        .orElse(UNKNOWN_LIST_ID);
  }

  static Step tokenInformation(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    Optional<CopyOperation> found = unit.copies().find(task.nexus().id(), (int) cdb.u32(LIST_ID));
    if (found.isEmpty()) {
      return UNKNOWN_LIST_ID;
    }
    CopyOperation operation = found.get();
    byte[] token =
        operation.succeeded()
            ? operation.token().map(RodToken::bytes).orElse(new byte[0])
            : new byte[0];
    ByteBuffer tokens =
        ByteBuffer.allocate(Integer.BYTES + (token.length == 0 ? 0 : Short.BYTES + token.length));
    tokens.putInt(tokens.capacity() - Integer.BYTES);
    if (token.length > 0) {
      tokens.putShort((short) 0).put(token);
    }
    byte[] data = header(operation, unit, tokens.array());
    long allocationLength = cdb.u32(ALLOCATION_LENGTH);
    if (token.length > 0 && (allocationLength == 0 || allocationLength >= data.length)) {
      operation.tokenTaken();
    }
    return Step.good(data, allocationLength);
  }

  static Step allTokens(Task task, LogicalUnit unit) {
    List<byte[]> tokens = unit.copyManager().tokens().managementTokens(unit);
    ByteBuffer data =
        ByteBuffer.allocate(8 + tokens.stream().mapToInt(token -> token.length).sum());
    data.putInt(data.capacity() - Integer.BYTES).putInt(0);
    tokens.forEach(data::put);
    return Step.good(data.array(), task.cdb().u32(ALLOCATION_LENGTH));
  }

  /// Stops a copy; answered when nothing of it is under way any more.
  static Step abort(Task task, LogicalUnit unit) {
    return unit.copies()
        .find(task.nexus().id(), (int) task.cdb().u32(LIST_ID))
        .filter(operation -> !operation.hasEnded())
        .<Step>map(
            operation ->
                new Step.Running(
                    operation.stop().compose(_ -> operation.ended()).map(Completion.good())))
        .orElse(UNKNOWN_LIST_ID);
  }

  /// What RECEIVE COPY STATUS (LID4) returns, and what others begin with.
  ///
  /// @param more follows the sense data
  private static byte[] header(CopyOperation operation, LogicalUnit unit, byte[] more) {
    int copyStatus = copyStatus(operation);
    boolean ended = operation.hasEnded();
    byte[] sense = copyStatus == TERMINATED ? new byte[0] : sense(operation, unit);
    byte[] padded = Arrays.copyOf(sense, Math.ceilDiv(sense.length, 4) * 4);
    boolean ofToken = operation.origin().serviceAction() >= CopyCommands.POPULATE_TOKEN;
    ByteBuffer data = ByteBuffer.allocate(32 + padded.length + more.length);
    data.putInt(data.capacity() - Integer.BYTES);
    data.put((byte) operation.origin().serviceAction());
    data.put((byte) copyStatus);
    data.putShort((short) operation.operations());
    data.putInt(ended ? NO_NEED_TO_WAIT : MILLIS_TO_WAIT);
    data.put((byte) (ended ? status(operation).code : 0));
    data.put((byte) padded.length);
    data.put((byte) sense.length);
    data.put((byte) (ofToken ? BLOCKS : BYTES));
    data.putLong(
        ofToken
            ? operation.transferredBytes() / unit.profile().blockBytes()
            : operation.transferredBytes());
    data.putShort((short) operation.segments());
    data.put(new byte[6]);
    data.put(padded);
    data.put(more);
    return data.array();
  }

  private static int copyStatus(CopyOperation operation) {
    if (!operation.hasEnded()) {
      return operation.origin().background() ? IN_BACKGROUND : IN_FOREGROUND;
    }
    if (operation.terminated()) {
      return TERMINATED;
    }
    return !operation.succeeded() ? WITH_ERRORS : operation.partial() ? PARTIAL : GOOD;
  }

  private static Status status(CopyOperation operation) {
    return operation.terminated()
        ? Status.TASK_ABORTED
        : operation.completion().map(Completion::status).orElse(Status.GOOD);
  }

  /// Empty when it ended without any.
  private static byte[] sense(CopyOperation operation, LogicalUnit unit) {
    return operation.completion().orElse(Completion.good())
            instanceof Completion.CheckCondition check
        ? check.sense().encode(unit.state().mode().descriptorSense())
        : new byte[0];
  }
}
