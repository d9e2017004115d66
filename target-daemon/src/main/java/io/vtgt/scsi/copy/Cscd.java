package io.vtgt.scsi.copy;

import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// An identification descriptor CSCD descriptor (SPC-5, type E4h): names a copy source or copy
/// destination by what its Device Identification page says of it.
///
/// @param at where it stands in the parameter list
/// @param nullDevice the NUL bit of SPC-3: no unit at all
/// @param diskBlockLength 0 when the unit knows best
record Cscd(
    int at,
    boolean nullDevice,
    int peripheralDeviceType,
    int codeSet,
    int association,
    int designatorType,
    byte[] designator,
    int diskBlockLength) {
  static final int LENGTH = 32;
  static final int TYPE = 0xe4;

  private static final int BINARY = 1, ASCII = 2;
  private static final int T10_VENDOR = 1, NAA = 3;
  static final int MAX_DESIGNATOR_LENGTH = 20;

  /// @param list holds the descriptor from `at` on
  static Cscd read(ByteBuffer list, int at) {
    int length = Math.min(list.get(at + 7) & 0xff, MAX_DESIGNATOR_LENGTH);
    byte[] designator = new byte[length];
    list.get(at + 8, designator);
    int second = list.get(at + 1);
    return new Cscd(
        at,
        (second & 0x20) != 0,
        second & 0x1f,
        list.get(at + 4) & 0xf,
        list.get(at + 5) >> 4 & 3,
        list.get(at + 5) & 0xf,
        designator,
        list.getInt(at + 28) & 0xffffff);
  }

  /// The one of a unit, by its NAA.
  static byte[] encode(LogicalUnit unit) {
    byte[] naa = unit.profile().naa();
    return ByteBuffer.allocate(LENGTH)
        .put(0, (byte) TYPE)
        .put(4, (byte) BINARY)
        .put(5, (byte) NAA)
        .put(7, (byte) naa.length)
        .put(8, naa)
        .putInt(28, unit.profile().blockBytes())
        .array();
  }

  /// Does `unit` call itself so? By its designators that fit: NAA, and T10 vendor identification.
  boolean names(LogicalUnit unit) {
    LogicalUnit.Profile profile = unit.profile();
    if (association != 0) {
      return false;
    }
    return switch (designatorType) {
      case NAA -> codeSet == BINARY && Arrays.equals(designator, profile.naa());
      case T10_VENDOR ->
          codeSet == ASCII
              && Arrays.equals(
                  designator,
                  "%-8.8s%s"
                      .formatted(profile.vendor(), profile.serial())
                      .getBytes(StandardCharsets.US_ASCII));
      default -> false;
    };
  }
}
