package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

/// Text Request (RFC 7143 section 11.10): key=value pairs in the full feature phase.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record TextRequest(ByteBuf bytes, ByteBuf data) implements RequestPdu {
  public static final int OPCODE = 0x04;

  private static final int LUN = 8, ITT = 16, TTT = 20, CMD_SN = 24, EXP_STAT_SN = 28;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static TextRequest on(ByteBuf header) {
    return new TextRequest(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public TextRequest finalBit(boolean on) {
    Bhs.flag(bytes, Bhs.FINAL, on);
    return this;
  }

  public boolean continues() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public TextRequest continues(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public TextRequest lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public TextRequest itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public TextRequest ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public TextRequest cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public TextRequest expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  @Override
  public Optional<String> fault() {
    return finalBit() && continues() ? Optional.of("both F and C") : RequestPdu.super.fault();
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
