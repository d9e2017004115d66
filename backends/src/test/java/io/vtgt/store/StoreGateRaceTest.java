package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Several threads at one gate: a change that slips past an exclusive range shows as a wrong
/// counter.
///
/// The range holds two counters. One is changed by `update` and by compare and write; the other by
/// plain writes of one thread, which are exclusive to nobody but must not fall between the read and
/// the write of an update of the whole range.
class StoreGateRaceTest {
  private static final int WORKERS = 3;
  private static final int ROUNDS = 3000;

  @Test
  void exclusives_overAStoreThatAnswersAtOnce_loseNothing() throws Exception {
    race(new MemoryStore(1 << 20));
  }

  @Test
  void exclusives_overAStoreThatAnswersLater_loseNothing() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    race(new LaterLayer(new MemoryStore(1 << 20), threads));
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
  }

  @Test
  void atomicWrites_overAStoreThatAnswersAtOnce_areNeverSeenInPart() throws Exception {
    atomicRace(new MemoryStore(1 << 20));
  }

  @Test
  void atomicWrites_overAStoreThatWritesInParts_areNeverSeenInPart() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    atomicRace(new LaterLayer(new MemoryStore(1 << 20), threads));
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
  }

  /// Two threads write a range that crosses the store's chunks, each time with one byte all over;
  /// two others read all of it, and never find two different bytes.
  private static void atomicRace(BackingStore store) throws Exception {
    Vertx vertx = Vertx.vertx();
    StoreGate gate = new StoreGate(vertx, store, new StoreGate.Options(60_000));
    int length = 32 << 10;
    long offset = (256L << 10) - length / 2;
    AtomicLong torn = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int which = i;
      threads.add(
          new Thread(
              () -> {
                for (int round = 0; round < ROUNDS / 3; round++) {
                  if (which < 2) {
                    byte[] data = new byte[length];
                    java.util.Arrays.fill(data, (byte) (2 * round + which));
                    gate.writeAtomic(offset, Unpooled.directBuffer(length).writeBytes(data), false)
                        .await();
                  } else {
                    ByteBuf got = gate.read(offset, length).await();
                    byte first = got.getByte(got.readerIndex());
                    torn.addAndGet(got.forEachByte(value -> value == first) < 0 ? 0 : 1);
                    got.release();
                  }
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, torn.get(), "reads that saw a part of an atomic write");
    assertEquals(0, gate.counters().faults());
    gate.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static void race(BackingStore store) throws Exception {
    Vertx vertx = Vertx.vertx();
    StoreGate gate = new StoreGate(vertx, store, new StoreGate.Options(60_000));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong lost = new AtomicLong();
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      Promise<Void> end = Promise.promise();
      ends.add(end.future());
      boolean byUpdate = i != 0;
      Context loop = ((VertxInternal) vertx).createEventLoopContext();
      loop.runOnContext(_ -> count(gate, byUpdate, ROUNDS, end));
    }
    // Plain writes into the second half of the range, each one checked by reading it back: were one
    // overwritten by an update that had read before, it would come back old.
    Thread plain =
        new Thread(
            () -> {
              for (long value = 1; !stop.get(); value++) {
                gate.write(8, Unpooled.directBuffer(8).writeLong(value), false).await();
                ByteBuf back = gate.read(8, 8).await();
                if (back.getLong(back.readerIndex()) != value) {
                  stop.set(true);
                  lost.set(value);
                }
                back.release();
              }
            });
    // Others beside the range, so that lanes are full of what must not be waited for.
    Thread noise =
        new Thread(
            () -> {
              Random random = new Random(1);
              while (!stop.get()) {
                gate.write(
                        4096 + random.nextInt(4096), Unpooled.directBuffer(64).writeZero(64), false)
                    .await();
                if (random.nextInt(50) == 0) {
                  gate.drained().await();
                }
                if (random.nextInt(500) == 0) {
                  gate.resize((1 << 20) + random.nextInt(4096)).await();
                }
              }
            });
    plain.start();
    noise.start();
    for (int i = 0; i < WORKERS; i++) {
      ends.get(i).await(120, TimeUnit.SECONDS);
    }
    stop.set(true);
    plain.join();
    noise.join();
    assertEquals(0, lost.get(), "a plain write was lost");
    ByteBuf counter = gate.read(0, 8).await();
    assertEquals((long) WORKERS * ROUNDS, counter.readLong());
    counter.release();
    assertEquals(0, gate.counters().underWay());
    assertEquals(0, gate.counters().faults());
    gate.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static void count(StoreGate gate, boolean byUpdate, int left, Promise<Void> end) {
    if (left == 0) {
      end.complete();
      return;
    }
    Future<Boolean> step =
        byUpdate
            ? gate.update(
                    0,
                    16,
                    now ->
                        Optional.of(
                            Unpooled.directBuffer(16)
                                .writeLong(now.getLong(now.readerIndex()) + 1)
                                .writeLong(now.getLong(now.readerIndex() + 8))),
                    false)
                .map(true)
            : increment(gate);
    Context context = Vertx.currentContext();
    step.onComplete(
        done -> {
          if (done.failed()) {
            end.fail(done.cause());
          } else {
            context.runOnContext(_ -> count(gate, byUpdate, done.result() ? left - 1 : left, end));
          }
        });
  }

  private static Future<Boolean> increment(StoreGate gate) {
    return gate.read(0, 8)
        .compose(
            now -> {
              long value = now.getLong(now.readerIndex());
              return gate.compareAndWrite(
                      0, now, Unpooled.directBuffer(8).writeLong(value + 1), false)
                  .map(result -> result instanceof CompareResult.Written);
            });
  }

  /// Does reads and writes on other threads, some of them after a while.
  private static final class LaterLayer extends Layer {
    private final ExecutorService threads;

    LaterLayer(BackingStore next, ExecutorService threads) {
      super(next);
      this.threads = threads;
    }

    @Override
    public Future<ByteBuf> read(long offset, int length) {
      Promise<ByteBuf> promise = CallingContext.promise((Vertx) null);
      threads.execute(() -> next().read(offset, length).onComplete(promise));
      return promise.future();
    }

    /// In two halves, as a slow store may.
    @Override
    public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
      ByteBuf half = data.readRetainedSlice(data.readableBytes() / 2);
      return write(offset, half, fua).compose(_ -> write(offset + half.capacity(), data, fua));
    }

    @Override
    public Future<Void> write(long offset, ByteBuf data, boolean fua) {
      Promise<Void> promise = CallingContext.promise((Vertx) null);
      threads.execute(
          () -> {
            Thread.onSpinWait();
            next().write(offset, data, fua).onComplete(promise);
          });
      return promise.future();
    }
  }
}
