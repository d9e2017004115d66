package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreCall;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/// Lets operations wait before they go on to the store below: for a time, or until a test says so.
public final class DelayLayer extends Layer {

  /// What is delayed together.
  public enum Traffic {
    READS,
    /// Whatever changes the medium: writes, unmaps, zeroes, compare and write.
    WRITES,
    FLUSHES
  }

  /// How long each waits, milliseconds, 0 for not at all.
  public record Delays(long readMillis, long writeMillis, long flushMillis) {
    public static final Delays NONE = new Delays(0, 0, 0);

    long millis(Traffic traffic) {
      return switch (traffic) {
        case READS -> readMillis;
        case WRITES -> writeMillis;
        case FLUSHES -> flushMillis;
      };
    }
  }

  /// How the times differ, and where they count.
  ///
  /// @param jitterMillis up to so much is added by chance, each time as likely as the other
  /// @param range operations outside are not delayed; a flush has no range
  public record Spread(long seed, long jitterMillis, ByteRange range) {
    public static final Spread NONE = new Spread(0, 0, ByteRange.ALL);
  }

  private final Vertx vertx;
  private final Delays delays;
  private final Spread spread;
  private final Random random; // safe for several threads by itself
  private final LongAdder delayed = new LongAdder();

  // Under its own monitor. A traffic that is held has a list here.
  private final Map<Traffic, List<Runnable>> held = new EnumMap<>(Traffic.class);

  /// @param vertx may be null where no time is set
  public DelayLayer(Vertx vertx, BackingStore next, Delays delays, Spread spread) {
    super(next);
    this.vertx = vertx;
    this.delays = delays;
    this.spread = spread;
    this.random = new Random(spread.seed());
  }

  /// One with the same time for each.
  public DelayLayer(Vertx vertx, BackingStore next, Delays delays) {
    this(vertx, next, delays, Spread.NONE);
  }

  /// Keeps what comes from now on, until [#release].
  public void hold(Traffic traffic) {
    synchronized (held) {
      held.putIfAbsent(traffic, new ArrayList<>());
    }
  }

  /// Lets everything go on that was kept, in its order, and keeps nothing more.
  public void release(Traffic traffic) {
    List<Runnable> kept;
    synchronized (held) {
      kept = held.remove(traffic);
    }
    if (kept != null) {
      kept.forEach(Runnable::run);
    }
  }

  /// Lets one of those that are kept go on, and goes on keeping.
  ///
  /// @param which gets their number, 1 or more, and answers the one meant, from 0
  /// @return false when none is kept
  public boolean releaseOne(Traffic traffic, IntUnaryOperator which) {
    Runnable chosen;
    synchronized (held) {
      List<Runnable> kept = held.getOrDefault(traffic, List.of());
      if (kept.isEmpty()) {
        return false;
      }
      chosen = kept.remove(which.applyAsInt(kept.size()));
    }
    chosen.run();
    return true;
  }

  /// How many are kept now.
  public int heldCount(Traffic traffic) {
    synchronized (held) {
      return held.getOrDefault(traffic, List.of()).size();
    }
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return later(Traffic.READS, offset, length, () -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return later(Traffic.WRITES, offset, length, () -> next().write(offset, data, fua));
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return later(Traffic.WRITES, offset, length, () -> next().writeAtomic(offset, data, fua));
  }

  @Override
  public Future<Void> flush() {
    return later(Traffic.FLUSHES, 0, Long.MAX_VALUE, () -> next().flush());
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return later(Traffic.WRITES, offset, length, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return later(
        Traffic.WRITES, offset, length, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    int length = data.readableBytes();
    return later(
        Traffic.WRITES, offset, length, () -> next().compareAndWrite(offset, expected, data));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return later(Traffic.WRITES, offset, length, () -> next().writeSame(offset, length, pattern));
  }

  @Override
  public Map<String, Long> counters() {
    return countersWith(Map.of("delay.delayed", delayed.sum()));
  }

  @Override
  protected Future<Void> detach() {
    for (Traffic traffic : Traffic.values()) {
      release(traffic);
    }
    return Future.succeededFuture();
  }

  private <T> Future<T> later(
      Traffic traffic, long offset, long length, Supplier<Future<T>> operation) {
    ContextInternal context = CallingContext.current(vertx);
    Promise<T> promise = CallingContext.promise(context);
    StoreCall call = StoreCall.current();
    Runnable goOn =
        () ->
            CallingContext.run(
                context, () -> StoreCall.within(call, operation).onComplete(promise));
    long millis = millis(traffic, offset, length);
    synchronized (held) {
      List<Runnable> kept = held.get(traffic);
      if (kept != null) {
        kept.add(goOn);
        return promise.future();
      }
    }
    if (millis == 0) {
      return operation.get();
    }
    delayed.increment();
    var _ = CallingContext.loop(vertx, context).schedule(goOn, millis, TimeUnit.MILLISECONDS);
    return promise.future();
  }

  private long millis(Traffic traffic, long offset, long length) {
    if (!spread.range().touches(offset, length)) {
      return 0;
    }
    long least = delays.millis(traffic);
    return spread.jitterMillis() == 0 || least == 0
        ? least
        : least + random.nextLong(spread.jitterMillis() + 1);
  }
}
