package io.vtgt.scsi.sbc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.target.LogicalUnit;

/// Is a range of blocks on the medium?
final class BlockRange {
  static final Step OUTSIDE =
      Step.check(Sense.illegalRequest(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE));

  private BlockRange() {}

  /// True when blocks `lba` to `lba + blockCount - 1` exist. An empty range may stand right behind
  /// the last block, and nowhere further.
  ///
  /// @param lba unsigned
  /// @param blockCount 0 to 2^32-1
  static boolean inside(LogicalUnit unit, long lba, long blockCount) {
    return inside(unit.blockCount(), lba, blockCount);
  }

  static boolean inside(long capacity, long lba, long blockCount) {
    return lba >= 0 && lba <= capacity && blockCount <= capacity - lba;
  }

  /// What a command that transfers its whole range ends with before any of it is transferred: the
  /// range is not on the medium, is longer than MAXIMUM TRANSFER LENGTH, or is empty.
  ///
  /// @return null when there is something to transfer
  static Step endsEarly(CdbLayout layout, LogicalUnit unit, long lba, long blockCount) {
    if (!inside(unit, lba, blockCount)) {
      return OUTSIDE;
    }
    if (blockCount > BlockLimits.maxTransfer(unit)) {
      return layout.lengthRefused();
    }
    return blockCount == 0 ? Step.GOOD : null;
  }
}
