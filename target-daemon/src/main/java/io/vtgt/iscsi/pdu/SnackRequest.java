package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/// SNACK Request (RFC 7143 section 11.16): asks for lost PDUs again; refused at ErrorRecoveryLevel
/// 0.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record SnackRequest(ByteBuf bytes) implements RequestPdu {
  public static final int OPCODE = 0x10;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      EXP_STAT_SN = 28,
      BEG_RUN = 40,
      RUN_LENGTH = 44;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static SnackRequest on(ByteBuf header) {
    return new SnackRequest(Bhs.begin(header, OPCODE, true));
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public SnackRequest lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public SnackRequest itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public SnackRequest ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public SnackRequest expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  public int begRun() {
    return bytes.getInt(BEG_RUN);
  }

  public SnackRequest begRun(int begRun) {
    bytes.setInt(BEG_RUN, begRun);
    return this;
  }

  public int runLength() {
    return bytes.getInt(RUN_LENGTH);
  }

  public SnackRequest runLength(int runLength) {
    bytes.setInt(RUN_LENGTH, runLength);
    return this;
  }

  /// Type (RFC 7143 section 11.16.1): 0 data or R2T, 1 status, 2 DataACK, 3 R-Data.
  public int type() {
    return bytes.getByte(1) & 0x0f;
  }

  public SnackRequest type(int type) {
    bytes.setByte(1, 0x80 | type);
    return this;
  }

  @Override
  public Optional<String> fault() {
    return Bhs.dataLength(bytes) > 0
        ? Optional.of("a data segment where none may be")
        : RequestPdu.super.fault();
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
