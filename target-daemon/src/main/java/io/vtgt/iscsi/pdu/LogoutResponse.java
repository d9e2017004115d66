package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// Logout Response (RFC 7143 section 11.15): how a logout ended.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record LogoutResponse(ByteBuf bytes) implements ResponsePdu {
  public static final int OPCODE = 0x26;

  private static final int ITT = 16,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32,
      TIME2WAIT = 40,
      TIME2RETAIN = 42;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static LogoutResponse on(ByteBuf header) {
    return new LogoutResponse(Bhs.begin(header, OPCODE, true));
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public LogoutResponse itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public LogoutResponse statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public LogoutResponse expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public LogoutResponse maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int time2Wait() {
    return bytes.getUnsignedShort(TIME2WAIT);
  }

  public LogoutResponse time2Wait(int time2Wait) {
    bytes.setShort(TIME2WAIT, time2Wait);
    return this;
  }

  public int time2Retain() {
    return bytes.getUnsignedShort(TIME2RETAIN);
  }

  public LogoutResponse time2Retain(int time2Retain) {
    bytes.setShort(TIME2RETAIN, time2Retain);
    return this;
  }

  /// Response code: 0 closed, 1 no such CID, 2 recovery not supported, 3 cleanup failed.
  public int response() {
    return bytes.getUnsignedByte(2);
  }

  public LogoutResponse response(int response) {
    bytes.setByte(2, response);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
