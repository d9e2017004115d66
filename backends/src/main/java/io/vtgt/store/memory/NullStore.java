package io.vtgt.store.memory;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Space;
import io.vtgt.store.Zeroes;
import java.util.List;

/// Discards what is written and reads zeroes: for measuring what is above a store.
public final class NullStore implements BackingStore {
  private static final Limits LIMITS =
      new Limits(Zeroes.MAX_LENGTH, 0, false, false, 1, true, true, 0, true)
          .withAtomicWrites(Zeroes.MAX_LENGTH, 1);

  private volatile Geometry geometry;

  /// @param bytes size, of blocks of one byte
  public NullStore(long bytes) {
    geometry = new Geometry(bytes, 1, 4096);
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public Limits limits() {
    return LIMITS;
  }

  /// @return a slice of the zeroes that everybody shares: read-only, and its reference count stays
  ///   1
  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return Future.succeededFuture(Zeroes.slice(length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    data.release();
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return write(offset, data, fua);
  }

  @Override
  public Future<Void> flush() {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return Future.succeededFuture();
  }

  /// Compares with the zeroes that a read gives.
  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    int differs = expected.forEachByte(value -> value == 0) - expected.readerIndex();
    expected.release();
    data.release();
    return Future.succeededFuture(
        differs < 0 ? CompareResult.WRITTEN : new CompareResult.Differs(differs));
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return Future.succeededFuture(List.of(new Extent(offset, length, Extent.State.DEALLOCATED)));
  }

  /// It takes nothing, and never runs out.
  @Override
  public Future<Space> space() {
    return Future.succeededFuture(new Space(0, Space.UNKNOWN));
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    Geometry resized = geometry.withBytes(bytes);
    geometry = resized;
    return Future.succeededFuture(resized);
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
