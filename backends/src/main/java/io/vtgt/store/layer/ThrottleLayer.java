package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Caller;
import io.vtgt.store.CallingContext;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreCall;
import io.vtgt.store.StoreFault;
import io.vtgt.store.layer.ThrottleQueue.Direction;
import io.vtgt.store.layer.ThrottleQueue.Rates;
import io.vtgt.store.layer.ThrottleQueue.Waiting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Lets no more operations and bytes through than a rate allows, those of the unit together or
/// those of each nexus by itself; the others wait for their turn ([ThrottleQueue]).
///
/// Waiting takes no thread: a timer on the event loop of one who waits lets the next ones go on.
/// How many wait is bounded by the task sets above. The time counts against no deadline of the
/// gate, and what nobody wants any more leaves the queue without an effect.
///
/// A command of the store for a whole range (unmap, zeroes, write same) costs an operation and the
/// bytes that come with it, not those of the range. Flushes and questions never wait. What the
/// gateway does by itself waits for the unit's rates, not for those of a nexus.
public final class ThrottleLayer extends Layer {

  /// Whose operations share a rate.
  public enum Scope {
    UNIT,
    NEXUS
  }

  /// Time, and a call when some has passed.
  interface Timers {
    long nowNanos();

    /// @param context of one who waits; null where there is none
    void in(ContextInternal context, long nanos, Runnable task);
  }

  /// How often those who wait are looked through for those that nobody wants any more.
  static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /// Above so many nexuses the ones that owe nothing are forgotten.
  private static final int MANY_PARTIES = 64;

  private final Vertx vertx;
  private final Timers timers;
  private final Rates rates;
  private final Scope scope;

  // Everything below under this object's monitor.
  private final Map<Object, ThrottleQueue> queues = new HashMap<>();
  private boolean open; // nobody has to wait
  private boolean looking; // a timer is set
  private long nextLook; // when it comes
  private long nextSweep;
  private long waits;
  private long waitedNanos;
  private long dropped;

  ThrottleLayer(Vertx vertx, BackingStore next, Rates rates, Scope scope, Timers timers) {
    super(next);
    this.vertx = vertx;
    this.timers = timers;
    this.rates = rates;
    this.scope = scope;
    this.nextSweep = timers.nowNanos() + LOOK_NANOS;
  }

