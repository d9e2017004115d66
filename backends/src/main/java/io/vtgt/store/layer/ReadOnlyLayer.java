package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.Snapshots;
import io.vtgt.store.SnapshotsBelow;
import io.vtgt.store.StoreFault;
import java.util.Optional;

/// Refuses every change of the content or the size. The unit over it is write protected.
///
/// Snapshots may be made and removed; a rollback is refused.
public final class ReadOnlyLayer extends Layer {

  public ReadOnlyLayer(BackingStore next) {
    super(next);
  }

  @Override
  public boolean writable() {
    return false;
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return refused(data);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return refused(data);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return refused();
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return refused();
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return refused(expected, data);
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return refused(pattern);
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    return refused();
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return next()
        .snapshots()
        .map(
            below ->
                new SnapshotsBelow(below) {
                  @Override
                  public Future<Void> rollback(String name) {
                    return refused();
                  }
                });
  }

  private static <T> Future<T> refused(ByteBuf... data) {
    for (ByteBuf each : data) {
      each.release();
    }
    return Future.failedFuture(
        new StoreFault(StoreFault.Kind.READ_ONLY, "the layer readonly lets no change through"));
  }
}
