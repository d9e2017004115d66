package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.AsyncResult;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.layer.ByteRange;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.FaultLayer;
import io.vtgt.store.layer.HandClock;
import io.vtgt.store.layer.TraceLayerProvider;
import io.vtgt.store.layer.cache.MediumModel.Content;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Random operations through every order of layers, compared with what a medium may hold.
///
/// One thread does everything: the delay layer and a [LateLayer] over the store hold what comes to
/// them, the throttle layer waits for a clock of the test's own, and all of them let one after the
/// other go in an order that is drawn from the seed, so a seed gives the same run again
/// (`-Dvtgt.seed=…`). Some operations fail above or below the cache, some halfway in the store.
///
/// The layer that lets no change through is not among them: under it nothing gets stale.
class CacheModelTest {
  /// A round for each mode and each order of layers, of so many steps; the cache's block size and
  /// its size are drawn.
  private static final int STEPS = Integer.getInteger("vtgt.steps", 500);

  private static final int CELL = MediumModel.CELL;
  private static final int CELLS = 131; // the last block is not whole
  private static final int MAX_TRANSFER = 16 << 10;

  private static final int[] BLOCK_SIZES = {512, 2048, 16384};

  /// Blocks, whatever their size; the last one holds the whole medium.
  private static final int[] CACHE_BLOCKS = {1, 5, 512};

  enum Kind {
    CACHE,
    FAULT,
    DELAY,
    THROTTLE,
    TRACE
  }

  enum Mode {
    WRITE_THROUGH,
    WRITE_BACK
  }

  private static List<List<Kind>> orders() {
    List<List<Kind>> orders = new ArrayList<>();
    permute(new ArrayList<>(), EnumSet.allOf(Kind.class), orders);
    return orders;
  }

  private static void permute(List<Kind> begun, EnumSet<Kind> rest, List<List<Kind>> orders) {
    if (rest.isEmpty()) {
      orders.add(List.copyOf(begun));
    }
    for (Kind next : rest) {
      EnumSet<Kind> others = EnumSet.copyOf(rest);
      others.remove(next);
      begun.add(next);
      permute(begun, others, orders);
      begun.removeLast();
    }
  }

  @ParameterizedTest
  @EnumSource
  void operations_throughEveryOrderOfLayers_neverShowAStaleByte(Mode mode) {
    long seed = Long.getLong("vtgt.seed", System.nanoTime());
    System.out.println(getClass().getSimpleName() + " " + mode + ": seed " + seed);
    int rounds = 0;
    for (List<Kind> order : orders()) {
      new Round(mode, order, seed, rounds++).run();
    }
    System.out.println(getClass().getSimpleName() + " " + mode + ": " + rounds + " rounds");
  }

  /// One store under one order of layers.
  private static final class Round {
    private final Random random;
    private final String name;
    private final Mode mode;
    private final MediumModel model = new MediumModel(CELLS);
    private final FakeStore store;
    private final LateLayer late;
    private final HandClock clock = new HandClock();
    private final List<DelayLayer> delays = new ArrayList<>();
    private final List<WriteBackLayer> writeBacks = new ArrayList<>();
    private final BackingStore outermost;
    private final StoreGate gate;
    private final List<ByteBuf> given = new ArrayList<>();

    private final int mostUnderWay;
    private int step;
    private int underWay;
    private long nextId = 1;
    private int cells = CELLS;
    private byte[] snapshot; // what was there when it was made
    private Throwable wrong;

    Round(Mode mode, List<Kind> order, long seed, int index) {
      this.random = new Random(seed + index);
      int blockSize = BLOCK_SIZES[random.nextInt(BLOCK_SIZES.length)];
      int blocks = CACHE_BLOCKS[random.nextInt(CACHE_BLOCKS.length)];
      this.mode = mode;
      this.mostUnderWay = 1 << random.nextInt(6); // 1: one after the other
      this.name =
          "seed %d round %d: %s, from the store outwards %s, %d blocks of %d"
              .formatted(seed, index, mode, order, blocks, blockSize);
      this.store = new FakeStore(CELLS * CELL, MAX_TRANSFER, random);
      this.late = new LateLayer(store);
      BackingStore top = late;
      if (random.nextBoolean()) {
        store.failHalfway(random);
      }
      for (Kind kind : order) {
        top = wrap(kind, top, blockSize, blocks);
      }
      this.outermost = top;
      this.gate = new StoreGate(null, top, new StoreGate.Options(0));
    }

