package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// SCSI Data-Out (RFC 7143 section 11.7): a piece of a WRITE's data, unsolicited or asked for by an
/// R2T.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record DataOut(ByteBuf bytes, ByteBuf data) implements RequestPdu {
  public static final int OPCODE = 0x05;

  private static final int LUN = 8,
      ITT = 16,
      TTT = 20,
      EXP_STAT_SN = 28,
      DATA_SN = 36,
      BUFFER_OFFSET = 40;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static DataOut on(ByteBuf header) {
    return new DataOut(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public DataOut finalBit(boolean on) {
    Bhs.flag(bytes, Bhs.FINAL, on);
    return this;
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public DataOut lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public DataOut itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int ttt() {
    return bytes.getInt(TTT);
  }

  public DataOut ttt(int ttt) {
    bytes.setInt(TTT, ttt);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public DataOut expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  public int dataSn() {
    return bytes.getInt(DATA_SN);
  }

  public DataOut dataSn(int dataSn) {
    bytes.setInt(DATA_SN, dataSn);
    return this;
  }

  public long bufferOffset() {
    return bytes.getUnsignedInt(BUFFER_OFFSET);
  }

  public DataOut bufferOffset(long bufferOffset) {
    bytes.setInt(BUFFER_OFFSET, (int) bufferOffset);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
