package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Login Request (RFC 7143 section 11.12): one step of the login phase.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record LoginRequest(ByteBuf bytes, ByteBuf data) implements RequestPdu {
  public static final int OPCODE = 0x03;

  private static final int ISID = 8, TSIH = 14, ITT = 16, CID = 20, CMD_SN = 24, EXP_STAT_SN = 28;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static LoginRequest on(ByteBuf header) {
    return new LoginRequest(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public boolean transit() {
    return (bytes.getByte(1) & 0x80) != 0;
  }

  public LoginRequest transit(boolean on) {
    Bhs.flag(bytes, 0x80, on);
    return this;
  }

  public boolean continues() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public LoginRequest continues(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  /// The 6 ISID bytes as a number.
  public long isid() {
    return bytes.getLong(ISID) >>> 16;
  }

  public LoginRequest isid(long isid) {
    bytes.setInt(ISID, (int) (isid >>> 16)).setShort(ISID + 4, (int) isid);
    return this;
  }

  public int tsih() {
    return bytes.getUnsignedShort(TSIH);
  }

  public LoginRequest tsih(int tsih) {
    bytes.setShort(TSIH, tsih);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public LoginRequest itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int cid() {
    return bytes.getUnsignedShort(CID);
  }

  public LoginRequest cid(int cid) {
    bytes.setShort(CID, cid);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public LoginRequest cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public LoginRequest expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  /// Current stage: 0 security negotiation, 1 operational negotiation, 3 full feature phase.
  public int currentStage() {
    return (bytes.getByte(1) >> 2) & 0x03;
  }

  public LoginRequest currentStage(int stage) {
    bytes.setByte(1, (bytes.getByte(1) & ~0x0c) | stage << 2);
    return this;
  }

  /// Next stage; valid only with [#transit()].
  public int nextStage() {
    return bytes.getByte(1) & 0x03;
  }

  public LoginRequest nextStage(int stage) {
    bytes.setByte(1, (bytes.getByte(1) & ~0x03) | stage);
    return this;
  }

  public int versionMax() {
    return bytes.getUnsignedByte(2);
  }

  public LoginRequest versionMax(int version) {
    bytes.setByte(2, version);
    return this;
  }

  public int versionMin() {
    return bytes.getUnsignedByte(3);
  }

  public LoginRequest versionMin(int version) {
    bytes.setByte(3, version);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