    private Layer wrap(Kind kind, BackingStore next, int blockSize, int blocks) {
      return switch (kind) {
        case FAULT ->
            new FaultLayer(
                next,
                new FaultLayer.Plan(
                    random.nextLong(),
                    0.02,
                    EnumSet.allOf(FaultLayer.Operation.class),
                    ByteRange.ALL,
                    random.nextBoolean()
                        ? StoreFault.Kind.UNAVAILABLE
                        : StoreFault.Kind.READ_ERROR));
        case DELAY -> {
          DelayLayer delay = new DelayLayer(null, next, DelayLayer.Delays.NONE);
          delays.add(delay);
          for (DelayLayer.Traffic traffic : DelayLayer.Traffic.values()) {
            delay.hold(traffic);
          }
          yield delay;
        }
        case THROTTLE ->
            clock.throttle(
                next, Map.of("iops", 100 << random.nextInt(4), "bytesPerSecond", "64KiB"));
        case TRACE ->
            new TraceLayerProvider().wrap(null, next, Map.of("file", "/dev/null", "every", 7));
        case CACHE -> {
          CacheLayer cache =
              new CacheLayer(
                  null,
                  next,
                  new CacheLayer.Options(
                      (long) blocks * blockSize, blockSize, random.nextInt(3) * 8192));
          if (mode == Mode.WRITE_THROUGH) {
            yield cache;
          }
          WriteBackLayer writeBack =
              new WriteBackLayer(
                  null, cache, new WriteBackLayer.Options(4096 << random.nextInt(5), 1000));
          writeBacks.add(writeBack);
          yield writeBack;
        }
      };
    }

    void run() {
      try {
        for (step = 0; step < STEPS; step++) {
          int dice = random.nextInt(100);
          if (dice < 50 && underWay < mostUnderWay) {
            operation();
          } else if (dice < 96) {
            letOneGo();
          } else if (dice < 99) {
            writeBacks.forEach(WriteBackLayer::tick);
          } else if (random.nextInt(3) == 0) {
            outside();
          } else {
            wholeMedium();
          }
          if (wrong != null) {
            throw new AssertionError(wrong.getMessage(), wrong);
          }
        }
        model.checkCrash(where(), store.durable());
        end();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(where() + ": " + e.getMessage(), e);
      }
    }

    private String where() {
      return name + ", step " + step;
    }

    private boolean letOneGo() {
      return switch (random.nextInt(6)) {
        case 0 -> clock.next() || undelay() || late.letOneGo(random::nextInt);
        case 1 -> undelay() || late.letOneGo(random::nextInt) || clock.next();
        default -> late.letOneGo(random::nextInt) || undelay() || clock.next();
      };
    }

    private boolean undelay() {
      for (DelayLayer.Traffic traffic : DelayLayer.Traffic.values()) {
        for (DelayLayer delay : delays) {
          if (delay.releaseOne(traffic, random::nextInt)) {
            return true;
          }
        }
      }
      return false;
    }

    /// Until every user operation is answered. What the cache does by itself may still be under
    /// way.
    private void quiet() {
      while (underWay > 0) {
        if (!letOneGo()) {
          fail("stuck with " + underWay + " operations under way");
        }
      }
    }

    private void allGone() {
      while (letOneGo()) {
        // one more
      }
    }

    // --- operations that overlap

