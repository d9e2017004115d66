package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// SCSI Response (RFC 7143 section 11.4): the status of a SCSI command, with its sense data.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record ScsiResponse(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x21;

  private static final int ITT = 16,
      SNACK_TAG = 20,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32,
      EXP_DATA_SN = 36,
      BIDIRECTIONAL_READ_RESIDUAL = 40,
      RESIDUAL = 44;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static ScsiResponse on(ByteBuf header) {
    return new ScsiResponse(Bhs.begin(header, OPCODE, true), Unpooled.EMPTY_BUFFER);
  }

  public boolean bidirectionalReadOverflow() {
    return (bytes.getByte(1) & 0x10) != 0;
  }

  public ScsiResponse bidirectionalReadOverflow(boolean on) {
    Bhs.flag(bytes, 0x10, on);
    return this;
  }

  public boolean bidirectionalReadUnderflow() {
    return (bytes.getByte(1) & 0x08) != 0;
  }

  public ScsiResponse bidirectionalReadUnderflow(boolean on) {
    Bhs.flag(bytes, 0x08, on);
    return this;
  }

  public boolean overflow() {
    return (bytes.getByte(1) & 0x04) != 0;
  }

  public ScsiResponse overflow(boolean on) {
    Bhs.flag(bytes, 0x04, on);
    return this;
  }

  public boolean underflow() {
    return (bytes.getByte(1) & 0x02) != 0;
  }

  public ScsiResponse underflow(boolean on) {
    Bhs.flag(bytes, 0x02, on);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public ScsiResponse itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int snackTag() {
    return bytes.getInt(SNACK_TAG);
  }

  public ScsiResponse snackTag(int snackTag) {
    bytes.setInt(SNACK_TAG, snackTag);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public ScsiResponse statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public ScsiResponse expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public ScsiResponse maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int expDataSn() {
    return bytes.getInt(EXP_DATA_SN);
  }

  public ScsiResponse expDataSn(int expDataSn) {
    bytes.setInt(EXP_DATA_SN, expDataSn);
    return this;
  }

  public long bidirectionalReadResidual() {
    return bytes.getUnsignedInt(BIDIRECTIONAL_READ_RESIDUAL);
  }

  public ScsiResponse bidirectionalReadResidual(long bidirectionalReadResidual) {
    bytes.setInt(BIDIRECTIONAL_READ_RESIDUAL, (int) bidirectionalReadResidual);
    return this;
  }

  public long residual() {
    return bytes.getUnsignedInt(RESIDUAL);
  }

  public ScsiResponse residual(long residual) {
    bytes.setInt(RESIDUAL, (int) residual);
    return this;
  }

  /// iSCSI response code: 0 the command completed at the target, 1 target failure.
  public int response() {
    return bytes.getUnsignedByte(2);
  }

  public ScsiResponse response(int response) {
    bytes.setByte(2, response);
    return this;
  }

  /// SCSI status (SAM-5, Status).
  public int status() {
    return bytes.getUnsignedByte(3);
  }

  public ScsiResponse status(int status) {
    bytes.setByte(3, status);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
