package io.vtgt.target;

import io.vtgt.scsi.Cdb;

/// What a command does with the medium, as the statistics of a unit tell commands apart (SPC-5,
/// Statistics and Performance log pages commands; SBC-4, error counter log pages).
enum Traffic {
  READ,
  /// READ (6): its errors and bytes count, but it is none of the "read commands".
  READ_6,
  WRITE,
  /// WRITE (6): the same.
  WRITE_6,
  WRITE_AND_VERIFY,
  VERIFY,
  /// One of the "write commands" that brings no blocks.
  UNMAP,
  OTHER;
  private static final int THIRD_PARTY_COPY = 0x83;

  private static final Traffic[] BY_OPCODE = byOpcode();

  /// Looks at the operation code, and at the service action where that decides.
  static Traffic of(Cdb cdb) {
    Traffic traffic = BY_OPCODE[cdb.opcode()];
    return traffic != null ? traffic : byServiceAction(cdb);
  }

  private static Traffic[] byOpcode() {
    var traffic = new Traffic[0x100];
    for (int opcode = 0; opcode < traffic.length; opcode++) {
      traffic[opcode] =
          switch (opcode) {
            case 0x08 -> READ_6;
            case 0x28, 0x88, 0xa8 -> READ;
            case 0x0a -> WRITE_6;
            case 0x2a, 0x8a, 0xaa, 0x9c -> WRITE;
            case 0x2e, 0x8e, 0xae -> WRITE_AND_VERIFY;
            case 0x2f, 0x8f, 0xaf -> VERIFY;
            case 0x42 -> UNMAP;
            case Cdb.VARIABLE_LENGTH, THIRD_PARTY_COPY -> null;
            default -> OTHER;
          };
    }
    return traffic;
  }

  private static Traffic byServiceAction(Cdb cdb) {
    if (cdb.opcode() == THIRD_PARTY_COPY) {
      return switch (cdb.u8(1) & 0x1f) {
        case 0x10 -> READ; // POPULATE TOKEN
        case 0x11 -> WRITE; // WRITE USING TOKEN
        default -> OTHER;
      };
    }
    return switch (cdb.length() < 10 ? 0 : cdb.u16(8)) {
      case 0x09 -> READ;
      case 0x0a -> VERIFY;
      case 0x0b -> WRITE;
      case 0x0c -> WRITE_AND_VERIFY;
      default -> OTHER;
    };
  }

  boolean reads() {
    return this == READ || this == READ_6;
  }

  /// Brings blocks that are written.
  boolean writes() {
    return this == WRITE || this == WRITE_6 || this == WRITE_AND_VERIFY;
  }
}
