package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// FORMAT UNIT: every block holds zeroes afterwards, or the initialization pattern; a thin unit
/// deallocates them for zeroes. Length and number of the blocks stay.
///
/// There is no protection information and there are no defects: FMTPINFO must be 0, and a list of
/// defects empty. A list that is not right to its last byte changes nothing.
final class FormatUnit {
  private static final int LONGLIST = 5, FMTDATA = 4;
  private static final int DEFECT_LIST_FORMAT = 0x07, VENDOR_SPECIFIC_FORMAT = 6;

  // The parameter list header.
  private static final int PROTECTION_FIELD_USAGE = 0x07;
  private static final int FOV = 0x80, OPTIONS = 0x78, IP = 0x08, IMMED = 0x02, UNKNOWN = 0x05;
  private static final int SHORT_HEADER = 4, LONG_HEADER = 8;

  // The initialization pattern descriptor, from its start.
  private static final int SECURITY_INITIALIZE = 0x20;
  private static final int TYPE = 1, LENGTH = 2, DESCRIPTOR_LENGTH = 4;
  private static final int DEFAULT_PATTERN = 0, REPEATED_PATTERN = 1;

  private FormatUnit() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    int defectListFormat = cdb.u8(1) & DEFECT_LIST_FORMAT;
    if (!cdb.bit(1, FMTDATA)) {
      return defectListFormat == 0
          ? start(task, unit, new byte[0], false)
          : Step.check(Sense.invalidFieldInCdb(1, 2));
    }
    if (defectListFormat >= VENDOR_SPECIFIC_FORMAT) {
      return Step.check(Sense.invalidFieldInCdb(1, 2));
    }
    // The CDB has no length: the list is what the initiator says it sends.
    int header = cdb.bit(1, LONGLIST) ? LONG_HEADER : SHORT_HEADER;
    int longest = header + DESCRIPTOR_LENGTH + unit.profile().blockBytes();
    if (task.dataOutLength() < header || task.dataOutLength() > longest) {
      return ParameterList.WRONG_LENGTH;
    }
    return new Step.NeedsData(
        (int) task.dataOutLength(),
        list -> {
          try {
            return begin(task, unit, header, list.slice());
          } finally {
            list.release();
          }
        });
  }

  /// @param list borrowed; begins at index 0
  private static Step begin(Task task, LogicalUnit unit, int header, ByteBuf list) {
    int options = list.getUnsignedByte(1);
    boolean hasPattern = (options & IP) != 0;
    if ((list.getByte(0) & 0xff) != 0) {
      boolean protection = (list.getByte(0) & PROTECTION_FIELD_USAGE) != 0;
      return Step.check(Sense.invalidFieldInParameterList(0, protection ? 2 : 7));
    }
    if ((options & UNKNOWN) != 0 || ((options & FOV) == 0 && (options & OPTIONS) != 0)) {
      return Step.check(Sense.invalidFieldInParameterList(1, 7));
    }
    if (header == LONG_HEADER && list.getShort(2) != 0) {
      return Step.check(Sense.invalidFieldInParameterList(list.getByte(2) != 0 ? 2 : 3, 7));
    }
    int defectListLength = header - (header == LONG_HEADER ? Integer.BYTES : Short.BYTES);
    boolean defects =
        header == LONG_HEADER
            ? list.getInt(defectListLength) != 0
            : list.getShort(defectListLength) != 0;
    if (defects) {
      return Step.check(Sense.invalidFieldInParameterList(defectListLength, 7));
    }
    boolean immediate = (options & IMMED) != 0;
    if (hasPattern) {
      return withPattern(task, unit, header, list, immediate);
    }
    return list.readableBytes() == header
        ? start(task, unit, new byte[0], immediate)
        : ParameterList.WRONG_LENGTH;
  }

  /// @param at where the initialization pattern descriptor begins
  private static Step withPattern(
      Task task, LogicalUnit unit, int at, ByteBuf list, boolean immediate) {
    if (list.readableBytes() < at + DESCRIPTOR_LENGTH) {
      return ParameterList.WRONG_LENGTH;
    }
    int flags = list.getUnsignedByte(at);
    int length = list.getUnsignedShort(at + LENGTH);
    if ((flags & ~SECURITY_INITIALIZE) != 0) {
      return Step.check(Sense.invalidFieldInParameterList(at, 7)); // the IP MODIFIER is obsolete
    }
    boolean fits =
        switch (list.getUnsignedByte(at + TYPE)) {
          case DEFAULT_PATTERN -> length == 0;
          case REPEATED_PATTERN -> length > 0 && length <= unit.profile().blockBytes();
          default -> false;
        };
    if (!fits) {
      boolean type = list.getUnsignedByte(at + TYPE) > REPEATED_PATTERN;
      return Step.check(Sense.invalidFieldInParameterList(at + (type ? TYPE : LENGTH), 7));
    }
    if (list.readableBytes() != at + DESCRIPTOR_LENGTH + length) {
      return ParameterList.WRONG_LENGTH;
    }
    byte[] pattern = ByteBufUtil.getBytes(list, at + DESCRIPTOR_LENGTH, length);
    boolean everywhere = (flags & SECURITY_INITIALIZE) != 0; // data, not only what reads like it
    return start(task, unit, length == 0 && everywhere ? new byte[1] : pattern, immediate);
  }

  private static Step start(Task task, LogicalUnit unit, byte[] pattern, boolean immediate) {
    return unit.mediumOperations()
        .start(task, new MediumOperation.Format(pattern, unit.thin()), immediate);
  }
}
