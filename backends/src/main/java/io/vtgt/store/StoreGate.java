package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.Stores.LayerSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one door to a store. Checks range and alignment, splits at [Limits#maxTransfer()], emulates
/// what the store lacks, keeps the set of operations under way so that resets, resize and close can
/// drain it, gives each operation a deadline, counts.
///
/// May be called from any context; a future completes on the context that called, and fails with a
/// [StoreFault] only. Buffer ownership is that of [BackingStore].
///
/// How several event loops share it: an operation under way stands in one of a few *lanes*, chosen
/// by the calling thread, so that loops do not meet. Whoever wants a range for himself (compare and
/// write, update, resize) first publishes it in [#exclusives], then looks through every lane for
/// changes that are already under way there, and waits for these. A change enters its lane only if
/// it sees no exclusive range that overlaps, and looks while it holds the lane's monitor. So
/// whichever of the two held the monitor first is seen by the other. Everything that has to wait is
/// put in order under one monitor, and waits only for what came before it: there is no cycle and
/// nobody starves.
///
/// What the store does not answer in time is given up: its caller hears of it, and what has begun
/// is in *quarantine* until the store answers, however late. A change in quarantine may still land,
/// so nobody sees or changes its range meanwhile: who comes waits for it, and is given up in turn.
/// So no write that was answered is overtaken by an older one, and nobody reads what then changes
/// behind his back.
public final class StoreGate {

  /// @param deadlineMillis how long one operation may take before its future fails with
  ///   [StoreFault.Kind#TIMEOUT]; the operation itself stays in quarantine until the store answers.
  ///   A long operation done in pieces gets the time again with each piece. 0 for none
  public record Options(long deadlineMillis) {
    public Options {
      if (deadlineMillis < 0) {
        throw new IllegalArgumentException("deadline of " + deadlineMillis + " ms");
      }
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(StoreGate.class);

  /// The deadline's grain: an operation is found late by a sixteenth of it at most.
  static final int TICKS_PER_DEADLINE = 16;

  /// What zeroes and repeated patterns are written in, where the store takes as much at once.
  private static final int FILL_LENGTH = 256 << 10;

  /// From so much in quarantine on the store is taken for hung: [#hung()].
  static final int MOST_IN_QUARANTINE = 16;

  static final long MOST_QUARANTINED_BYTES = 16L << 20;

  private static final Operation<?>[] NONE = {};

  /// What a thread has to begin after what it is beginning now; null while it begins nothing.
  private static final ThreadLocal<Deque<Runnable>> GOING_ON = new ThreadLocal<>();

  private static final ChangeWatch[] NO_WATCHES = {};

  private final Vertx vertx;
  private final Lane[] lanes;

  /// Guards who waits for whom. Taken before a lane's monitor, never after.
  private final Object order = new Object();

  // Replaced whole under `order`, read from every thread.
  private volatile Operation<?>[] exclusives = NONE;

  // Replaced whole under `order`, read from every thread.
  private volatile ChangeWatch[] watches = NO_WATCHES;

  // Under `order`.
  private Future<Void> closing;
  private ScheduledFuture<?> ticker;

  // Replaced whole, read from every thread.
  private volatile Options options;
  private long quarantinedBytes;

  // Written under `order`, read from every thread.
  private volatile int quarantined;
  private volatile boolean hung;

  private volatile boolean closed;

  // Changed under `order`; null while everybody may use the medium.
  private volatile SoleUse user;

  // Replaced when nothing is under way.
  private volatile BackingStore store;
  private volatile boolean tellsCalls; // as the store asks

  // Written by whoever the store tells, read from every thread.
  private volatile StoreState state = StoreState.USABLE;
  private volatile StoreListener listener = StoreListener.NONE;

  // Written by the ticker only.
  private volatile int tick;

  /// @param vertx whose event loops the deadlines are watched on; null for none (no deadline then)
  /// @param store owned by the gate: closing the gate closes it
  public StoreGate(Vertx vertx, BackingStore store, Options options) {
    this.vertx = vertx;
    this.store = store;
    this.tellsCalls = store.asksForCalls();
    this.options = options;
    int count = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors());
    this.lanes = new Lane[Math.min(64, Math.max(4, count))];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane(this, i);
    }
    this.ticker = startTicker();
    store.listen(new Told(store));
  }

  /// Whether the store can be used, as far as it knows. Any thread.
  public StoreState state() {
    return state;
  }

  /// Tells `next` from now on what happens to the medium by itself, and that it was rolled back,
  /// however late that ends. There is one listener.
  public void listen(StoreListener next) {
    listener = next;
  }

  /// What the store and its layers count, by name. Any thread.
  public Map<String, Long> storeCounters() {
    return store.counters();
  }

  /// What a store tells, until another one stands in its place.
  private final class Told implements StoreListener {
    private final BackingStore teller;

    Told(BackingStore teller) {
      this.teller = teller;
    }

    @Override
    public void resized(Geometry geometry) {
      if (teller.equals(store)) {
        listener.resized(geometry);
      }
    }

    @Override
    public void contentChanged() {
      if (teller.equals(store)) {
        for (ChangeWatch watch : watches) {
          watch.breakUp();
          unwatch(watch);
        }
        listener.contentChanged();
      }
    }

    @Override
    public void stateChanged(StoreState next) {
      if (teller.equals(store)) {
        state = next;
        listener.stateChanged(next);
      }
    }
  }

  /// Other bounds for what is under way and what comes.
  public void options(Options next) {
    synchronized (order) {
      if (closed || next.equals(options)) {
        return;
      }
      if (ticker != null) {
        ticker.cancel(false);
      }
      options = next;
      ticker = startTicker();
    }
  }

  /// On the event loop itself, not as a Vert.x timer: that would end with the verticle that happens
  /// to open the gate.
  private ScheduledFuture<?> startTicker() {
    long tickMicros = Math.max(1000, options.deadlineMillis() * 1000 / TICKS_PER_DEADLINE);
    return vertx == null || options.deadlineMillis() == 0
        ? null
        : CallingContext.loop(vertx, null)
            .scheduleWithFixedDelay(this::tick, tickMicros, tickMicros, TimeUnit.MICROSECONDS);
  }

  public Geometry geometry() {
    return store.geometry();
  }

  public Limits limits() {
    return store.limits();
  }

  /// Reads `length` bytes from byte `offset`.
  ///
  /// @param length bytes, 0 to 2^31-1; longer than the store's transfer is split
  /// @param caller whose read it is
  /// @return exactly `length` bytes, owned by the caller; a composite of the pieces where it was
  ///   split
  public Future<ByteBuf> read(Caller caller, long offset, int length) {
    StoreFault fault = rangeFault("read", offset, length);
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    if (length == 0) {
      return Future.succeededFuture(Unpooled.EMPTY_BUFFER);
    }
    return submit(
        new Operation<ByteBuf>(
            this, caller, Operation.Count.READ, Operation.Reach.READS, offset, length) {
          @Override
          Future<ByteBuf> start() {
            return readWhole(this, offset, (int) length);
          }

          @Override
          void drop(ByteBuf answer) {
            answer.release();
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<ByteBuf> read(long offset, int length) {
    return read(Caller.UNKNOWN, offset, length);
  }

  /// Writes all readable bytes of `data` at byte `offset`.
  ///
  /// @param data owned by the gate from here on
  /// @param fua completes only when the data is on stable storage (by a flush where the store has
  ///   no FUA)
  /// @param caller whose write it is
  public Future<Void> write(Caller caller, long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    StoreFault fault = rangeFault("write", offset, length);
    if (fault != null || length == 0) {
      data.release();
      return fault != null
          ? Future.failedFuture(fault)
          : fua ? flush(caller) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(caller, Operation.Count.WRITE, Operation.Reach.CHANGES, offset, length) {
          @Override
          Future<Void> start() {
            return writeWhole(this, offset, data, fua);
          }

          @Override
          void discard() {
            data.release();
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return write(Caller.UNKNOWN, offset, data, fua);
  }

  /// Writes all of `data` or, whatever happens, nothing, and no read sees a part of it (SBC-4,
  /// Atomic writes).
  ///
  /// @param offset a multiple of [Limits#atomicWriteGranularity()], as is the length
  /// @param data owned by the gate from here on; at most [Limits#maxAtomicWrite()] bytes
  /// @param fua as for [#write]
  /// @param caller whose write it is
  public Future<Void> writeAtomic(Caller caller, long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    StoreFault fault = rangeFault("atomic write", offset, length);
    Limits limits = limits();
    if (fault == null
        && length > 0
        && (length > limits.maxAtomicWrite()
            || offset % limits.atomicWriteGranularity() != 0
            || length % limits.atomicWriteGranularity() != 0)) {
      fault = StoreFault.unsupported("an atomic write of " + length + " bytes at " + offset);
    }
    if (fault != null || length == 0) {
      data.release();
      return fault != null
          ? Future.failedFuture(fault)
          : fua ? flush(caller) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(
            caller, Operation.Count.WRITE, Operation.Reach.EXCLUDES_ALL, offset, length) {
          @Override
          Future<Void> start() {
            boolean nativeFua = fua && limits.nativeFua();
            Future<Void> written = store.writeAtomic(offset, data, nativeFua);
            return fua && !nativeFua ? written.compose(_ -> flushAfter(this)) : written;
          }

          @Override
          void discard() {
            data.release();
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return writeAtomic(Caller.UNKNOWN, offset, data, fua);
  }

  /// Makes every write that completed before this call durable.
  public Future<Void> flush() {
    return flush(Caller.UNKNOWN);
  }

  Future<Void> flush(Caller caller) {
    return submit(
        new Change<Void>(caller, Operation.Count.FLUSH, Operation.Reach.READS, 0, 0) {
          @Override
          Future<Void> start() {
            return store.flush();
          }
        });
  }

  /// Deallocates what whole granules the range holds; where the store cannot unmap, does nothing.
  ///
  /// @param caller whose change it is
  public Future<Void> unmap(Caller caller, long offset, long length) {
    StoreFault fault = rangeFault("unmap", offset, length);
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    Granules granules = Granules.within(offset, length, limits().unmapGranularity());
    if (granules.length() == 0) {
      return Future.succeededFuture();
    }
    return submit(
        new Change<Void>(
            caller,
            Operation.Count.UNMAP,
            Operation.Reach.CHANGES,
            granules.offset(),
            granules.length()) {
          @Override
          Future<Void> start() {
            return store.unmap(granules.offset(), granules.length());
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> unmap(long offset, long length) {
    return unmap(Caller.UNKNOWN, offset, length);
  }

  /// The range reads as zeroes afterwards, natively or by writing zeroes.
  ///
  /// @param caller whose change it is
  /// @param mayUnmap the store may deallocate the range instead of writing it
  public Future<Void> writeZeroes(Caller caller, long offset, long length, boolean mayUnmap) {
    StoreFault fault = rangeFault("write zeroes", offset, length);
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(caller, Operation.Count.OTHER, Operation.Reach.CHANGES, offset, length) {
          @Override
          Future<Void> start() {
            return zero(this, offset, length, mayUnmap);
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return writeZeroes(Caller.UNKNOWN, offset, length, mayUnmap);
  }

  /// Writes `pattern` again and again over `length` bytes.
  ///
  /// @param caller whose change it is
  /// @param pattern owned by the gate; its length divides `length`
  public Future<Void> writeSame(Caller caller, long offset, long length, ByteBuf pattern) {
    StoreFault fault = rangeFault("write same", offset, length);
    int patternLength = pattern.readableBytes();
    if (fault == null && (patternLength == 0 || length % patternLength != 0)) {
      fault =
          new StoreFault(
              StoreFault.Kind.OUT_OF_RANGE,
              "write same of " + length + " bytes with a pattern of " + patternLength);
    }
    if (fault != null || length == 0) {
      pattern.release();
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(caller, Operation.Count.OTHER, Operation.Reach.CHANGES, offset, length) {
          @Override
          Future<Void> start() {
            return fill(this, offset, length, pattern);
          }

          @Override
          void discard() {
            pattern.release();
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return writeSame(Caller.UNKNOWN, offset, length, pattern);
  }

  /// Atomic against every other write through this gate; on the store itself where it can decide.
  ///
  /// @param caller whose change it is
  /// @param expected owned by the gate
  /// @param data owned by the gate; as long as `expected`
  public Future<CompareResult> compareAndWrite(
      Caller caller, long offset, ByteBuf expected, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    StoreFault fault = rangeFault("compare and write", offset, length);
    if (fault == null && expected.readableBytes() != length) {
      fault =
          new StoreFault(
              StoreFault.Kind.OUT_OF_RANGE,
              "compare of " + expected.readableBytes() + " bytes and write of " + length);
    }
    if (fault != null || length == 0) {
      expected.release();
      data.release();
      return fault != null
          ? Future.failedFuture(fault)
          : Future.succeededFuture(CompareResult.WRITTEN);
    }
    int decidable = limits().maxNativeCompareAndWrite();
    boolean byStore = length <= decidable && offset % decidable + length <= decidable;
    if (!byStore && limits().sharedWriters()) {
      expected.release();
      data.release();
      return Future.failedFuture(
          StoreFault.unsupported(
              "a compare and write of %d bytes at %d, for others may write too"
                  .formatted(length, offset)));
    }
    return submit(
        new Change<CompareResult>(
            caller,
            Operation.Count.OTHER,
            byStore ? Operation.Reach.CHANGES : Operation.Reach.EXCLUDES_CHANGES,
            offset,
            length) {
          @Override
          Future<CompareResult> start() {
            return byStore
                ? store.compareAndWrite(offset, expected, data).compose(this::flushed)
                : compareThenWrite(this, offset, expected, data, fua);
          }

          private Future<CompareResult> flushed(CompareResult result) {
            return fua && result instanceof CompareResult.Written
                ? flushAfter(this).map(result)
                : Future.succeededFuture(result);
          }

          @Override
          void discard() {
            expected.release();
            data.release();
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<CompareResult> compareAndWrite(
      long offset, ByteBuf expected, ByteBuf data, boolean fua) {
    return compareAndWrite(Caller.UNKNOWN, offset, expected, data, fua);
  }

  /// Reads a range, lets `change` make the new content (or nothing, to leave it), writes it; atomic
  /// against every other write through this gate.
  ///
  /// @param caller whose change it is
  /// @param change borrows what was read and returns a buffer of the same length that the gate then
  ///   owns; called on the calling context
  public Future<Void> update(
      Caller caller,
      long offset,
      int length,
      Function<ByteBuf, Optional<ByteBuf>> change,
      boolean fua) {
    StoreFault fault = rangeFault("update", offset, length);
    if (fault == null && limits().sharedWriters()) {
      fault = StoreFault.unsupported("updates, for others may write too");
    }
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(
            caller, Operation.Count.OTHER, Operation.Reach.EXCLUDES_CHANGES, offset, length) {
          @Override
          Future<Void> start() {
            return readWhole(this, offset, (int) length)
                .compose(
                    current -> {
                      Optional<ByteBuf> wanted;
                      try {
                        wanted = change.apply(current);
                      } finally {
                        current.release();
                      }
                      return wanted
                          .map(data -> writeAfterRead(this, offset, (int) length, data, fua))
                          .orElseGet(Future::succeededFuture);
                    });
          }
        });
  }

  /// The same for [Caller#UNKNOWN].
  public Future<Void> update(
      long offset, int length, Function<ByteBuf, Optional<ByteBuf>> change, boolean fua) {
    return update(Caller.UNKNOWN, offset, length, change, fua);
  }

  /// The mapped and deallocated extents of a range, in order, without gaps, from `offset` on. It
  /// may end early, but never covers nothing (unless `length` is 0).
  public Future<List<Extent>> extents(long offset, long length) {
    StoreFault fault = rangeFault("extents", offset, length);
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture(List.of());
    }
    return submit(
        new Operation<List<Extent>>(
            this, Caller.UNKNOWN, Operation.Count.OTHER, Operation.Reach.READS, offset, length) {
          @Override
          Future<List<Extent>> start() {
            return store.extents(offset, length);
          }
        });
  }

  /// How much room the medium takes and how much is left. See [BackingStore#space].
  public Future<Space> space() {
    return submit(
        new Change<Space>(Caller.UNKNOWN, Operation.Count.OWN, Operation.Reach.READS, 0, 0) {
          @Override
          Future<Space> start() {
            return store.space();
          }
        });
  }

  /// Whether the store was opened so that it takes writes.
  public boolean writable() {
    return store.writable();
  }

  /// The same of the store below all layers.
  public boolean storeWritable() {
    return new LayerStack(vertx, store).below().writable();
  }

  /// Puts other layers over the store, which stays open; nothing where they are the same. What is
  /// asked meanwhile waits. The old layers hand on what they hold back; where one cannot, or a new
  /// one cannot be made, the old ones stay and this fails.
  ///
  /// @param wanted from the store outwards; [Stores#check] has passed
  /// @param unfit why a store under new layers cannot be served, in words; empty when it can
  public Future<Void> restack(
      List<LayerSpec> wanted, Function<BackingStore, Optional<String>> unfit) {
    LayerStack before = new LayerStack(vertx, store);
    if (before.specs().equals(wanted)) {
      return Future.succeededFuture();
    }
    before.hurry(true);
    // First while the others go on: then there is little left to hand on.
    Future<Void> flushed =
        before.specs().isEmpty() || !store.writable() ? Future.succeededFuture() : flush();
    return flushed
        .transform(_ -> submit(new Restacking(wanted, unfit)))
        .onComplete(_ -> new LayerStack(vertx, store).hurry(false));
  }

  private final class Restacking extends Change<Void> {
    private final List<LayerSpec> wanted;
    private final Function<BackingStore, Optional<String>> unfit;

    Restacking(List<LayerSpec> wanted, Function<BackingStore, Optional<String>> unfit) {
      super(Caller.UNKNOWN, Operation.Count.OWN, Operation.Reach.BARRIER, 0, 0);
      this.wanted = wanted;
      this.unfit = unfit;
    }

    @Override
    Future<Void> start() {
      if (quarantined > 0) { // reads: for changes a barrier waits
        return Future.failedFuture(
            new StoreFault(
                StoreFault.Kind.UNAVAILABLE,
                quarantined + " operations are unanswered beyond their deadline"));
      }
      return new LayerStack(vertx, store)
          .replace(wanted, unfit, this::stopped)
          .compose(
              outcome -> {
                if (!outcome.outermost().equals(store)) {
                  use(outcome.outermost());
                }
                return outcome
                    .refusal()
                    .<Future<Void>>map(Future::failedFuture)
                    .orElseGet(Future::succeededFuture);
              });
    }
  }

  /// Asks `next` from now on, and hears what it tells.
  private void use(BackingStore next) {
    StoreState before = state;
    store = next;
    tellsCalls = next.asksForCalls();
    state = StoreState.USABLE;
    next.listen(new Told(next)); // tells where it is not usable
    StoreState now = state;
    if (!now.equals(before)) {
      listener.stateChanged(now);
    }
  }

  /// Drains, closes the store and goes on with another one that is opened over the same medium in
  /// another way. What is asked meanwhile waits. Where it cannot be opened the gate goes on with a
  /// closed store, and everything fails with [StoreFault.Kind#CLOSED].
  ///
  /// @param opening called when the old store is closed
  public Future<Void> reopen(Supplier<Future<BackingStore>> opening) {
    return submit(
        new Change<Void>(Caller.UNKNOWN, Operation.Count.OTHER, Operation.Reach.BARRIER, 0, 0) {
          @Override
          Future<Void> start() {
            return store
                .close()
                .compose(_ -> opening.get())
                .map(
                    opened -> {
                      use(opened);
                      return null;
                    });
          }
        });
  }

  /// The snapshots of the medium; empty where the store has none. Making one and rolling back to
  /// one drain first, and what is asked meanwhile waits.
  public Optional<Snapshots> snapshots() {
    return store.snapshots().map(_ -> new GatedSnapshots());
  }

  /// Takes the medium from another client. See [TakeOver].
  public Optional<TakeOver> takeOver() {
    return store.takeOver();
  }

  private final class GatedSnapshots implements Snapshots {
    @Override
    public Future<List<Snapshot>> list() {
      return asked(Operation.Reach.READS, Snapshots::list);
    }

    @Override
    public Future<Void> create(String name) {
      return asked(
          Operation.Reach.BARRIER, snapshots -> store.flush().compose(_ -> snapshots.create(name)));
    }

    @Override
    public Future<Void> rollback(String name) {
      return asked(
          Operation.Reach.BARRIER,
          snapshots -> {
            long bytesBefore = geometry().bytes();
            return snapshots.rollback(name).onComplete(done -> tellRollback(done, bytesBefore));
          });
    }

    /// Tells the listener, before what waited for the rollback goes on: unless it is certain that
    /// nothing was done.
    private void tellRollback(AsyncResult<Void> done, long bytesBefore) {
      if (done.cause() instanceof StoreFault fault) {
        switch (fault.kind()) {
          case UNSUPPORTED, READ_ONLY, OUT_OF_RANGE, CLOSED -> {
            return;
          }
          case READ_ERROR, WRITE_ERROR, OUT_OF_SPACE, UNAVAILABLE, TIMEOUT -> {} // a part of it
        }
      }
      listener.contentChanged();
      Geometry now = geometry();
      if (now.bytes() != bytesBefore) {
        listener.resized(now);
      }
    }

    @Override
    public Future<Void> remove(String name) {
      return asked(Operation.Reach.READS, snapshots -> snapshots.remove(name));
    }

    @Override
    public Future<Void> protect(String name, boolean isProtected) {
      return asked(Operation.Reach.READS, snapshots -> snapshots.protect(name, isProtected));
    }

    /// Asks the store that is there when the turn comes.
    private <T> Future<T> asked(Operation.Reach reach, Function<Snapshots, Future<T>> question) {
      return submit(
          new Change<T>(Caller.UNKNOWN, Operation.Count.OWN, reach, 0, 0) {
            @Override
            Future<T> start() {
              return store
                  .snapshots()
                  .map(question)
                  .orElseGet(() -> Future.failedFuture(StoreFault.unsupported("snapshots")));
            }
          });
    }
  }

  /// Drains, then resizes. What is asked meanwhile waits, and is measured against the new size.
  public Future<Geometry> resize(long bytes) {
    if (bytes < 0 || bytes % geometry().blockBytes() != 0) {
      return Future.failedFuture(
          new StoreFault(
              StoreFault.Kind.OUT_OF_RANGE,
              "resize to " + bytes + " bytes, blocks are of " + geometry().blockBytes()));
    }
    return submit(
        new Change<Geometry>(Caller.UNKNOWN, Operation.Count.OTHER, Operation.Reach.BARRIER, 0, 0) {
          @Override
          Future<Geometry> start() {
            return store.resize(bytes);
          }
        });
  }

  /// Completes when every operation that was under way when this was called has been answered by
  /// the store. New operations go on meanwhile.
  public Future<Void> drained() {
    Drain drain = new Drain(CallingContext.promise(vertx), lanes.length);
    for (Lane lane : lanes) {
      lane.join(drain);
    }
    drain.ended(); // its own share
    return drain.future();
  }

  /// Takes the medium for one who changes all of it (a format, a sanitize): from here on whatever
  /// anybody else asks fails with [StoreFault.Kind#UNAVAILABLE], until [SoleUse#end()].
  ///
  /// @return completes when nothing of others is under way any more
  /// @throws IllegalStateException when somebody has it already
  public Future<SoleUse> takeAlone() {
    SoleUse taken = new SoleUse(this);
    synchronized (order) {
      if (user != null) {
        throw new IllegalStateException("the medium is taken already");
      }
      user = taken; // seen by whoever takes a lane's monitor after `drained` did
    }
    return drained().map(taken);
  }

  void giveBack(SoleUse by) {
    synchronized (order) {
      if (user == by) {
        user = null;
      }
    }
  }

  /// Begins to watch for changes of `ranges`. A change that was under way already is not noticed:
  /// whoever needs a medium that stands still waits for [#drained()] after this call, and takes the
  /// medium as it is then.
  ///
  /// @return to be given back by [#unwatch]
  public ChangeWatch watch(List<ChangeWatch.Range> ranges) {
    ChangeWatch watch = new ChangeWatch(ranges);
    synchronized (order) {
      ChangeWatch[] more = Arrays.copyOf(watches, watches.length + 1);
      more[watches.length] = watch;
      watches = more;
    }
    return watch;
  }

  /// Watches no longer. Any number of times.
  public void unwatch(ChangeWatch watch) {
    synchronized (order) {
      List<ChangeWatch> rest = new ArrayList<>(List.of(watches));
      rest.remove(watch);
      watches = rest.toArray(NO_WATCHES);
    }
  }

  /// Completes when no change that `whose` matches can reach the medium any more: those under way
  /// now have been answered by the store, those in quarantine too. Changes of anonymous callers are
  /// waited for as well. May take as long as the store lives.
  public Future<Void> landed(Predicate<Caller> whose) {
    Drain drain = new Drain(CallingContext.promise(vertx), 0);
    synchronized (order) {
      for (Lane lane : lanes) {
        lane.watch(drain, whose);
      }
    }
    drain.ended(); // its own share
    return drain.future();
  }

  /// Fails the changes that `whose` matches and that wait for their turn: they never begin. Those
  /// that have begun go on.
  public void withdraw(Predicate<Caller> whose) {
    for (Lane lane : lanes) {
      for (Operation<?> waiting : lane.matching(whose)) {
        withdraw(waiting, "its caller does not want it any more");
      }
    }
  }

  /// Gives the changes up that `whose` matches, as if their deadline had passed: their futures fail
  /// now, and what has begun is in quarantine.
  public void abandon(Predicate<Caller> whose) {
    for (Lane lane : lanes) {
      for (Operation<?> operation : lane.abandon(whose)) {
        giveUp(operation, "abandoned");
      }
    }
  }

  /// The store has left so many operations unanswered beyond their deadline that it shall not get
  /// more. Any thread.
  public boolean hung() {
    return hung;
  }

  /// Operations in quarantine. Any thread.
  public int quarantined() {
    return quarantined;
  }

  public Counters counters() {
    Tally sum = new Tally();
    int underWay = 0;
    for (Lane lane : lanes) {
      underWay += lane.addTo(sum);
    }
    return sum.counters(underWay);
  }

  /// Refuses new operations, drains, closes the store. Completes only when the store has answered
  /// everything: a caller who cannot wait for a store that hangs puts a limit of his own on it.
  public Future<Void> close() {
    Promise<Void> done = CallingContext.promise(vertx);
    synchronized (order) {
      if (closing != null) {
        return closing;
      }
      closing = done.future();
    }
    closed = true; // seen by whoever takes a lane's monitor after `drained` did
    new LayerStack(vertx, store).hurry(true);
    drained()
        .compose(_ -> store.close())
        .onComplete(
            (_, failure) -> {
              stopTicker();
              done.complete(null, failure);
            });
    return done.future();
  }

  private void stopTicker() {
    synchronized (order) {
      if (ticker != null) {
        ticker.cancel(false);
      }
    }
  }

  /// Since the gate was opened.
  ///
  /// @param readOperations calls of the gate, not pieces of them; so are the other counts
  /// @param faults answered with a fault, timeouts left out
  /// @param timeouts given up by the deadline
  /// @param underWay not yet answered by the store, those given up included
  public record Counters(
      long readOperations,
      long readBytes,
      long writeOperations,
      long writeBytes,
      long flushOperations,
      long unmapOperations,
      long unmapBytes,
      long otherOperations,
      long faults,
      long timeouts,
      int underWay) {}

  // --- the way of an operation

  private StoreFault rangeFault(String what, long offset, long length) {
    Geometry geometry = store.geometry();
    int blockMask = geometry.blockBytes() - 1;
    if (offset >= 0
        && length >= 0
        && offset <= geometry.bytes() - length
        && ((offset | length) & blockMask) == 0) {
      return null;
    }
    return new StoreFault(
        StoreFault.Kind.OUT_OF_RANGE,
        what + " of " + length + " bytes at " + offset + ": the medium has " + geometry);
  }

  private <T> Future<T> submit(Operation<T> operation) {
    if (operation.caller.aborted()) {
      operation.discard();
      return Future.failedFuture(givenUp());
    }
    operation.context = CallingContext.current(vertx);
    operation.lane = lanes[(int) Thread.currentThread().threadId() & (lanes.length - 1)];
    operation.progress(tick);
    return switch (operation.lane.admit(operation)) {
      case ADMITTED -> begin(operation);
      case MUST_QUEUE -> queue(operation);
      case REFUSED -> {
        operation.discard();
        yield Future.failedFuture(refusal());
      }
    };
  }

  /// Calls the store; where it answers at once its future is the caller's.
  private <T> Future<T> begin(Operation<T> operation) {
    Future<T> answer = call(operation);
    if (!answer.isComplete()) {
      Future<T> promised = operation.promised();
      if (operation.abandoned()) { // while the store was called
        giveUp(operation, "abandoned");
      }
      answer.onComplete(operation);
      return promised;
    }
    end(operation, answer.succeeded());
    return answer.succeeded() || answer.cause() instanceof StoreFault
        ? answer
        : Future.failedFuture(fault(operation, answer.cause()));
  }

  private <T> Future<T> call(Operation<T> operation) {
    if (watches.length != 0 && operation.reach != Operation.Reach.READS) {
      breakWatches(operation);
    }
    try {
      return tellsCalls ? StoreCall.within(operation, operation::start) : operation.start();
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
    }
  }

  /// Asks the store for something on behalf of an operation that is under way.
  <F extends Future<?>> F ask(Operation<?> operation, Supplier<F> step) {
    return tellsCalls ? StoreCall.within(operation, step) : step.get();
  }

  /// The operation stands in its lane: whoever began to watch since, and then drained, has waited
  /// for it or is seen here. A barrier has no range and concerns everybody.
  private void breakWatches(Operation<?> change) {
    for (ChangeWatch watch : watches) {
      if (change.reach == Operation.Reach.BARRIER || watch.concerns(change.offset, change.length)) {
        watch.breakUp();
        unwatch(watch);
      }
    }
  }

  /// Puts an operation in its place among those that exclude each other.
  private <T> Future<T> queue(Operation<T> operation) {
    Future<T> promised;
    synchronized (order) {
      if (!operation.lane.enter(operation)) {
        operation.discard();
        return Future.failedFuture(refusal());
      }
      int blockers = 0;
      for (Operation<?> exclusive : exclusives) {
        if (exclusive.excludes(operation)) {
          exclusive.addDependent(operation);
          blockers++;
        }
      }
      if (operation.reach.exclusive()) {
        publish(operation); // before the lanes are looked through: who comes later sees it
        for (Lane lane : lanes) {
          blockers += lane.await(operation);
        }
      }
      operation.blockedBy(blockers);
      promised = blockers == 0 ? null : operation.promised();
    }
    if (promised != null && operation.stopped()) {
      withdraw(operation, "its caller does not want it any more");
    }
    return promised == null ? begin(operation) : promised;
  }

  private void publish(Operation<?> operation) {
    Operation<?>[] more = new Operation<?>[exclusives.length + 1];
    System.arraycopy(exclusives, 0, more, 0, exclusives.length);
    more[exclusives.length] = operation;
    exclusives = more;
  }

  private void unpublish(Operation<?> operation) {
    List<Operation<?>> rest = new ArrayList<>(List.of(exclusives));
    if (rest.remove(operation)) {
      exclusives = rest.toArray(NONE);
    }
  }

  /// The store's answer to an operation whose caller has a future: it hears before those that
  /// waited for it go on, and finds it gone from the lane.
  <T> void answered(Operation<T> operation, T answer, Throwable failure) {
    List<Drain> drains = operation.lane.remove(operation, failure == null);
    try {
      if (failure != null) {
        operation.promise().tryFail(fault(operation, failure));
      } else if (!operation.promise().tryComplete(answer)) {
        operation.drop(answer);
      }
    } finally {
      letOthersOn(operation, drains);
    }
  }

  private void end(Operation<?> operation, boolean succeeded) {
    letOthersOn(operation, operation.lane.remove(operation, succeeded));
  }

  private void letOthersOn(Operation<?> operation, List<Drain> drains) {
    if (operation.awaited || operation.reach.exclusive()) {
      release(operation);
    }
    for (Drain drain : drains) {
      drain.ended();
    }
  }

  private void release(Operation<?> operation) {
    List<Operation<?>> ready = new ArrayList<>();
    List<Drain> watchers;
    synchronized (order) {
      if (operation.leaveQuarantine()) {
        quarantine(operation, -1);
      }
      if (operation.reach != Operation.Reach.READS) {
        unpublish(operation);
      }
      watchers = operation.takeWatchers();
      for (Operation<?> dependent : operation.takeDependents()) {
        if (dependent.unblocked()) {
          ready.add(dependent);
        }
      }
    }
    for (Operation<?> next : ready) {
      ContextInternal context = next.context;
      if (context == null) {
        goOn(() -> resume(next));
      } else {
        context.runOnContext(_ -> resume(next));
      }
    }
    watchers.forEach(Drain::ended);
  }

  /// Without a context the thread that lets an operation go on begins it; but never within one that
  /// it lets go on already: a store that answers at once would nest them until the stack ends.
  private static void goOn(Runnable operation) {
    Deque<Runnable> behind = GOING_ON.get();
    if (behind != null) {
      behind.add(operation);
      return;
    }
    behind = new ArrayDeque<>();
    GOING_ON.set(behind);
    try {
      for (Runnable next = operation; next != null; next = behind.poll()) {
        next.run();
      }
    } finally {
      GOING_ON.remove();
    }
  }

  /// Begins an operation that had to wait.
  private <T> void resume(Operation<T> operation) {
    StoreFault fault =
        operation.stopped()
            ? givenUp()
            : rangeFault("operation after a resize", operation.offset, operation.length);
    if (fault == null) {
      operation.progress(tick);
      call(operation).onComplete(operation);
    } else {
      operation.discard();
      answered(operation, null, fault);
    }
  }

  private StoreFault fault(Operation<?> operation, Throwable cause) {
    if (cause instanceof StoreFault fault) {
      return fault;
    }
    LOG.error(
        "the store failed with something else than a store fault ({} of {} bytes at {})",
        operation.count,
        operation.length,
        operation.offset,
        cause);
    return new StoreFault(
        operation.count == Operation.Count.READ
            ? StoreFault.Kind.READ_ERROR
            : StoreFault.Kind.WRITE_ERROR,
        "unexpected: " + cause,
        cause);
  }

  private StoreFault refusal() {
    return closed
        ? new StoreFault(StoreFault.Kind.CLOSED, "the store is closed")
        : new StoreFault(StoreFault.Kind.UNAVAILABLE, "the whole medium is being changed");
  }

  static StoreFault givenUp() {
    return new StoreFault(StoreFault.Kind.TIMEOUT, "given up before it was done");
  }

  /// Asked by a lane under its monitor.
  boolean refuses(Operation<?> operation) {
    SoleUse now = user;
    return closed || (now != null && !now.equals(operation.caller));
  }

  /// Read by a lane under its monitor.
  Operation<?>[] exclusives() {
    return exclusives;
  }

  // --- deadlines

  int tickNow() {
    return tick;
  }

  /// One step of the clock: gives up whatever has not moved for a whole deadline.
  void tick() {
    int now = tick + 1;
    tick = now;
    for (Lane lane : lanes) {
      for (Operation<?> late : lane.late(now)) {
        giveUp(late, "no answer within " + options.deadlineMillis() + " ms");
      }
    }
  }

  /// Ends an operation that still waits for its turn.
  ///
  /// @return false when it has begun
  private boolean withdraw(Operation<?> operation, String why) {
    synchronized (order) {
      if (!operation.withdraw()) {
        return false;
      }
      operation.abandon();
    }
    operation.discard();
    end(operation, false);
    operation.promise().tryFail(timeout(operation, why));
    return true;
  }

  /// Tells the caller that it takes too long. What has begun is in quarantine before he knows.
  private void giveUp(Operation<?> operation, String why) {
    if (operation.promise() == null || withdraw(operation, why)) {
      return; // whoever calls the store for it just now will see that it is abandoned
    }
    synchronized (order) {
      if (operation.enterQuarantine()) {
        quarantine(operation, 1);
        if (operation.reach == Operation.Reach.CHANGES) {
          publish(operation);
        }
      }
    }
    operation.promise().tryFail(timeout(operation, why));
  }

  // Under `order`.
  private void quarantine(Operation<?> operation, int sign) {
    int count = quarantined + sign;
    quarantined = count;
    quarantinedBytes += sign * operation.length;
    boolean tooMuch = count >= MOST_IN_QUARANTINE || quarantinedBytes >= MOST_QUARANTINED_BYTES;
    if (tooMuch != hung) {
      hung = tooMuch;
      LOG.warn(
          "{}: {} operations, {} bytes are unanswered beyond their deadline",
          tooMuch ? "the store hangs" : "the store answers again",
          count,
          quarantinedBytes);
    }
  }

  private static StoreFault timeout(Operation<?> operation, String why) {
    return new StoreFault(
        StoreFault.Kind.TIMEOUT,
        "%s (%s of %d bytes at %d)"
            .formatted(why, operation.count, operation.length, operation.offset));
  }

  // --- what the store lacks

  /// An operation whose answer holds no buffer.
  private abstract class Change<T> extends Operation<T> {
    Change(Caller caller, Count count, Reach reach, long offset, long length) {
      super(StoreGate.this, caller, count, reach, offset, length);
    }
  }

  private Future<ByteBuf> readWhole(Operation<?> operation, long offset, int length) {
    int maxTransfer = limits().maxTransfer();
    if (length <= maxTransfer) {
      return store.read(offset, length);
    }
    ByteBuf[] parts = new ByteBuf[(int) (((long) length + maxTransfer - 1) / maxTransfer)];
    return Pieces.walk(
            this,
            operation,
            length,
            maxTransfer,
            (at, size) ->
                store
                    .read(offset + at, size)
                    .map(
                        part -> {
                          parts[(int) (at / maxTransfer)] = part;
                          return null;
                        }))
        .transform(
            walked -> {
              if (walked.succeeded()) {
                CompositeByteBuf whole = ByteBufAllocator.DEFAULT.compositeBuffer(parts.length);
                whole.addComponents(true, parts);
                return Future.succeededFuture(whole);
              }
              for (ByteBuf part : parts) {
                if (part != null) {
                  part.release();
                }
              }
              return Future.failedFuture(walked.cause());
            });
  }

  /// @param data owned by this method
  private Future<Void> writeWhole(Operation<?> operation, long offset, ByteBuf data, boolean fua) {
    Limits limits = limits();
    boolean nativeFua = fua && limits.nativeFua();
    Future<Void> written;
    if (data.readableBytes() <= limits.maxTransfer()) {
      written = store.write(offset, data, nativeFua);
    } else {
      int start = data.readerIndex();
      written =
          Pieces.walk(
                  this,
                  operation,
                  data.readableBytes(),
                  limits.maxTransfer(),
                  (at, size) ->
                      store.write(
                          offset + at, data.retainedSlice(start + (int) at, size), nativeFua))
              .onComplete(_ -> data.release());
    }
    return fua && !nativeFua ? written.compose(_ -> flushAfter(operation)) : written;
  }

  private Future<Void> flushAfter(Operation<?> operation) {
    operation.progress(tick);
    return operation.stopped()
        ? Future.failedFuture(givenUp())
        : ask(operation, () -> store.flush());
  }

  private Future<Void> zero(Operation<?> operation, long offset, long length, boolean mayUnmap) {
    Limits limits = limits();
    if (limits.nativeWriteZeroes()) {
      return store.writeZeroes(offset, length, mayUnmap);
    }
    Granules granules = Granules.within(offset, length, limits.unmapGranularity());
    if (!mayUnmap || !limits.unmapZeroes() || granules.length() == 0) {
      return writeZeroBytes(operation, offset, length);
    }
    long end = granules.offset() + granules.length();
    return writeZeroBytes(operation, offset, granules.offset() - offset)
        .compose(_ -> writeZeroBytes(operation, end, offset + length - end))
        .compose(
            _ ->
                operation.stopped()
                    ? Future.failedFuture(givenUp())
                    : ask(operation, () -> store.unmap(granules.offset(), granules.length())));
  }

  private Future<Void> writeZeroBytes(Operation<?> operation, long offset, long length) {
    return Pieces.walk(
        this,
        operation,
        length,
        Math.min(FILL_LENGTH, limits().maxTransfer()),
        (at, size) -> store.write(offset + at, Zeroes.slice(size), false));
  }

  /// @param pattern owned by this method
  private Future<Void> fill(Operation<?> operation, long offset, long length, ByteBuf pattern) {
    int patternLength = pattern.readableBytes();
    if (limits().nativeWriteZeroes() && isZero(pattern)) {
      pattern.release();
      return store.writeZeroes(offset, length, false);
    }
    if (limits().nativeWriteSame()) {
      return store.writeSame(offset, length, pattern);
    }
    long room = Math.min(length, Math.min(FILL_LENGTH, limits().maxTransfer()));
    int times = (int) Math.max(1, room / patternLength);
    ByteBuf repeated = PooledByteBufAllocator.DEFAULT.directBuffer(times * patternLength);
    for (int i = 0; i < times; i++) {
      repeated.writeBytes(pattern, pattern.readerIndex(), patternLength);
    }
    pattern.release();
    return Pieces.walk(
            this,
            operation,
            length,
            repeated.readableBytes(),
            (at, size) ->
                writeWhole(operation, offset + at, repeated.retainedSlice(0, size), false))
        .onComplete(_ -> repeated.release());
  }

  private static boolean isZero(ByteBuf buffer) {
    return buffer.forEachByte(value -> value == 0) < 0;
  }

  private Future<CompareResult> compareThenWrite(
      Operation<?> operation, long offset, ByteBuf expected, ByteBuf data, boolean fua) {
    int length = expected.readableBytes();
    return readWhole(operation, offset, length)
        .transform(
            got -> {
              if (got.failed()) {
                expected.release();
                data.release();
                return Future.failedFuture(got.cause());
              }
              int differs = mismatch(expected, got.result());
              expected.release();
              got.result().release();
              if (differs >= 0) {
                data.release();
                return Future.succeededFuture(new CompareResult.Differs(differs));
              }
              return writeAfterRead(operation, offset, length, data, fua)
                  .map(CompareResult.WRITTEN);
            });
  }

  /// @param data owned by this method
  private Future<Void> writeAfterRead(
      Operation<?> operation, long offset, int length, ByteBuf data, boolean fua) {
    if (operation.stopped()) {
      data.release();
      return Future.failedFuture(givenUp());
    }
    if (data.readableBytes() != length) {
      int came = data.readableBytes();
      data.release();
      return Future.failedFuture(
          new StoreFault(
              StoreFault.Kind.OUT_OF_RANGE, "update of " + length + " bytes with " + came));
    }
    operation.progress(tick);
    return ask(operation, () -> writeWhole(operation, offset, data, fua));
  }

  /// Where two buffers of one length differ first, or -1.
  private static int mismatch(ByteBuf a, ByteBuf b) {
    return a.nioBuffer().mismatch(b.nioBuffer());
  }

  /// The whole granules inside a range.
  ///
  /// @param length 0 when there is none
  private record Granules(long offset, long length) {
    static Granules within(long offset, long length, int granularity) {
      if (granularity == 0) {
        return new Granules(offset, 0);
      }
      long first = (offset + granularity - 1) / granularity * granularity;
      long end = (offset + length) / granularity * granularity;
      return new Granules(first, Math.max(0, end - first));
    }
  }
}
