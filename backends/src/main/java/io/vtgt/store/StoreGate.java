package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// The one door to a store. Checks range and alignment, splits at [Limits#maxTransfer()], emulates
/// what the store lacks, keeps the set of operations under way so that resets, resize and close can
/// drain it, gives each operation a deadline, counts.
///
/// May be called from any context; a future completes on the context that called, and fails with a
/// [StoreFault] only. Buffer ownership is that of [BackingStore].
public final class StoreGate {

  /// @param deadlineMillis how long one operation may take before its future fails with
  ///   [StoreFault.Kind#TIMEOUT]; the operation itself stays in the set under way until the store
  ///   answers
  public record Options(long deadlineMillis) {}

  private final BackingStore store;

  public StoreGate(Vertx vertx, BackingStore store, Options options) {
    this.store = store;
  }

  public Geometry geometry() {
    return store.geometry();
  }

  public Limits limits() {
    return store.limits();
  }

  /// @param length bytes, 0 to 2^31-1; longer than the store's transfer is split
  public Future<ByteBuf> read(long offset, int length) {
    throw new UnsupportedOperationException();
  }

  /// @param fua completes only when the data is on stable storage (by a flush where the store has
  ///   no FUA)
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    throw new UnsupportedOperationException();
  }

  public Future<Void> flush() {
    throw new UnsupportedOperationException();
  }

  /// Deallocates what whole granules the range holds; where the store cannot unmap, does nothing.
  public Future<Void> unmap(long offset, long length) {
    throw new UnsupportedOperationException();
  }

  /// The range reads as zeroes afterwards, natively or by writing zeroes.
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    throw new UnsupportedOperationException();
  }

  /// Writes `pattern` again and again over `length` bytes.
  ///
  /// @param pattern owned by the gate; its length divides `length`
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    throw new UnsupportedOperationException();
  }

  /// Atomic against every other write through this gate; on the store itself where it can decide.
  public Future<CompareResult> compareAndWrite(
      long offset, ByteBuf expected, ByteBuf data, boolean fua) {
    throw new UnsupportedOperationException();
  }

  /// Reads a range, lets `change` make the new content (or nothing, to leave it), writes it; atomic
  /// against every other write through this gate.
  ///
  /// @param change borrows what was read and returns a buffer of the same length that the gate then
  ///   owns
  public Future<Void> update(
      long offset, int length, Function<ByteBuf, Optional<ByteBuf>> change, boolean fua) {
    throw new UnsupportedOperationException();
  }

  public Future<List<Extent>> extents(long offset, long length) {
    throw new UnsupportedOperationException();
  }

  /// Drains, then resizes.
  public Future<Geometry> resize(long bytes) {
    throw new UnsupportedOperationException();
  }

  /// Completes when every operation that was under way when this was called has been answered by
  /// the store. New operations go on meanwhile.
  public Future<Void> drained() {
    throw new UnsupportedOperationException();
  }

  public Counters counters() {
    throw new UnsupportedOperationException();
  }

  /// Refuses new operations, drains, closes the store.
  public Future<Void> close() {
    throw new UnsupportedOperationException();
  }

  /// Since the gate was opened.
  public record Counters(
      long readOperations,
      long readBytes,
      long writeOperations,
      long writeBytes,
      long flushOperations,
      long unmapOperations,
      long unmapBytes,
      long otherOperations,
      long faults,
      long timeouts,
      int underWay) {}
}
