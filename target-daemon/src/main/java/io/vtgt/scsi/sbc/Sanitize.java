package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.Condition;
import io.vtgt.target.LogicalUnit;

/// SANITIZE: makes what the medium holds unrecoverable through the unit, whatever it was used for.
///
/// CRYPTOGRAPHIC ERASE is not offered: it changes the key that what is stored was encrypted with
/// (SBC-4, Sanitize operations), and no store encrypts. ZNR is for zoned devices and in no usage
/// map.
final class Sanitize {
  private static final int IMMED = 7, AUSE = 5, SERVICE_ACTION = 4;
  private static final int PARAMETER_LIST_LENGTH = 7;

  // The parameter list of OVERWRITE.
  private static final int INVERT = 0x80, TEST = 0x60, OVERWRITE_COUNT = 0x1f;
  private static final int PATTERN_LENGTH = 2, PATTERN = 4;

  private static final Step WRONG_LIST_LENGTH =
      Step.check(Sense.invalidFieldInCdb(PARAMETER_LIST_LENGTH, 7));

  private Sanitize() {}

  static Step overwrite(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    int listLength = cdb.u16(PARAMETER_LIST_LENGTH);
    if (restricted(unit) && cdb.bit(1, AUSE)) {
      return Step.check(Sense.invalidFieldInCdb(1, AUSE));
    }
    if (listLength <= PATTERN || listLength > PATTERN + unit.profile().blockBytes()) {
      return WRONG_LIST_LENGTH;
    }
    if (task.dataOutLength() < listLength) {
      return ParameterList.WRONG_LENGTH;
    }
    return new Step.NeedsData(
        listLength,
        list -> {
          try {
            return overwrite(task, unit, list);
          } finally {
            list.release();
          }
        });
  }

  /// Borrows the list. A pattern of no length is checked after the count, which initiators' test
  /// suites leave 0 together with it.
  private static Step overwrite(Task task, LogicalUnit unit, ByteBuf list) {
    int base = list.readerIndex();
    int flags = list.getUnsignedByte(base);
    int passes = flags & OVERWRITE_COUNT;
    int patternLength = list.getUnsignedShort(base + PATTERN_LENGTH);
    if (passes == 0) {
      return Step.check(Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB));
    }
    if ((flags & TEST) != 0) {
      return Step.check(Sense.invalidFieldInParameterList(0, 6));
    }
    if (list.getByte(base + 1) != 0) {
      return Step.check(Sense.invalidFieldInParameterList(1, 7));
    }
    if (patternLength == 0 || patternLength > unit.profile().blockBytes()) {
      return Step.check(Sense.invalidFieldInParameterList(PATTERN_LENGTH, 7));
    }
    if (patternLength != list.readableBytes() - PATTERN) {
      return ParameterList.WRONG_LENGTH;
    }
    byte[] pattern = ByteBufUtil.getBytes(list, base + PATTERN, patternLength);
    return start(
        task,
        unit,
        new MediumOperation.Overwrite(
            pattern, passes, (flags & INVERT) != 0, task.cdb().bit(1, AUSE)));
  }

  static Step blockErase(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    if (restricted(unit) && cdb.bit(1, AUSE)) {
      return Step.check(Sense.invalidFieldInCdb(1, AUSE));
    }
    return cdb.u16(PARAMETER_LIST_LENGTH) != 0
        ? WRONG_LIST_LENGTH
        : start(task, unit, new MediumOperation.BlockErase(cdb.bit(1, AUSE)));
  }

  static Step exitFailureMode(Task task, LogicalUnit unit) {
    if (restricted(unit)) {
      return Step.check(Sense.invalidFieldInCdb(1, SERVICE_ACTION));
    }
    return task.cdb().u16(PARAMETER_LIST_LENGTH) != 0
        ? WRONG_LIST_LENGTH
        : unit.mediumOperations().exitFailure(task);
  }

  private static Step start(Task task, LogicalUnit unit, MediumOperation operation) {
    return unit.mediumOperations().start(task, operation, task.cdb().bit(1, IMMED));
  }

  /// A sanitize in restricted completion mode has failed: only one that succeeds ends that.
  private static boolean restricted(LogicalUnit unit) {
    return unit.state().condition() instanceof Condition.SanitizeFailed failed
        && !failed.exitAllowed();
  }
}
