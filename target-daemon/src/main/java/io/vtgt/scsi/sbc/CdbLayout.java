package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;

/// Where the commands that address a range of blocks have their LBA and their length: the 6, 10, 12
/// and 16 byte forms are alike in all families (SBC-4, tables of READ, WRITE, VERIFY …).
enum CdbLayout {
  BYTES_6(4),
  BYTES_10(7),
  BYTES_12(6),
  BYTES_16(10);

  private final int lengthField;

  CdbLayout(int lengthField) {
    this.lengthField = lengthField;
  }

  /// The first block, an unsigned 64-bit value.
  long lba(Cdb cdb) {
    return switch (this) {
      case BYTES_6 -> cdb.u24(1) & 0x1f_ffff;
      case BYTES_10, BYTES_12 -> cdb.u32(2);
      case BYTES_16 -> cdb.u64(2);
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
    };
  }

  /// INVALID FIELD IN CDB, pointing at the length.
  Step lengthRefused() {
    return Step.check(Sense.invalidFieldInCdb(lengthField, 7));
  }
}
