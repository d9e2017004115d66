package io.vtgt.target;

/// The 8-byte logical unit number of SAM-5 and the unit number inside it.
public final class Lun {
  /// The highest unit number the flat space addressing method can say.
  public static final int MAX = 0x3fff;

  private static final int PERIPHERAL = 0b00, FLAT_SPACE = 0b01;

  private Lun() {}

  /// The unit number, or -1 for an address no unit can have: another addressing method, a bus
  /// identifier, a second level.
  ///
  /// Small numbers are understood in both forms, peripheral device and flat space addressing:
  /// initiators use the one that REPORT LUNS told them, or the one they are made for.
  public static int number(long lun) {
    if (lun << 16 != 0) {
      return -1;
    }
    int first = (int) (lun >>> 48);
    return switch (first >>> 14) {
      case PERIPHERAL -> first <= 0xff ? first : -1;
      case FLAT_SPACE -> first & MAX;
      default -> -1;
    };
  }

  /// The same address in the form [#of] gives: two addresses of one unit are equal then. An address
  /// no unit can have stays as it is.
  public static long canonical(long lun) {
    int number = number(lun);
    return number < 0 ? lun : of(number);
  }

  /// The address of a unit: peripheral device addressing up to 255, flat space above.
  ///
  /// @param number 0 to [#MAX]
  public static long of(int number) {
    if (number < 0 || number > MAX) {
      throw new IllegalArgumentException("unit number " + number + ", allowed are 0 to " + MAX);
    }
    int method = number <= 0xff ? PERIPHERAL : FLAT_SPACE;
    return (long) (method << 14 | number) << 48;
  }
}
