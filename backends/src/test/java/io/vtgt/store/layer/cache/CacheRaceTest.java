package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreGate;
import io.vtgt.store.layer.cache.MediumModel.Content;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Several event loops at one cache whose store answers on other threads: what slips past a
/// monitor, or a block that is given back while somebody takes a share of it, shows as a byte that
/// the model does not allow, or as memory that stays.
class CacheRaceTest {
  private static final int LOOPS = 4;
  private static final int ROUNDS = Integer.getInteger("vtgt.rounds", 1500); // of each loop
  private static final int DEPTH = 4;
  private static final int CELLS = 131;
  private static final int CELL = MediumModel.CELL;
  private static final int MAX_TRANSFER = 16 << 10;

  private final MediumModel model = new MediumModel(CELLS);
  private final AtomicLong ids = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();
  private StoreGate gate;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # blocks | block size | dirty bytes; 0: write-through
          1        | 2048       | 0
          3        | 512        | 0
          512      | 2048       | 0
          1        | 2048       | 16384
          3        | 512        | 4096
          512      | 2048       | 1048576
          """)
  void operations_ofSeveralLoops_neverShowAStaleByte(int blocks, int blockSize, long dirtyBytes)
      throws Exception {
    long seed = Long.getLong("vtgt.seed", System.nanoTime());
    System.out.println(getClass().getSimpleName() + ": seed " + seed);
    Vertx vertx = Vertx.vertx();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    FakeStore store = new FakeStore(CELLS * CELL, MAX_TRANSFER, new Random(seed));
    CacheLayer cache =
        new CacheLayer(
            vertx,
            new OtherThreads(store, threads),
            new CacheLayer.Options((long) blocks * blockSize, blockSize, 8192));
    WriteBackLayer writeBack =
        dirtyBytes == 0
            ? null
            : new WriteBackLayer(vertx, cache, new WriteBackLayer.Options(dirtyBytes, 3));
    BackingStore outermost = dirtyBytes == 0 ? cache : writeBack;
    gate = new StoreGate(vertx, outermost, new StoreGate.Options(60_000));
    List<Future<Void>> ends = new ArrayList<>();
    for (int i = 0; i < LOOPS * DEPTH; i++) {
      Promise<Void> end = Promise.promise();
      ends.add(end.future());
      Random random = new Random(seed + i);
      Context loop = ((VertxInternal) vertx).createEventLoopContext();
      loop.runOnContext(_ -> next(loop, random, ROUNDS / DEPTH, end));
    }
    Future.all(ends).await(120, TimeUnit.SECONDS);
    if (wrong.get() != null) {
      throw new AssertionError("seed " + seed + ": " + wrong.get().getMessage(), wrong.get());
    }
    ByteBuf all = gate.read(0, CELLS * CELL).await(10, TimeUnit.SECONDS);
    byte[] content = ByteBufUtil.getBytes(all);
    all.release();
    model.checkAndSettle("seed " + seed + ", at the end", 0, content);
    gate.flush().await(10, TimeUnit.SECONDS);
    model.checkRead("seed " + seed + ", in the store", 0, store.durable(), model.now());
    assertTrue(store.flushes() > 0);
    assertEquals(0, gate.counters().faults());
    gate.close().await(10, TimeUnit.SECONDS);
    assertEquals(0, outermost.counters().get("cache.bytes"));
    if (writeBack != null) {
      assertEquals(0, writeBack.heldBytes());
    }
    vertx.close().await(10, TimeUnit.SECONDS);
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
  }

  private void next(Context loop, Random random, int left, Promise<Void> end) {
    if (left == 0 || wrong.get() != null) {
      end.complete();
      return;
    }
    operation(random)
        .onComplete(
            (_, cause) -> {
              if (cause != null) {
                wrong.compareAndSet(null, cause);
              }
              loop.runOnContext(_ -> next(loop, random, left - 1, end));
            });
  }

  private Future<?> operation(Random random) {
    int from = random.nextInt(40);
    int cells = Math.min(CELLS - from, 1 + random.nextInt(random.nextInt(4) == 0 ? 90 : 8));
    int length = cells * CELL;
    long at = (long) from * CELL;
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> change(from, cells, random.nextInt(10) == 0);
      case 3 -> {
        MediumModel.Change change = model.begin(from, from + cells, MediumModel.zeroes());
        yield gate.writeZeroes(at, length, false).andThen((_, _) -> model.succeeded(change, false));
      }
      case 4 -> {
        long begun = model.now();
        yield random.nextInt(4) > 0
            ? Future.succeededFuture()
            : gate.flush().andThen((_, _) -> model.flushed(begun));
      }
      default -> {
        long begun = model.now();
        yield gate.read(at, length)
            .map(
                data -> {
                  byte[] got = ByteBufUtil.getBytes(data);
                  data.release();
                  model.checkRead("a read", from, got, begun);
                  return null;
                });
      }
    };
  }

  private Future<Void> change(int from, int cells, boolean fua) {
    Content content = MediumModel.unique(ids.incrementAndGet());
    byte[] bytes = MediumModel.bytes(content, from, from + cells);
    MediumModel.Change change = model.begin(from, from + cells, content);
    ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    return gate.write((long) from * CELL, data, fua)
        .andThen(
            (_, cause) -> {
              assertNull(cause);
              model.succeeded(change, fua);
            });
  }

  /// Does everything on other threads.
  private static final class OtherThreads extends Layer {
    private final ExecutorService threads;

    OtherThreads(BackingStore next, ExecutorService threads) {
      super(next);
      this.threads = threads;
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
    public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
      return later(() -> next().writeZeroes(offset, length, mayUnmap));
    }

    @Override
    public Future<Void> flush() {
      return later(() -> next().flush());
    }

    private <T> Future<T> later(java.util.function.Supplier<Future<T>> operation) {
      Promise<T> promise = CallingContext.promise((Vertx) null);
      threads.execute(() -> operation.get().onComplete(promise));
      return promise.future();
    }
  }
}
