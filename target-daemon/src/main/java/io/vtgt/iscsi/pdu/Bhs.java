package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// The basic header segment: the 48 bytes that every PDU begins with (RFC 7143 section 11.2.1).
public final class Bhs {
  public static final int LENGTH = 48;

  /// The tag that means "no task" (initiator task tag) or "not an answer" (target transfer tag).
  public static final int NO_TAG = 0xffffffff;

  /// In byte 0 of a request: deliver at once, outside the CmdSN order.
  static final int IMMEDIATE = 0x40;

  /// In byte 1: the last PDU of a sequence.
  static final int FINAL = 0x80;

  static final int OPCODE_MASK = 0x3f;

  static final int TOTAL_AHS_LENGTH = 4, DATA_SEGMENT_LENGTH = 5;

  private Bhs() {}

  public static int opcode(ByteBuf bytes) {
    return bytes.getByte(0) & OPCODE_MASK;
  }

  /// Length of all AHS together, bytes: 0 to 1020.
  public static int ahsLength(ByteBuf bytes) {
    return bytes.getUnsignedByte(TOTAL_AHS_LENGTH) * 4;
  }

  /// Length of the data segment without padding, bytes: 0 to 2^24-1.
  public static int dataLength(ByteBuf bytes) {
    return bytes.getUnsignedMedium(DATA_SEGMENT_LENGTH);
  }

  static void dataLength(ByteBuf bytes, int length) {
    bytes.setMedium(DATA_SEGMENT_LENGTH, length);
  }

  /// Makes `bytes` an empty header: 48 bytes from index 0, zero but for the operation code and,
  /// with `finalBit`, the F bit.
  static ByteBuf begin(ByteBuf bytes, int opcode, boolean finalBit) {
    bytes.setZero(0, LENGTH);
    bytes.setByte(0, opcode);
    bytes.setByte(1, finalBit ? FINAL : 0);
    return bytes;
  }

  static void flag(ByteBuf bytes, int mask, boolean on) {
    int was = bytes.getByte(1);
    bytes.setByte(1, on ? was | mask : was & ~mask);
  }

  /// Bytes that round `length` up to a multiple of four.
  public static int padding(int length) {
    return -length & 3;
  }
}
