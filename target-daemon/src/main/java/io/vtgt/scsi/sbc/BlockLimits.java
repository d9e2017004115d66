package io.vtgt.scsi.sbc;

import io.vtgt.store.Limits;
import io.vtgt.target.LogicalUnit;

/// How much one command may ask of a unit. The commands refuse what is longer, and the Block Limits
/// page (SBC-4, Block Limits VPD page) tells the same figures. All lengths are in logical blocks.
///
/// @param maxTransfer MAXIMUM TRANSFER LENGTH
/// @param optimalTransfer OPTIMAL TRANSFER LENGTH
/// @param optimalTransferGranularity OPTIMAL TRANSFER LENGTH GRANULARITY: one physical block, of
///   the unit or of the store behind it, whichever is larger
/// @param maxCompareAndWrite MAXIMUM COMPARE AND WRITE LENGTH, at most 255
/// @param maxWriteSame MAXIMUM WRITE SAME LENGTH; VERIFY without a whole Data-Out ends there too
/// @param writeSameNonZero WSNZ: a WRITE SAME of 0 blocks ("to the end of the medium") is refused
/// @param maxUnmap MAXIMUM UNMAP LBA COUNT, the sum of all descriptors; 0 when UNMAP is not offered
/// @param maxUnmapDescriptors MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT; 0 when UNMAP is not offered
/// @param unmapGranularity OPTIMAL UNMAP GRANULARITY; 0 when the unit is not thin. Its alignment
///   starts at LBA 0
/// @param maxAtomic MAXIMUM ATOMIC TRANSFER LENGTH, with an atomic boundary too, and MAXIMUM ATOMIC
///   BOUNDARY SIZE; 0 when WRITE ATOMIC is not offered
/// @param atomicGranularity ATOMIC ALIGNMENT and ATOMIC TRANSFER LENGTH GRANULARITY; 0 when WRITE
///   ATOMIC is not offered
public record BlockLimits(
    int maxTransfer,
    int optimalTransfer,
    int optimalTransferGranularity,
    int maxCompareAndWrite,
    int maxWriteSame,
    boolean writeSameNonZero,
    int maxUnmap,
    int maxUnmapDescriptors,
    int unmapGranularity,
    int maxAtomic,
    int atomicGranularity) {

  /// What one command may hold in memory: a task set of READs this long must fit the data budget.
  public static final int MAX_TRANSFER_BYTES = 32 << 20;

  private static final int OPTIMAL_TRANSFER_BYTES = 1 << 20;

  /// Held twice in memory, and the range is locked meanwhile.
  private static final int MAX_COMPARE_AND_WRITE_BYTES = 128 << 10;

  /// The NUMBER OF LOGICAL BLOCKS field of COMPARE AND WRITE is one byte.
  private static final int MAX_COMPARE_AND_WRITE_BLOCKS = 255;

  /// Some seconds on a slow medium: no command holds a unit for minutes. Where one WRITE is shorter
  /// than 65536 blocks so is a WRITE SAME: initiators' test suites write what they then unmap in
  /// one command.
  private static final int MAX_WRITE_SAME_BYTES = 128 << 20;

  /// Initiators' test suites take more than this for a mistake.
  private static final int MAX_UNMAP_BLOCKS = 1 << 20;

  private static final int MAX_UNMAP_DESCRIPTORS = 256;

  /// The limits of this unit as it is now.
  public static BlockLimits of(LogicalUnit unit) {
    LogicalUnit.Profile profile = unit.profile();
    Limits limits = unit.gate().limits();
    boolean thin = unit.thin();
    int optimalBytes =
        limits.optimalTransfer() == 0 ? OPTIMAL_TRANSFER_BYTES : limits.optimalTransfer();
    return new BlockLimits(
        maxTransfer(unit),
        profile.optimalTransferBlocks() != 0
            ? Math.min(profile.optimalTransferBlocks(), maxTransfer(unit))
            : Math.clamp(optimalBytes / profile.blockBytes(), 1, maxTransfer(unit)),
        profile.optimalTransferGranularityBlocks() != 0
            ? profile.optimalTransferGranularityBlocks()
            : Math.max(profile.physicalBlockBytes(), unit.gate().geometry().physicalBlockBytes())
                / profile.blockBytes(),
        maxCompareAndWrite(unit),
        maxWriteSame(unit),
        writeSameNonZero(unit),
        unmapCommand(unit) ? MAX_UNMAP_BLOCKS : 0,
        unmapCommand(unit) ? MAX_UNMAP_DESCRIPTORS : 0,
        thin ? Math.max(1, limits.unmapGranularity() / profile.blockBytes()) : 0,
        maxAtomic(unit),
        maxAtomic(unit) == 0 ? 0 : atomicGranularity(unit));
  }

  /// UNMAP is offered (LBPU): the unit is thin, and the document does not keep the command back.
  public static boolean unmapCommand(LogicalUnit unit) {
    return unit.thin() && unit.profile().unmapCommand();
  }

  /// True when deallocated blocks read as zeroes (LBPRZ), however a range was aligned.
  public static boolean unmapZeroes(LogicalUnit unit) {
    return unit.thin() && unit.gate().limits().unmapZeroes();
  }

  static int maxTransfer(LogicalUnit unit) {
    return MAX_TRANSFER_BYTES / unit.profile().blockBytes();
  }

  /// Where others may write to the medium too, only what the store itself decides: one block, for
  /// several may lie across a border of it.
  static int maxCompareAndWrite(LogicalUnit unit) {
    Limits limits = unit.gate().limits();
    if (limits.sharedWriters()) {
      return limits.maxNativeCompareAndWrite() >= unit.profile().blockBytes() ? 1 : 0;
    }
    int blockCount =
        Math.min(
            MAX_COMPARE_AND_WRITE_BLOCKS,
            MAX_COMPARE_AND_WRITE_BYTES / unit.profile().blockBytes());
    int wanted = unit.profile().maxCompareAndWriteBlocks();
    return wanted == 0 ? blockCount : Math.min(wanted, blockCount);
  }

  static boolean compareAndWrite(LogicalUnit unit) {
    return maxCompareAndWrite(unit) > 0;
  }

  /// On a thin unit a host unmaps with WRITE SAME too, and a count of 0 is more likely an overflow
  /// of its own than the wish to unmap all that follows. (An initiators' test suite sends such a
  /// command with a block that is not zero, and wants zeroes.)
  static boolean writeSameNonZero(LogicalUnit unit) {
    return unit.thin();
  }

  /// The longest atomic write, blocks; 0 when the store has none. The TRANSFER LENGTH of WRITE
  /// ATOMIC has two bytes.
  static int maxAtomic(LogicalUnit unit) {
    int blockCount = unit.gate().limits().maxAtomicWrite() / unit.profile().blockBytes();
    int most = Math.min(0xffff, Math.min(blockCount, maxTransfer(unit)));
    return most - most % atomicGranularity(unit);
  }

  static int atomicGranularity(LogicalUnit unit) {
    int granularity = unit.gate().limits().atomicWriteGranularity();
    return Math.max(1, granularity / unit.profile().blockBytes());
  }

  static int maxWriteSame(LogicalUnit unit) {
    int blockCount = MAX_WRITE_SAME_BYTES / unit.profile().blockBytes();
    return maxTransfer(unit) <= 0xffff ? Math.min(blockCount, 0xffff) : blockCount;
  }
}
