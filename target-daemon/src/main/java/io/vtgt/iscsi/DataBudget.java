package io.vtgt.iscsi;

import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// The memory that data under way may take, of all sessions together. Used from every event loop.
///
/// A single demand may be larger than the whole budget: it is granted when nothing else is under
/// way, so that nothing waits for ever.
final class DataBudget {

  /// A demand that waits for its turn.
  final class Waiter {
    private final long bytes;
    private final Context context;
    private final Runnable granted;

    private Waiter(long bytes, Context context, Runnable granted) {
      this.bytes = bytes;
      this.context = context;
      this.granted = granted;
    }

    /// Gives up waiting.
    ///
    /// @return false when it is granted already: then `granted` still runs, and the bytes are to be
    ///   given back
    boolean cancel() {
      synchronized (waiters) {
        boolean waited = waiters.remove(this);
        waiting = waiters.size();
        return waited;
      }
    }
  }

  private final LongSupplier limitBytes;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong forgiven = new AtomicLong();

  // Guarded by itself; `waiting` is its size, read without the lock.
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private volatile int waiting;

  /// @param limitBytes asked at each demand, so that it may change
  DataBudget(LongSupplier limitBytes) {
    this.limitBytes = limitBytes;
  }

  /// Takes `bytes` now, unless they are not there or others wait for them.
  boolean tryTake(long bytes) {
    return waiting == 0 && takeIfThere(bytes);
  }

  /// Takes `bytes` although they may not be there: what has come already needs its place.
  void force(long bytes) {
    used.addAndGet(bytes);
  }

  /// Takes `bytes` as soon as they are there, in the order of demands.
  ///
  /// @param granted runs on `context`
  Waiter await(long bytes, Context context, Runnable granted) {
    var waiter = new Waiter(bytes, context, granted);
    synchronized (waiters) {
      waiters.add(waiter);
      waiting = waiters.size();
    }
    grant();
    return waiter;
  }

  void give(long bytes) {
    used.addAndGet(-bytes);
    if (waiting > 0) {
      grant();
    }
  }

  /// Gives `bytes` back although they are still held: by a command whose store does not answer, so
  /// that others do not wait for it. Half the budget at most is forgiven at a time.
  ///
  /// @return whether they are; then they are to be told to [#forgivenCame]
  boolean forgive(long bytes) {
    if (forgiven.addAndGet(bytes) > limitBytes.getAsLong() / 2) {
      forgiven.addAndGet(-bytes);
      return false;
    }
    give(bytes);
    return true;
  }

  /// What was forgiven is held no more.
  void forgivenCame(long bytes) {
    forgiven.addAndGet(-bytes);
  }

  /// Do demands wait?
  boolean exhausted() {
    return waiting > 0;
  }

  /// What is held, forgiven or not.
  long usedBytes() {
    return used.get() + forgiven.get();
  }

  private void grant() {
    synchronized (waiters) {
      for (var first = waiters.peek();
          first != null && takeIfThere(first.bytes);
          first = waiters.peek()) {
        waiters.poll();
        var granted = first.granted;
        first.context.runOnContext(_ -> granted.run());
      }
      waiting = waiters.size();
    }
  }

  private boolean takeIfThere(long bytes) {
    while (true) {
      long now = used.get();
      if (now > 0 && now + bytes > limitBytes.getAsLong()) {
        return false;
      }
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }
}
