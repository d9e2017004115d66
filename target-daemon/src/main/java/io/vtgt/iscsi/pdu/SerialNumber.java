package io.vtgt.iscsi.pdu;

/// Serial number arithmetic over 32 bits (RFC 1982; RFC 7143 section 4.2.2): CmdSN, StatSN, DataSN
/// and R2TSN wrap around and are compared with this, never with `<`.
public final class SerialNumber {
  private SerialNumber() {}

  /// Does `a` come before `b`? False for equal numbers, and for two that lie exactly half the space
  /// apart, which RFC 1982 leaves undefined.
  public static boolean precedes(int a, int b) {
    int distance = b - a;
    return distance > 0; // b - a == 2^31 is negative as an int: undefined, so no
  }

  /// Steps from `a` forward to `b`: negative when `b` lies behind `a`.
  public static int distance(int a, int b) {
    return b - a;
  }
}
