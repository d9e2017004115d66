package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Login Response (RFC 7143 section 11.13): one step of the login phase.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record LoginResponse(ByteBuf bytes, ByteBuf data) implements ResponsePdu {
  public static final int OPCODE = 0x23;

  private static final int ISID = 8,
      TSIH = 14,
      ITT = 16,
      STAT_SN = 24,
      EXP_CMD_SN = 28,
      MAX_CMD_SN = 32;

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static LoginResponse on(ByteBuf header) {
    return new LoginResponse(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public boolean transit() {
    return (bytes.getByte(1) & 0x80) != 0;
  }

  public LoginResponse transit(boolean on) {
    Bhs.flag(bytes, 0x80, on);
    return this;
  }

  public boolean continues() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public LoginResponse continues(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  /// The 6 ISID bytes as a number.
  public long isid() {
    return bytes.getLong(ISID) >>> 16;
  }

  public LoginResponse isid(long isid) {
    bytes.setInt(ISID, (int) (isid >>> 16)).setShort(ISID + 4, (int) isid);
    return this;
  }

  public int tsih() {
    return bytes.getUnsignedShort(TSIH);
  }

  public LoginResponse tsih(int tsih) {
    bytes.setShort(TSIH, tsih);
    return this;
  }

  public int itt() {
    return bytes.getInt(ITT);
  }

  public LoginResponse itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int statSn() {
    return bytes.getInt(STAT_SN);
  }

  public LoginResponse statSn(int statSn) {
    bytes.setInt(STAT_SN, statSn);
    return this;
  }

  public int expCmdSn() {
    return bytes.getInt(EXP_CMD_SN);
  }

  public LoginResponse expCmdSn(int expCmdSn) {
    bytes.setInt(EXP_CMD_SN, expCmdSn);
    return this;
  }

  public int maxCmdSn() {
    return bytes.getInt(MAX_CMD_SN);
  }

  public LoginResponse maxCmdSn(int maxCmdSn) {
    bytes.setInt(MAX_CMD_SN, maxCmdSn);
    return this;
  }

  /// Current stage: 0 security negotiation, 1 operational negotiation, 3 full feature phase.
  public int currentStage() {
    return (bytes.getByte(1) >> 2) & 0x03;
  }

  public LoginResponse currentStage(int stage) {
    bytes.setByte(1, (bytes.getByte(1) & ~0x0c) | stage << 2);
    return this;
  }

  /// Next stage; valid only with [#transit()].
  public int nextStage() {
    return bytes.getByte(1) & 0x03;
  }

  public LoginResponse nextStage(int stage) {
    bytes.setByte(1, (bytes.getByte(1) & ~0x03) | stage);
    return this;
  }

  public int versionMax() {
    return bytes.getUnsignedByte(2);
  }

  public LoginResponse versionMax(int version) {
    bytes.setByte(2, version);
    return this;
  }

  public int versionActive() {
    return bytes.getUnsignedByte(3);
  }

  public LoginResponse versionActive(int version) {
    bytes.setByte(3, version);
    return this;
  }

  /// Status class and detail (RFC 7143 section 11.13.5), class in the high byte.
  public int status() {
    return bytes.getUnsignedShort(36);
  }

  public LoginResponse status(int status) {
    bytes.setShort(36, status);
    return this;
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
