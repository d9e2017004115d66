package io.vtgt.store;

/// What a store does natively. These figures alone feed the Block Limits and Logical Block
/// Provisioning pages, READ CAPACITY (16) and the DPOFUA bit, and tell the [StoreGate] what to
/// emulate.
///
/// @param maxTransfer the longest read or write in one call, bytes
/// @param optimalTransfer the transfer length that suits the store best, bytes; 0 when it has none
/// @param nativeFua a write can be made durable by itself; otherwise the gate flushes after it
/// @param durableFlush flush really reaches stable storage (false for memory and null: there is
///   none, and nothing is lost that could be kept)
/// @param unmapGranularity the smallest range that unmap frees, bytes; 0 when the store cannot
///   unmap
/// @param unmapZeroes an unmapped range (in whole granules) reads as zeroes
/// @param nativeWriteZeroes [BackingStore#writeZeroes] is implemented
/// @param nativeWriteSame [BackingStore#writeSame] is implemented
/// @param maxNativeCompareAndWrite the longest compare and write the store decides by itself,
///   bytes; 0 when the gate must do it. The store decides only what lies within one range of this
///   length that begins at a multiple of it
/// @param reportsExtents [BackingStore#extents] tells mapped from deallocated
/// @param maxAtomicWrite the longest [BackingStore#writeAtomic], bytes; 0 when the store has none
/// @param atomicWriteGranularity what offset and length of an atomic write are multiples of, bytes;
///   divides `maxAtomicWrite`
/// @param sharedWriters others may write to the medium at any time: nobody may keep a copy of its
///   content, and what the gate emulates by a range lock of its own is not atomic
public record Limits(
    int maxTransfer,
    int optimalTransfer,
    boolean nativeFua,
    boolean durableFlush,
    int unmapGranularity,
    boolean unmapZeroes,
    boolean nativeWriteZeroes,
    boolean nativeWriteSame,
    int maxNativeCompareAndWrite,
    boolean reportsExtents,
    int maxAtomicWrite,
    int atomicWriteGranularity,
    boolean sharedWriters) {

  /// Of a store without atomic writes and write same, and that nobody else writes to.
  public Limits(
      int maxTransfer,
      int optimalTransfer,
      boolean nativeFua,
      boolean durableFlush,
      int unmapGranularity,
      boolean unmapZeroes,
      boolean nativeWriteZeroes,
      int maxNativeCompareAndWrite,
      boolean reportsExtents) {
    this(
        maxTransfer,
        optimalTransfer,
        nativeFua,
        durableFlush,
        unmapGranularity,
        unmapZeroes,
        nativeWriteZeroes,
        false,
        maxNativeCompareAndWrite,
        reportsExtents,
        0,
        0,
        false);
  }

  /// The same store with atomic writes.
  public Limits withAtomicWrites(int longest, int granularity) {
    return new Limits(
        maxTransfer,
        optimalTransfer,
        nativeFua,
        durableFlush,
        unmapGranularity,
        unmapZeroes,
        nativeWriteZeroes,
        nativeWriteSame,
        maxNativeCompareAndWrite,
        reportsExtents,
        longest,
        granularity,
        sharedWriters);
  }

  /// The same store with writes that can be made durable by themselves.
  public Limits withNativeFua() {
    return new Limits(
        maxTransfer,
        optimalTransfer,
        true,
        durableFlush,
        unmapGranularity,
        unmapZeroes,
        nativeWriteZeroes,
        nativeWriteSame,
        maxNativeCompareAndWrite,
        reportsExtents,
        maxAtomicWrite,
        atomicWriteGranularity,
        sharedWriters);
  }
}
