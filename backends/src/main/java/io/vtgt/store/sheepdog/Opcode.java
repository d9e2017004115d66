package io.vtgt.store.sheepdog;

/// The operations that this client asks for.
enum Opcode {
  CREATE_AND_WRITE_OBJ(0x01),
  READ_OBJ(0x02),
  WRITE_OBJ(0x03),
  DISCARD_OBJ(0x05),
  LOCK_VDI(0x12),
  RELEASE_VDI(0x13),
  GET_VDI_INFO(0x14),
  /// Answered by the very `sheep` for itself: a sign of life.
  STAT_SHEEP(0x86);

  private static final int FIRST_INTERNAL = 0x80;

  final int code;

  Opcode(int code) {
    this.code = code;
  }

  /// One of those that servers ask each other, which have a protocol version of their own.
  boolean internal() {
    return code >= FIRST_INTERNAL;
  }
}
