package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// NOP-Out (RFC 7143 section 11.18): a ping of the initiator's, or its answer to ours.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record NopOut(ByteBuf bytes, ByteBuf data) implements RequestPdu {
  public static final int OPCODE = 0x00;

  private static final int LUN = 8, ITT = 16, TTT = 20, CMD_SN = 24, EXP_STAT_SN = 28;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static NopOut on(ByteBuf header) {
    return new NopOut(Bhs.begin(header, OPCODE, true), Unpooled.EMPTY_BUFFER);
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public NopOut lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public NopOut itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public NopOut ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public NopOut cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public NopOut expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
