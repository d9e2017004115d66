package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

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

  /// An empty one to fill in, over the first 48 bytes of `header`.
  public static ScsiCommand on(ByteBuf header) {
    return new ScsiCommand(Bhs.begin(header, OPCODE, false), Unpooled.EMPTY_BUFFER);
  }

  public ScsiCommand finalBit(boolean on) {
    Bhs.flag(bytes, Bhs.FINAL, on);
    return this;
  }

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

  /// Bytes of the CDB in the header.
  public static final int CDB_LENGTH = 16;

  /// A copy of the CDB: 16 bytes, and those of an Extended CDB AHS behind them.
  public byte[] cdb() {
    var extended = ahs(Ahs.EXTENDED_CDB);
    int more = extended == null ? 0 : extended.contentLength();
    var cdb = new byte[CDB_LENGTH + more];
    bytes.getBytes(CDB, cdb, 0, CDB_LENGTH);
    if (more > 0) {
      bytes.getBytes(extended.contentIndex(), cdb, CDB_LENGTH, more);
    }
    return cdb;
  }

  /// The read length of a command that reads and writes, bytes; 0 when none is told.
  public long bidirectionalReadLength() {
    var length = ahs(Ahs.BIDIRECTIONAL_READ_LENGTH);
    return length == null ? 0 : bytes.getUnsignedInt(length.contentIndex());
  }

  private Ahs ahs(int type) {
    for (var ahs = Ahs.first(bytes); ahs != null; ahs = ahs.next()) {
      if (ahs.type() == type) {
        return ahs;
      }
    }
    return null;
  }

  @Override
  public Optional<String> fault() {
    if (!finalBit() && !write()) {
      return Optional.of("neither F nor W"); // an error by RFC 7143 section 11.3.1
    }
    return Optional.ofNullable(Ahs.fault(bytes));
  }

  @Override
  public String toString() {
    return PduPrinter.line(this);
  }
}
