package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/// Does each operation when a test says so, and answers it later, when the test says so again: as a
/// store on a network, where what was read long ago may arrive after what was written since.
final class LateLayer extends Layer {
  // Under its own monitor.
  private final List<Runnable> held = new ArrayList<>();

  LateLayer(BackingStore next) {
    super(next);
  }

  /// One operation is done, or one answer given.
  ///
  /// @param which gets how many are held, and answers the one meant
  /// @return false when none is held
  boolean letOneGo(IntUnaryOperator which) {
    Runnable chosen;
    synchronized (held) {
      if (held.isEmpty()) {
        return false;
      }
      chosen = held.remove(which.applyAsInt(held.size()));
    }
    chosen.run();
    return true;
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return later(() -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return later(() -> next().write(offset, data, fua));
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return later(() -> next().writeAtomic(offset, data, fua));
  }

  @Override
  public Future<Void> flush() {
    return later(() -> next().flush());
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return later(() -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return later(() -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return later(() -> next().compareAndWrite(offset, expected, data));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return later(() -> next().writeSame(offset, length, pattern));
  }

  private <T> Future<T> later(Supplier<Future<T>> operation) {
    Promise<T> promise = Promise.promise();
    hold(
        () -> {
          Future<T> answer = operation.get();
          hold(() -> answer.onComplete(promise));
        });
    return promise.future();
  }

  private void hold(Runnable step) {
    synchronized (held) {
      held.add(step);
    }
  }
}
