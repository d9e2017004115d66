package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicInteger;

/// Somebody who waits until what was under way has ended: in every lane, or single operations.
final class Drain {
  private final Promise<Void> promise;
  private final AtomicInteger waitingFor = new AtomicInteger(1);
  private final long[] until; // each guarded by its lane

  Drain(Promise<Void> promise, int lanes) {
    this.promise = promise;
    this.until = new long[lanes];
  }

  void waitFor(Lane lane, long sequence) {
    until[lane.index()] = sequence;
    waitForOne();
  }

  void waitForOne() {
    waitingFor.incrementAndGet();
  }

  long until(Lane lane) {
    return until[lane.index()];
  }

  /// One of those it waits for has ended.
  void ended() {
    if (waitingFor.decrementAndGet() == 0) {
      promise.complete();
    }
  }

  Future<Void> future() {
    return promise.future();
  }
}
