package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

/// Text Response (RFC 7143 section 11.11): key=value pairs in the full feature phase.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record TextResponse(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x24;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static TextResponse on(ByteBuf header) {
    return new TextResponse(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public TextResponse finalBit(boolean on) {
    Bhs.flag(bytes, Bhs.FINAL, on);
    return this;
  }

  public boolean continues() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public TextResponse continues(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public TextResponse lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public TextResponse itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public TextResponse ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public TextResponse statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public TextResponse expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public TextResponse maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  @Override
  public Optional<String> fault() {
    return finalBit() && continues() ? Optional.of("both F and C") : ResponsePdu.super.fault();
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