    private void operation() {
      int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 48 : 8);
      // Most of them meet in a few blocks.
      int span = random.nextInt(3) == 0 ? cells : Math.min(cells, 40);
      int from = random.nextInt(Math.max(1, span - length));
      int end = Math.min(cells, from + length);
      long id = nextId++;
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5, 6, 7 -> read(from, end);
        case 8, 9, 10, 11 -> {
          boolean fua = random.nextInt(6) == 0;
          Content content = MediumModel.unique(id);
          ByteBuf data = buffer(MediumModel.bytes(content, from, end));
          change(from, end, content, () -> gate.write(at(from), data, fua), fua);
        }
        case 12 -> {
          int last = Math.min(end, from + FakeStore.MAX_ATOMIC / CELL);
          boolean fua = random.nextBoolean();
          Content content = MediumModel.unique(id);
          ByteBuf data = buffer(MediumModel.bytes(content, from, last));
          change(from, last, content, () -> gate.writeAtomic(at(from), data, fua), fua);
        }
        case 13 -> {
          int granule = FakeStore.GRANULE / CELL;
          int first = (from + granule - 1) / granule * granule;
          int last = end / granule * granule;
          if (first < last) {
            change(
                first,
                last,
                MediumModel.zeroes(),
                () -> gate.unmap(at(from), at(end - from)),
                false);
          }
        }
        case 14 -> {
          boolean mayUnmap = random.nextBoolean();
          change(
              from,
              end,
              MediumModel.zeroes(),
              () -> gate.writeZeroes(at(from), at(end - from), mayUnmap),
              false);
        }
        case 15 -> {
          Content content = MediumModel.same(id);
          ByteBuf pattern = buffer(content.of(from));
          change(
              from, end, content, () -> gate.writeSame(at(from), at(end - from), pattern), false);
        }
        case 16, 17 -> compareAndWrite(from, Math.min(end, from + 4), id);
        case 18 -> flush();
        default -> extents(from, end);
      }
    }

    private static long at(int cell) {
      return (long) cell * CELL;
    }

    private ByteBuf buffer(byte[] bytes) {
      ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
      given.add(buffer);
      return buffer;
    }

    private void read(int from, int end) {
      long begun = model.now();
      String read = where() + ", a read";
      follow(
          gate.read(at(from), (end - from) * CELL),
          (data, cause) -> {
            if (cause == null) {
              byte[] got = ByteBufUtil.getBytes(data);
              data.release();
              model.checkRead(read + " that ended at step " + step, from, got, begun);
            }
          });
    }

    private void change(
        int from, int end, Content content, Supplier<Future<Void>> call, boolean durable) {
      MediumModel.Change change = model.begin(from, end, content);
      follow(
          call.get(),
          (_, cause) -> {
            if (cause == null) {
              model.succeeded(change, durable);
            } else {
              model.failed(change);
            }
          });
    }

    private void compareAndWrite(int from, int end, long id) {
      byte[] expected = new byte[(end - from) * CELL];
      boolean wrong = random.nextInt(4) == 0;
      for (int cell = from; cell < end && !wrong; cell++) {
        System.arraycopy(model.latest(cell), 0, expected, (cell - from) * CELL, CELL);
      }
      if (wrong) {
        random.nextBytes(expected);
      }
      Content content = MediumModel.unique(id);
      ByteBuf data = buffer(MediumModel.bytes(content, from, end));
      boolean fua = random.nextBoolean();
      String compare = where() + ", a compare";
      long begun = model.now();
      MediumModel.Change change = model.begin(from, end, content);
      follow(
          gate.compareAndWrite(at(from), buffer(expected), data, fua),
          (result, cause) -> {
            if (cause != null) {
              model.failed(change);
            } else if (result instanceof CompareResult.Written) {
              model.checkRead(compare + " that ended at step " + step, from, expected, begun);
              model.succeeded(change, fua);
            } else {
              model.refused(change);
            }
          });
    }

    private void flush() {
      long begun = model.now();
      follow(
          gate.flush(),
          (_, cause) -> {
            if (cause == null) {
              model.flushed(begun);
              model.checkCrash(where() + ", after a flush", store.durable());
            }
          });
    }

    private void extents(int from, int end) {
      follow(
          gate.extents(at(from), at(end - from)),
          (extents, cause) -> {
            if (cause == null) {
              assertEquals(at(from), extents.getFirst().offset());
            }
          });
    }

    private <T> void follow(Future<T> answer, Completable<T> end) {
      underWay++;
      answer.onComplete(
          (result, cause) -> {
            underWay--;
            try {
              if (cause != null && !(cause instanceof StoreFault)) {
                throw new AssertionError("not a store fault", cause);
              }
              end.complete(result, cause);
            } catch (AssertionError | RuntimeException e) {
              wrong = wrong == null ? e : wrong; // Vert.x would swallow it
            }
          });
    }

    /// Asks, and lets things go until it is answered.
    private <T> AsyncResult<T> ask(Supplier<Future<T>> call) {
      Future<T> answer = call.get();
      follow(answer, (_, _) -> {});
      quiet();
      return answer;
    }

    // --- what concerns the whole medium: when no user operation is under way

    private void wholeMedium() {
      quiet();
      settle();
      switch (random.nextInt(5)) {
        case 0 -> {}
        case 1 -> {
          if (ask(() -> gate.snapshots().orElseThrow().create("one")).succeeded()) {
            snapshot = content();
          }
        }
        case 2 -> {
          if (snapshot != null) {
            rollback();
          }
        }
        case 3 -> resize(CELLS - random.nextInt(40));
        default -> quietRead();
      }
      settle();
    }

    /// Reads everything: nothing changes now, so what is found stands there.
    private void settle() {
      for (int from = 0; from < cells; ) {
        int end = Math.min(cells, from + 1 + random.nextInt(32));
        byte[] got = readQuietly(from, end);
        if (got != null) {
          model.checkAndSettle(where() + ", settling", from, got);
          from = end;
        }
      }
    }

    private void quietRead() {
      int from = random.nextInt(cells);
      byte[] got = readQuietly(from, cells);
      if (got != null) {
        model.checkAndSettle(where() + ", reading again", from, got);
      }
    }

    /// @return null when it failed
    private byte[] readQuietly(int from, int end) {
      AsyncResult<ByteBuf> read = ask(() -> gate.read(at(from), (end - from) * CELL));
      if (read.failed()) {
        return null;
      }
      byte[] got = ByteBufUtil.getBytes(read.result());
      read.result().release();
      return got;
    }

    private byte[] content() {
      byte[] content = new byte[cells * CELL];
      for (int cell = 0; cell < cells; cell++) {
        System.arraycopy(model.latest(cell), 0, content, cell * CELL, CELL);
      }
      return content;
    }

    private void rollback() {
      if (ask(() -> gate.snapshots().orElseThrow().rollback("one")).succeeded()) {
        resized(snapshot.length / CELL);
        byte[] back = snapshot;
        model.succeeded(begin(0, back), true);
      }
    }

    private void resize(int wanted) {
      if (ask(() -> gate.resize(at(wanted))).succeeded()) {
        resized(wanted);
      }
      assertEquals(at(cells), gate.geometry().bytes());
    }

    /// What is cut off reads as zeroes when it comes again.
    private void resized(int now) {
      cells = now;
      model.succeeded(begin(now, new byte[(CELLS - now) * CELL]), true);
    }

    private MediumModel.Change begin(int from, byte[] bytes) {
      return model.begin(
          from,
          from + bytes.length / CELL,
          cell -> Arrays.copyOfRange(bytes, (cell - from) * CELL, (cell - from + 1) * CELL));
    }

    /// Somebody else changes the medium, and the store tells so; reads and writes may be under way.
    /// What is dirty stays over it.
    private void outside() {
      boolean clean = mode == Mode.WRITE_THROUGH;
      if (!clean) {
        quiet(); // what is answered while a flush is under way may stay dirty
        clean = ask(gate::flush).succeeded();
      }
      int from = random.nextInt(cells);
      int end = Math.min(cells, from + 1 + random.nextInt(20));
      byte[] bytes = MediumModel.bytes(MediumModel.unique(nextId++), from, end);
      MediumModel.Change change = begin(from, bytes);
      store.changeFromOutside(from * CELL, bytes);
      if (clean) {
        model.succeeded(change, true);
      } else {
        model.failed(change);
      }
    }

    // --- the end

    private void end() {
      quiet();
      settle();
      assertEquals(null, wrong);
      // A close that fails for a fault of a layer is told; then the store is closed, and what could
      // not be written is lost, loudly.
      ask(gate::close);
      for (int i = 0; i < 3; i++) {
        writeBacks.forEach(WriteBackLayer::tick);
        allGone();
      }
      for (ByteBuf buffer : given) {
        assertEquals(0, buffer.refCnt(), "a buffer that was given to the gate");
      }
      assertEquals(0, outermost.counters().get("cache.bytes"), "bytes still cached");
      for (WriteBackLayer writeBack : writeBacks) {
        assertEquals(0, writeBack.heldBytes(), "bytes still dirty");
      }
    }
  }
}
