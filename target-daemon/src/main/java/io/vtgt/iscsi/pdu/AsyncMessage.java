package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Asynchronous Message (RFC 7143 section 11.9): an event that the initiator did not ask about.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record AsyncMessage(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x32;

  private static final int LUN = 8,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32,
      PARAMETER1 = 38,
      PARAMETER2 = 40,
      PARAMETER3 = 42;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static AsyncMessage on(ByteBuf header) {
    Bhs.begin(header, OPCODE, true).setInt(16, Bhs.NO_TAG); // where others have the ITT
    return new AsyncMessage(header, Unpooled.EMPTY_BUFFER);
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public AsyncMessage lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public AsyncMessage statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public AsyncMessage expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public AsyncMessage maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int parameter1() {
    return bytes.getUnsignedShort(PARAMETER1);
  }

  public AsyncMessage parameter1(int parameter1) {
    bytes.setShort(PARAMETER1, parameter1);
    return this;
  }

  public int parameter2() {
    return bytes.getUnsignedShort(PARAMETER2);
  }

  public AsyncMessage parameter2(int parameter2) {
    bytes.setShort(PARAMETER2, parameter2);
    return this;
  }

  public int parameter3() {
    return bytes.getUnsignedShort(PARAMETER3);
  }

  public AsyncMessage parameter3(int parameter3) {
    bytes.setShort(PARAMETER3, parameter3);
    return this;
  }

  /// Event code (RFC 7143 section 11.9.1): 0 SCSI event, 1 logout requested, 2 connection will be
  /// dropped, 3 all connections will be dropped, 4 parameter negotiation requested, 5 all tasks of
  /// a LUN ended (RFC 7144).
  public int event() {
    return bytes.getUnsignedByte(36);
  }

  public AsyncMessage event(int event) {
    bytes.setByte(36, event);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
