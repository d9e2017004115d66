package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// NOP-In (RFC 7143 section 11.19): a ping of ours, or the answer to the initiator's.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record NopIn(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x20;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static NopIn on(ByteBuf header) {
    return new NopIn(Bhs.begin(header, OPCODE, true), Unpooled.EMPTY_BUFFER);
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public NopIn lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public NopIn itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public NopIn ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public NopIn statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public NopIn expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public NopIn maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
