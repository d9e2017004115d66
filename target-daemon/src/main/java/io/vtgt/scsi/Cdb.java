package io.vtgt.scsi;

import java.util.Arrays;
import java.util.HexFormat;

/// A command descriptor block: 6 to 260 bytes, owned by the task. Getters read big-endian values at
/// byte positions as the standards print them.
public final class Cdb {
  /// The operation code of the variable length CDBs (SPC-5, Variable length CDB formats).
  public static final int VARIABLE_LENGTH = 0x7f;

  static final int VARIABLE_SERVICE_ACTION = 8;

  private final byte[] bytes;

  /// @param bytes taken over, not copied
  public Cdb(byte[] bytes) {
    this.bytes = bytes;
  }

  /// For tests and tables: `Cdb.of("28 00 00 00 00 08 00 00 01 00")`.
  public static Cdb of(String hex) {
    return new Cdb(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  public int length() {
    return bytes.length;
  }

  public int opcode() {
    return bytes[0] & 0xff;
  }

  /// What stands where the service action is, whether the operation code has one or not; -1 in a
  /// variable length CDB that ends before it.
  int serviceAction() {
    if (opcode() != VARIABLE_LENGTH) {
      return u8(1) & 0x1f;
    }
    return bytes.length < VARIABLE_SERVICE_ACTION + 2 ? -1 : u16(VARIABLE_SERVICE_ACTION);
  }

  public int u8(int at) {
    return bytes[at] & 0xff;
  }

  public int u16(int at) {
    return u8(at) << 8 | u8(at + 1);
  }

  public int u24(int at) {
    return u8(at) << 16 | u16(at + 1);
  }

  public long u32(int at) {
    return (long) u16(at) << 16 | u16(at + 2);
  }

  /// An unsigned 64-bit value: negative when its highest bit is set.
  public long u64(int at) {
    return u32(at) << 32 | u32(at + 4);
  }

  /// True when `bit` (7 is the highest) of byte `at` is set.
  public boolean bit(int at, int bit) {
    return (bytes[at] >> bit & 1) != 0;
  }

  /// The first bit that is set although `row` does not know it: byte offset times 8 plus bit number
  /// (7 is the highest), or -1. Bytes after the row's length are padding of the transport and not
  /// looked at.
  int unexpectedBit(CommandSpec row) {
    byte[] usage = row.usage();
    for (int at = 1; at < usage.length; at++) {
      int unexpected = bytes[at] & ~row.evaluatedBits(at) & 0xff;
      if (unexpected != 0) {
        return at * 8 + 31 - Integer.numberOfLeadingZeros(unexpected);
      }
    }
    return -1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cdb cdb && Arrays.equals(bytes, cdb.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }
}
