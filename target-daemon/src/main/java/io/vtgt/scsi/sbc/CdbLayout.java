package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;

/// Where the commands that address a range of blocks have their flags, their LBA and their length:
/// the 6, 10, 12, 16 and 32 byte forms are alike in all families (SBC-4, tables of READ, WRITE,
/// VERIFY …).
enum CdbLayout {
  BYTES_6(1, 4),
  BYTES_10(1, 7),
  BYTES_12(1, 6),
  BYTES_16(1, 10),
  BYTES_32(10, 28);

  private final int flags;
  private final int lengthField;

  CdbLayout(int flags, int lengthField) {
    this.flags = flags;
    this.lengthField = lengthField;
  }

  /// The byte of DPO, FUA, BYTCHK, UNMAP …
  int flags(Cdb cdb) {
    return cdb.u8(flags);
  }

  /// True when `bit` (7 is the highest) of the flags is set.
  boolean flag(Cdb cdb, int bit) {
    return cdb.bit(flags, bit);
  }

  /// INVALID FIELD IN CDB, pointing at `bit` (7 is the highest) of the flags.
  Step flagRefused(int bit) {
    return Step.check(Sense.invalidFieldInCdb(flags, bit));
  }

  /// The first block, an unsigned 64-bit value.
  long lba(Cdb cdb) {
    return switch (this) {
      case BYTES_6 -> cdb.u24(1) & 0x1f_ffff;
      case BYTES_10, BYTES_12 -> cdb.u32(2);
      case BYTES_16 -> cdb.u64(2);
      case BYTES_32 -> cdb.u64(12);
    };
  }

  /// The number of blocks as it stands in the CDB, 0 to 2^32-1; 0 means 256 in the 6-byte form and
  /// what the command says in the others.
  long blockCount(Cdb cdb) {
    return switch (this) {
      case BYTES_6 -> cdb.u8(4) == 0 ? 256 : cdb.u8(4);
      case BYTES_10 -> cdb.u16(7);
      case BYTES_12 -> cdb.u32(6);
      case BYTES_16 -> cdb.u32(10);
      case BYTES_32 -> cdb.u32(28);
    };
  }

  /// INVALID FIELD IN CDB, pointing at the length.
  Step lengthRefused() {
    return Step.check(Sense.invalidFieldInCdb(lengthField, 7));
  }
}
