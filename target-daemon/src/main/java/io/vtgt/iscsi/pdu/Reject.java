package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Reject (RFC 7143 section 11.17): a PDU of the initiator's that was refused; its header is the
/// data.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record Reject(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x3f;

  private static final int STAT_SN = 24, EXP_CMD_SN = 28, MAX_CMD_SN = 32, DATA_SN = 36;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static Reject on(ByteBuf header) {
    Bhs.begin(header, OPCODE, true).setInt(16, Bhs.NO_TAG); // where others have the ITT
    return new Reject(header, Unpooled.EMPTY_BUFFER);
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public Reject statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public Reject expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public Reject maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int dataSn() {
    return bytes.getInt(DATA_SN);
  }

  public Reject dataSn(int dataSn) {
    bytes.setInt(DATA_SN, dataSn);
    return this;
  }

  /// Reason code (RFC 7143 section 11.17.1).
  public int reason() {
    return bytes.getUnsignedByte(2);
  }

  public Reject reason(int reason) {
    bytes.setByte(2, reason);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
