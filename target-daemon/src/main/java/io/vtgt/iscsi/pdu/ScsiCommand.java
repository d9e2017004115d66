package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// SCSI Command (RFC 7143 section 11.3): a CDB, perhaps with immediate data.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
/// @param data the data segment without its padding; borrowed, empty when there is none
public record ScsiCommand(ByteBuf bytes, ByteBuf data) implements RequestPdu {
  public static final int OPCODE = 0x01;

  private static final int LUN = 8,
      ITT = 16,
      EXPECTED_DATA_LENGTH = 20,
      CMD_SN = 24,
      EXP_STAT_SN = 28;

  public boolean read() {
    return (bytes.getByte(1) & 0x40) != 0;
  }

  public ScsiCommand read(boolean on) {
    Bhs.flag(bytes, 0x40, on);
    return this;
  }

  public boolean write() {
    return (bytes.getByte(1) & 0x20) != 0;
  }

  public ScsiCommand write(boolean on) {
    Bhs.flag(bytes, 0x20, on);
    return this;
  }

  public long lun() {
    return bytes.getLong(LUN);
  }

  public ScsiCommand lun(long lun) {
    bytes.setLong(LUN, lun);
    return this;
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public ScsiCommand itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public long expectedDataLength() {
    return bytes.getUnsignedInt(EXPECTED_DATA_LENGTH);
  }

  public ScsiCommand expectedDataLength(long expectedDataLength) {
    bytes.setInt(EXPECTED_DATA_LENGTH, (int) expectedDataLength);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public ScsiCommand cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public ScsiCommand expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  /// Task attribute (RFC 7143 section 11.3.1): 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4
  /// ACA.
  public int attribute() {
    return bytes.getByte(1) & 0x07;
  }

  public ScsiCommand attribute(int attribute) {
    bytes.setByte(1, (bytes.getByte(1) & ~0x07) | attribute);
    return this;
  }

  /// Offset of the 16 CDB bytes of the header in [#bytes()]; more follow in an Extended CDB AHS.
  public static final int CDB = 32;
}
