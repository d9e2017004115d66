package io.vtgt.store.rbd;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/// What the library's threads have answered and one event loop has not heard yet.
///
/// The loop is woken by the first answer only: those that come until it runs are taken along. So
/// many answers cost one wake-up.
final class Arrivals implements Runnable {
  private static final FastThreadLocal<Arrivals> OF_LOOP = new FastThreadLocal<>();

  private final EventLoop loop;

  /// The newest answer, linked to the one before it; null while none waits.
  private final AtomicReference<Io<?>> newest = new AtomicReference<>();

  private Arrivals(EventLoop loop) {
    this.loop = loop;
  }

  /// Those of the event loop that calls.
  ///
  /// @param context of the caller, or null
  /// @return null where the caller is on no event loop of its own
  static Arrivals of(ContextInternal context) {
    if (context == null || !context.isEventLoopContext()) {
      return null;
    }
    EventLoop loop = context.nettyEventLoop();
    if (!loop.inEventLoop()) {
      return null;
    }
    Arrivals arrivals = OF_LOOP.get();
    if (arrivals == null) {
      arrivals = new Arrivals(loop);
      OF_LOOP.set(arrivals);
    }
    return arrivals;
  }

  /// Called on any thread.
  void add(Io<?> answered) {
    Io<?> before;
    do {
      before = newest.get();
      answered.before = before;
    } while (!newest.compareAndSet(before, answered));
    if (before == null) {
      try {
        loop.execute(this);
      } catch (RejectedExecutionException e) {
        run(); // the loop has ended: nobody listens, but the buffers are given back
      }
    }
  }

  /// On the loop: everybody hears, the first to be answered first.
  @Override
  public void run() {
    Io<?> last = newest.getAndSet(null);
    Io<?> first = null;
    while (last != null) {
      Io<?> before = last.before;
      last.before = first; // turned around: now it leads to the one after it
      first = last;
      last = before;
    }
    while (first != null) {
      Io<?> next = first.before;
      first.before = null;
      first.finish();
      first = next;
    }
  }
}