  /// Timers on the event loops.
  static Timers eventLoops(Vertx vertx) {
    return new Timers() {
      @Override
      public long nowNanos() {
        return System.nanoTime();
      }

      @Override
      public void in(ContextInternal context, long nanos, Runnable task) {
        var _ = CallingContext.loop(vertx, context).schedule(task, nanos, TimeUnit.NANOSECONDS);
      }
    };
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return passes(Direction.READ, length)
        ? next().read(offset, length)
        : later(Direction.READ, length, () -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return passes(Direction.WRITE, length)
        ? next().write(offset, data, fua)
        : later(Direction.WRITE, length, () -> next().write(offset, data, fua), data);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return passes(Direction.WRITE, length)
        ? next().writeAtomic(offset, data, fua)
        : later(Direction.WRITE, length, () -> next().writeAtomic(offset, data, fua), data);
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    int length = data.readableBytes();
    return passes(Direction.WRITE, length)
        ? next().compareAndWrite(offset, expected, data)
        : later(
            Direction.WRITE,
            length,
            () -> next().compareAndWrite(offset, expected, data),
            expected,
            data);
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    int bytes = pattern.readableBytes();
    return passes(Direction.WRITE, bytes)
        ? next().writeSame(offset, length, pattern)
        : later(Direction.WRITE, bytes, () -> next().writeSame(offset, length, pattern), pattern);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return passes(Direction.WRITE, 0)
        ? next().unmap(offset, length)
        : later(Direction.WRITE, 0, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return passes(Direction.WRITE, 0)
        ? next().writeZeroes(offset, length, mayUnmap)
        : later(Direction.WRITE, 0, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public boolean asksForCalls() {
    return true;
  }

  @Override
  public Map<String, Long> counters() {
    synchronized (this) {
      return countersWith(
          Map.of(
              "throttle.waits",
              waits,
              "throttle.waitedMillis",
              TimeUnit.NANOSECONDS.toMillis(waitedNanos),
              "throttle.waiting",
              (long) waiting(),
              "throttle.dropped",
              dropped));
    }
  }

  @Override
  protected void hurry(boolean on) {
    List<Waiting> all = new ArrayList<>();
    synchronized (this) {
      open = on;
      if (on) {
        queues.values().forEach(queue -> all.addAll(queue.clear()));
        long now = timers.nowNanos();
        all.forEach(waiting -> waitedNanos += now - waiting.sinceNanos());
      }
    }
    all.forEach(waiting -> waiting.goOn().run());
  }

  @Override
  protected Future<Void> detach() {
    hurry(true);
    return Future.succeededFuture();
  }

  private boolean passes(Direction direction, long bytes) {
    if (!rates.bound(direction)) {
      return true;
    }
    Object party = party(StoreCall.current());
    if (scope == Scope.NEXUS && party.equals(Caller.GATEWAY)) {
      return true;
    }
    synchronized (this) {
      long now = timers.nowNanos();
      return open || queue(party, now).pass(direction, bytes, now);
    }
  }

  private Object party(StoreCall call) {
    return scope == Scope.UNIT ? Scope.UNIT : call.party();
  }

  /// @param data released where the operation is never asked for
  private <T> Future<T> later(
      Direction direction, long bytes, Supplier<Future<T>> operation, ByteBuf... data) {
    ContextInternal context = CallingContext.current(vertx);
    Promise<T> promise = CallingContext.promise(context);
    StoreCall call = StoreCall.current();
    Runnable drop =
        () -> {
          for (ByteBuf each : data) {
            each.release();
          }
          promise.fail(new StoreFault(StoreFault.Kind.TIMEOUT, "given up while it was throttled"));
        };
    Runnable goOn =
        () -> {
          if (call.stopped()) {
            drop.run();
          } else {
            begin(call, operation).onComplete(promise);
          }
        };
    boolean waits =
        wait(
            direction,
            bytes,
            call,
            () -> CallingContext.run(context, goOn),
            () -> CallingContext.run(context, drop));
    if (!waits) {
      return begin(call, operation);
    }
    look(context);
    return promise.future();
  }

  /// @return false when nobody has to wait any more
  private synchronized boolean wait(
      Direction direction, long bytes, StoreCall call, Runnable goOn, Runnable drop) {
    if (open) {
      return false;
    }
    long now = timers.nowNanos();
    queue(party(call), now).add(new Waiting(direction, bytes, call, now, goOn, drop));
    waits++;
    return true;
  }

  private static <T> Future<T> begin(StoreCall call, Supplier<Future<T>> operation) {
    try {
      return StoreCall.within(call, operation);
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e); // the gate logs it
    }
  }

  // Under the monitor.
  private ThrottleQueue queue(Object party, long now) {
    ThrottleQueue queue = queues.get(party);
    if (queue == null) {
      if (queues.size() >= MANY_PARTIES) {
        queues.values().removeIf(each -> each.idle(now));
      }
      queue = new ThrottleQueue(rates, now);
      queues.put(party, queue);
    }
    return queue;
  }

  /// How many have rates of their own now.
  synchronized int parties() {
    return queues.size();
  }

  private int waiting() {
    return queues.values().stream().mapToInt(ThrottleQueue::waiting).sum();
  }

  /// Lets those go on whose turn it is, and sees to it that the next ones are looked at in time.
  ///
  /// @param context whose event loop the next look is on
  private void look(ContextInternal context) {
    List<Waiting> ready = new ArrayList<>();
    List<Waiting> unwanted = new ArrayList<>();
    synchronized (this) {
      long now = timers.nowNanos();
      boolean sweep = nextSweep - now <= 0;
      if (sweep) {
        nextSweep = now + LOOK_NANOS;
      }
      long wait = ThrottleQueue.NEVER;
      for (ThrottleQueue queue : queues.values()) {
        if (queue.waiting() > 0) {
          if (sweep) {
            unwanted.addAll(queue.lookThrough());
          }
          wait = Math.min(wait, queue.release(now, ready::add));
        }
      }
      ready.forEach(waiting -> waitedNanos += now - waiting.sinceNanos());
      dropped += unwanted.size();
      if (wait != ThrottleQueue.NEVER) {
        lookIn(context, Math.min(wait, LOOK_NANOS), now);
      }
    }
    ready.forEach(waiting -> waiting.goOn().run());
    unwanted.forEach(waiting -> waiting.drop().run());
  }

  // Under the monitor.
  private void lookIn(ContextInternal context, long nanos, long now) {
    if (looking && nextLook - now <= nanos) {
      return;
    }
    looking = true;
    nextLook = now + nanos;
    long at = nextLook;
    Runnable look =
        () -> {
          synchronized (this) {
            looking &= nextLook != at; // an earlier look has taken its place
          }
          look(context);
        };
    try {
      timers.in(context, nanos, look);
    } catch (RejectedExecutionException e) {
      looking = false; // the loops end, and whoever closes this layer lets everybody go on
    }
  }
}
