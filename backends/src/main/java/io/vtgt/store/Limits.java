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
/// @param maxNativeCompareAndWrite the longest compare and write the store decides by itself,
///   bytes; 0 when the gate must do it
/// @param reportsExtents [BackingStore#extents] tells mapped from deallocated
/// @param maxAtomicWrite the longest [BackingStore#writeAtomic], bytes; 0 when the store has none
/// @param atomicWriteGranularity what offset and length of an atomic write are multiples of, bytes;
///   divides `maxAtomicWrite`
public record Limits(
    int maxTransfer,
    int optimalTransfer,
    boolean nativeFua,
    boolean durableFlush,
    int unmapGranularity,
    boolean unmapZeroes,
    boolean nativeWriteZeroes,
    int maxNativeCompareAndWrite,
    boolean reportsExtents,
    int maxAtomicWrite,
    int atomicWriteGranularity) {

  /// Of a store without atomic writes.
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
        maxNativeCompareAndWrite,
        reportsExtents,
        0,
        0);
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
        maxNativeCompareAndWrite,
        reportsExtents,
        longest,
        granularity);
  }
}
