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
  /// Answered by the very `sheep` without a look at its objects: a sign of life.
  GET_CLUSTER_DEFAULT(0x18);

  final int code;

  Opcode(int code) {
    this.code = code;
  }
}
