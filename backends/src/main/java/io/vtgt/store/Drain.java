package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicInteger;

/// Somebody who waits until what was under way has ended in every lane.
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
    waitingFor.incrementAndGet();
  }

  long until(Lane lane) {
    return until[lane.index()];
  }

  void laneEmpty() {
    if (waitingFor.decrementAndGet() == 0) {
      promise.complete();
    }
  }

  Future<Void> future() {
    return promise.future();
  }
}
