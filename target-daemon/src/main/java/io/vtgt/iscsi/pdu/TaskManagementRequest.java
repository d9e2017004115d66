package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/// Task Management Function Request (RFC 7143 section 11.5): asks for the end, or the state, of
/// other tasks.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record TaskManagementRequest(ByteBuf bytes) implements RequestPdu {
  public static final int OPCODE = 0x02;

  private static final int LUN = 8,
      ITT = 16,
      REFERENCED_TASK_TAG = 20,
      CMD_SN = 24,
      EXP_STAT_SN = 28,
      REF_CMD_SN = 32,
      EXP_DATA_SN = 36;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static TaskManagementRequest on(ByteBuf header) {
    return new TaskManagementRequest(Bhs.begin(header, OPCODE, true));
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public TaskManagementRequest lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public TaskManagementRequest itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int referencedTaskTag() {
    return bytes.getInt(REFERENCED_TASK_TAG);
  }

  public TaskManagementRequest referencedTaskTag(int referencedTaskTag) {
    bytes.setInt(REFERENCED_TASK_TAG, referencedTaskTag);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public TaskManagementRequest cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public TaskManagementRequest expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  public int refCmdSn() {
    return bytes.getInt(REF_CMD_SN);
  }

  public TaskManagementRequest refCmdSn(int refCmdSn) {
    bytes.setInt(REF_CMD_SN, refCmdSn);
    return this;
  }

  public int expDataSn() {
    return bytes.getInt(EXP_DATA_SN);
  }

  public TaskManagementRequest expDataSn(int expDataSn) {
    bytes.setInt(EXP_DATA_SN, expDataSn);
    return this;
  }

  /// Function code (RFC 7143 section 11.5.1; RFC 7144 section 6.2 adds 9 to 12).
  public int function() {
    return bytes.getByte(1) & 0x7f;
  }

  public TaskManagementRequest function(int function) {
    bytes.setByte(1, 0x80 | function);
    return this;
  }

  @Override
  public Optional<String> fault() {
    return Bhs.dataLength(bytes) > 0
        ? Optional.of("a data segment where none may be")
        : RequestPdu.super.fault();
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
