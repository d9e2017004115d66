package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// SCSI Data-In (RFC 7143 section 11.7): a piece of a READ's data, the last one perhaps with the
/// status.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record DataIn(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x25;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32,
      DATA_SN = 36,
      BUFFER_OFFSET = 40,
      RESIDUAL = 44;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static DataIn on(ByteBuf header) {
    return new DataIn(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public DataIn finalBit(boolean on) {
    Bhs.flag(bytes, Bhs.FINAL, on);
    return this;
  }

  public boolean acknowledge() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public DataIn acknowledge(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  public boolean overflow() {
    return (bytes.getByte(1) & 0x04) != 0;
  }

  public DataIn overflow(boolean on) {
    Bhs.flag(bytes, 0x04, on);
    return this;
  }

  public boolean underflow() {
    return (bytes.getByte(1) & 0x02) != 0;
  }

  public DataIn underflow(boolean on) {
    Bhs.flag(bytes, 0x02, on);
    return this;
  }

  public boolean statusPresent() {
    return (bytes.getByte(1) & 0x01) != 0;
  }

  public DataIn statusPresent(boolean on) {
    Bhs.flag(bytes, 0x01, on);
    return this;
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public DataIn lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public DataIn itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public DataIn ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public DataIn statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public DataIn expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public DataIn maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int dataSn() {
    return bytes.getInt(DATA_SN);
  }

  public DataIn dataSn(int dataSn) {
    bytes.setInt(DATA_SN, dataSn);
    return this;
  }

  public long bufferOffset() {
    return bytes.getUnsignedInt(BUFFER_OFFSET);
  }

  public DataIn bufferOffset(long bufferOffset) {
    bytes.setInt(BUFFER_OFFSET, (int) bufferOffset);
    return this;
  }

  public long residual() {
    return bytes.getUnsignedInt(RESIDUAL);
  }

  public DataIn residual(long residual) {
    bytes.setInt(RESIDUAL, (int) residual);
    return this;
  }

  /// SCSI status; valid only with [#statusPresent()].
  public int status() {
    return bytes.getUnsignedByte(3);
  }

  public DataIn status(int status) {
    bytes.setByte(3, status);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
