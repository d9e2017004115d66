package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// Ready To Transfer (RFC 7143 section 11.8): asks the initiator for one burst of Data-Out.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record R2t(ByteBuf bytes) implements ResponsePdu {
  public static final int OPCODE = 0x31;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32,
      R2T_SN = 36,
      BUFFER_OFFSET = 40,
      DESIRED_LENGTH = 44;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static R2t on(ByteBuf header) {
    return new R2t(Bhs.begin(header, OPCODE, true));
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public R2t lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public R2t itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public R2t ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public R2t statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public R2t expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public R2t maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  public int r2tSn() {
    return bytes.getInt(R2T_SN);
  }

  public R2t r2tSn(int r2tSn) {
    bytes.setInt(R2T_SN, r2tSn);
    return this;
  }

  public long bufferOffset() {
    return bytes.getUnsignedInt(BUFFER_OFFSET);
  }

  public R2t bufferOffset(long bufferOffset) {
    bytes.setInt(BUFFER_OFFSET, (int) bufferOffset);
    return this;
  }

  public long desiredLength() {
    return bytes.getUnsignedInt(DESIRED_LENGTH);
  }

  public R2t desiredLength(long desiredLength) {
    bytes.setInt(DESIRED_LENGTH, (int) desiredLength);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
