package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where the bytes of a logical unit live: a flat, byte-addressed, asynchronous medium.
///
/// A store is entered only through its [StoreGate], which has already checked ranges and alignment,
/// split what is longer than [Limits#maxTransfer()] and emulates what the store's [Limits] do not
/// claim. So a store implements what it can do natively and nothing else.
///
/// Every method may be called from any Vert.x context, by several at once. A future completes on
/// the context that called. A failure is a [StoreFault]; anything else is a bug of the store.
///
/// Buffers: whoever receives a buffer owns it. The data handed to a write is released by the store,
/// on the failure path too; what a read returns is released by the caller.
public interface BackingStore {

  /// Size and block sizes. Changes only by [#resize] (or, for a store whose medium others can
  /// resize, when it reports so to its listener).
  Geometry geometry();

  /// What the store does natively; the one source of every capability bit told to initiators.
  Limits limits();

  /// Reads `length` bytes from byte `offset`.
  ///
  /// @param offset first byte, 0-based, a multiple of [Geometry#blockBytes()]
  /// @param length bytes, 1 to [Limits#maxTransfer()], a multiple of [Geometry#blockBytes()]
  /// @return exactly `length` bytes, owned by the caller
  Future<ByteBuf> read(long offset, int length);

  /// Writes all readable bytes of `data` at byte `offset`.
  ///
  /// @param data owned by the store from here on; 1 to [Limits#maxTransfer()] bytes
  /// @param fua the future completes only when the data is on stable storage; the gate sets it only
  ///   where [Limits#nativeFua()]
  Future<Void> write(long offset, ByteBuf data, boolean fua);

  /// Writes all of `data` or, when it fails or the process or the machine ends meanwhile, nothing:
  /// whoever opens the store next finds the old bytes or the new ones. The gate keeps other changes
  /// and reads of the range away until it is answered. Called only where [Limits#maxAtomicWrite()]
  /// allows the length, and as [Limits#atomicWriteGranularity()] asks.
  ///
  /// @param data owned by the store from here on
  /// @param fua as for [#write]
  default Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    data.release();
    return Future.failedFuture(StoreFault.unsupported("atomic writes"));
  }

  /// Makes every write that completed before this call durable.
  Future<Void> flush();

  /// Deallocates a range; what it reads afterwards is told by [Limits#unmapZeroes()]. Called only
  /// where [Limits#unmapGranularity()] is not 0.
  default Future<Void> unmap(long offset, long length) {
    return Future.failedFuture(StoreFault.unsupported("unmap"));
  }

  /// Makes a range read as zeroes. Called only where [Limits#nativeWriteZeroes()].
  ///
  /// @param mayUnmap the store may deallocate the range instead of writing it
  default Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return Future.failedFuture(StoreFault.unsupported("write zeroes"));
  }

  /// Writes `data` if the medium holds `expected` there, atomically against every other writer of
  /// the medium. Called only where [Limits#maxNativeCompareAndWrite()] allows the length.
  ///
  /// @param expected owned by the store from here on
  /// @param data owned by the store from here on; as long as `expected`
  default Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    expected.release();
    data.release();
    return Future.failedFuture(StoreFault.unsupported("compare and write"));
  }

  /// Writes `pattern` again and again over the range. Called only where [Limits#nativeWriteSame()].
  ///
  /// @param pattern owned by the store from here on; its length divides `length`
  default Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    pattern.release();
    return Future.failedFuture(StoreFault.unsupported("write same"));
  }

  /// The mapped and deallocated extents of a range, in order, without gaps, covering it from
  /// `offset` on. It may end early (the caller asks again), but never covers nothing.
  default Future<List<Extent>> extents(long offset, long length) {
    return Future.succeededFuture(List.of(new Extent(offset, length, Extent.State.MAPPED)));
  }

  /// How much room the medium takes and how much is left; may ask the file system, so it is not for
  /// the way of every command.
  default Future<Space> space() {
    return Future.succeededFuture(Space.NOT_TOLD);
  }

  /// Whether it was opened so that it takes writes.
  default boolean writable() {
    return true;
  }

  /// Changes the size. Fails with [StoreFault.Kind#UNSUPPORTED] where the medium has a fixed size.
  default Future<Geometry> resize(long bytes) {
    return Future.failedFuture(StoreFault.unsupported("resize"));
  }

  /// The snapshots of the medium; empty where the store has none.
  default Optional<Snapshots> snapshots() {
    return Optional.empty();
  }

  /// The way to take the medium from another client; empty where clients do not exclude each other.
  default Optional<TakeOver> takeOver() {
    return Optional.empty();
  }

  /// Tells `listener` from now on what happens to the medium by itself, beginning with its state
  /// where that is not usable. There is one listener: the next one takes the place of the one
  /// before.
  default void listen(StoreListener listener) {}

  /// Whether some layer of it wants to know the [StoreCall] that it is asked for. Does not change.
  default boolean asksForCalls() {
    return false;
  }

  /// What the store or layer counts by itself since it was opened, by names such as `cache.hits`;
  /// those of the stores below it included.
  default Map<String, Long> counters() {
    return Map.of();
  }

  /// Gives everything back. The gate has drained before; later calls fail with
  /// [StoreFault.Kind#CLOSED].
  Future<Void> close();
}
