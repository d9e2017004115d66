package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// Task Management Function Response (RFC 7143 section 11.6): how a task management function ended.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record TaskManagementResponse(ByteBuf bytes) implements ResponsePdu {
  public static final int OPCODE = 0x22;

  private static final int ADDITIONAL = 8;
  private static final int ITT = 16, STAT_SN = 24, EXP_CMD_SN = 28, MAX_CMD_SN = 32;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static TaskManagementResponse on(ByteBuf header) {
    return new TaskManagementResponse(Bhs.begin(header, OPCODE, true));
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public TaskManagementResponse itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public TaskManagementResponse statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public TaskManagementResponse expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public TaskManagementResponse maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  /// Response code (RFC 7143 section 11.6.1).
  public int response() {
    return bytes.getUnsignedByte(2);
  }

  public TaskManagementResponse response(int response) {
    bytes.setByte(2, response);
    return this;
  }

  /// Additional Response Information (RFC 7144 section 6.3): three bytes, as SAM-5 has them.
  public int additional() {
    return bytes.getUnsignedMedium(ADDITIONAL);
  }

  public TaskManagementResponse additional(int threeBytes) {
    bytes.setMedium(ADDITIONAL, threeBytes);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
