package io.vtgt.scsi.reservation;

import io.netty.buffer.ByteBuf;
import io.vtgt.target.Nexus;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// The TransportID of an iSCSI initiator (SPC-5, TransportID for initiator ports using SCSI over
/// iSCSI).
///
/// @param isid the 6 bytes of the ISID as a number: an initiator port (format 01b); empty is the
///   initiator device with all its ports (format 00b)
record TransportId(String initiatorName, OptionalLong isid) {
  static final int HEADER_BYTES = 4;
  private static final int ISCSI = 0x05, DEVICE_FORMAT = 0x00, PORT_FORMAT = 0x40;
  private static final int LEAST_ADDITIONAL_BYTES = 20, MOST_NAME_BYTES = 223;
  private static final Pattern PORT = Pattern.compile("([^,]+),i,0[xX]([0-9a-fA-F]{1,12})");

  /// The initiator port of a nexus.
  static TransportId of(Nexus.Id nexus) {
    return new TransportId(nexus.initiatorName(), OptionalLong.of(nexus.isid()));
  }

  /// True for a nexus of this initiator port, or of this initiator device.
  boolean names(Nexus.Id nexus) {
    return nexus.initiatorName().equals(initiatorName)
        && (isid.isEmpty() || isid.getAsLong() == nexus.isid());
  }

  /// Reads the TransportID that fills `bytes`, which is borrowed.
  ///
  /// @return empty when it is not one of iSCSI, or malformed
  static Optional<TransportId> parse(ByteBuf bytes) {
    int from = bytes.readerIndex(), length = bytes.readableBytes();
    if (length < HEADER_BYTES + LEAST_ADDITIONAL_BYTES
        || length % 4 != 0
        || length != HEADER_BYTES + bytes.getUnsignedShort(from + 2)
        || (bytes.getByte(from) & 0x0f) != ISCSI) {
      return Optional.empty();
    }
    int end = bytes.indexOf(from + HEADER_BYTES, from + length, (byte) 0);
    if (end < 0) {
      return Optional.empty(); // not null-terminated
    }
    String text =
        bytes.toString(from + HEADER_BYTES, end - from - HEADER_BYTES, StandardCharsets.UTF_8);
    return switch (bytes.getByte(from) & 0xc0) {
      case DEVICE_FORMAT -> device(text);
      case PORT_FORMAT -> port(text);
      default -> Optional.empty();
    };
  }

  private static Optional<TransportId> device(String name) {
    return name.isEmpty() || name.indexOf(',') >= 0 || tooLong(name)
        ? Optional.empty()
        : Optional.of(new TransportId(name, OptionalLong.empty()));
  }

  private static Optional<TransportId> port(String text) {
    var match = PORT.matcher(text);
    return match.matches() && !tooLong(match.group(1))
        ? Optional.of(
            new TransportId(
                match.group(1), OptionalLong.of(HexFormat.fromHexDigitsToLong(match.group(2)))))
        : Optional.empty();
  }

  private static boolean tooLong(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES;
  }

  /// Writes it at the writer index of `out`, which is borrowed: null-terminated, null-padded to a
  /// multiple of 4.
  void write(ByteBuf out) {
    String text =
        isid.isEmpty()
            ? initiatorName
            : initiatorName + ",i,0x" + HexFormat.of().toHexDigits(isid.getAsLong(), 12);
    byte[] name = text.getBytes(StandardCharsets.UTF_8);
    int additional = Math.max(LEAST_ADDITIONAL_BYTES, (name.length + 1 + 3) / 4 * 4);
    out.writeByte((isid.isEmpty() ? DEVICE_FORMAT : PORT_FORMAT) | ISCSI)
        .writeByte(0)
        .writeShort(additional)
        .writeBytes(name)
        .writeZero(additional - name.length);
  }
}
