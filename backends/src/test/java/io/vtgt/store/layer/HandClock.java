package io.vtgt.store.layer;

import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/// A clock that stands still until it is moved.
public final class HandClock implements ThrottleLayer.Timers {
  private record Due(long at, Runnable task) {}

  private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::at));
  private long now = -5;

  /// A layer that goes by this clock.
  ///
  /// @param options as in the document
  public Layer throttle(BackingStore next, Map<String, Object> options) {
    return new ThrottleLayer(
        null, next, ThrottleLayerProvider.rates(options), ThrottleLayer.Scope.UNIT, this);
  }

  @Override
  public long nowNanos() {
    return now;
  }

  @Override
  public void in(ContextInternal context, long nanos, Runnable task) {
    due.add(new Due(now + nanos, task));
  }

  void pass(long millis) {
    long end = now + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!due.isEmpty() && due.peek().at <= end) {
      next();
    }
    now = end;
  }

  /// Moves it to the next task that waits, and runs that.
  ///
  /// @return false when none waits
  public boolean next() {
    if (due.isEmpty()) {
      return false;
    }
    Due next = due.remove();
    now = next.at;
    next.task.run();
    return true;
  }
}
