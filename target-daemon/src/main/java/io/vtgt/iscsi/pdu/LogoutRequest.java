package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/// Logout Request (RFC 7143 section 11.14): ends a session or a connection in order.
///
/// @param bytes the header, 48 bytes, and the AHS behind it; borrowed for the call that hands it
///   over
public record LogoutRequest(ByteBuf bytes) implements RequestPdu {
  public static final int OPCODE = 0x06;

  private static final int ITT = 16, CID = 20, CMD_SN = 24, EXP_STAT_SN = 28;

  /// An empty one to fill in, over the first 48 bytes of `header`; the F bit is set.
  public static LogoutRequest on(ByteBuf header) {
    return new LogoutRequest(Bhs.begin(header, OPCODE, true));
  }

  @Override
  public int itt() {
    return bytes.getInt(ITT);
  }

  public LogoutRequest itt(int itt) {
    bytes.setInt(ITT, itt);
    return this;
  }

  public int cid() {
    return bytes.getUnsignedShort(CID);
  }

  public LogoutRequest cid(int cid) {
    bytes.setShort(CID, cid);
    return this;
  }

  public int cmdSn() {
    return bytes.getInt(CMD_SN);
  }

  public LogoutRequest cmdSn(int cmdSn) {
    bytes.setInt(CMD_SN, cmdSn);
    return this;
  }

  public int expStatSn() {
    return bytes.getInt(EXP_STAT_SN);
  }

  public LogoutRequest expStatSn(int expStatSn) {
    bytes.setInt(EXP_STAT_SN, expStatSn);
    return this;
  }

  /// Reason code: 0 close the session, 1 close the connection, 2 remove the connection for
  /// recovery.
  public int reason() {
    return bytes.getByte(1) & 0x7f;
  }

  public LogoutRequest reason(int reason) {
    bytes.setByte(1, 0x80 | reason);
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
