package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
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
public final class StoreGate {

  /// @param deadlineMillis how long one operation may take before its future fails with
  ///   [StoreFault.Kind#TIMEOUT]; the operation itself stays in the set under way until the store
  ///   answers. A long operation done in pieces gets the time again with each piece. 0 for none
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

  private static final Operation<?>[] NONE = {};

  private final Vertx vertx;
  private final BackingStore store;
  private final Options options;
  private final Lane[] lanes;
  private final ScheduledFuture<?> ticker;

  /// Guards who waits for whom. Taken before a lane's monitor, never after.
  private final Object order = new Object();

  // Replaced whole under `order`, read from every thread.
  private volatile Operation<?>[] exclusives = NONE;

  // Under `order`.
  private Future<Void> closing;

  private volatile boolean closed;

  // Changed under `order`; null while everybody may use the medium.
  private volatile SoleUse user;

  // Written by the ticker only.
  private volatile int tick;

  /// @param vertx whose event loops the deadlines are watched on; null for none (no deadline then)
  /// @param store owned by the gate: closing the gate closes it
  public StoreGate(Vertx vertx, BackingStore store, Options options) {
    this.vertx = vertx;
    this.store = store;
    this.options = options;
    int count = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors());
    this.lanes = new Lane[Math.min(64, Math.max(4, count))];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane(this, i);
    }
    // On the event loop itself, not as a Vert.x timer: that would end with the verticle that
    // happens
    // to open the gate.
    long tickMicros = Math.max(1000, options.deadlineMillis() * 1000 / TICKS_PER_DEADLINE);
    this.ticker =
        vertx == null || options.deadlineMillis() == 0
            ? null
            : ((VertxInternal) vertx)
                .nettyEventLoopGroup()
                .next()
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
  /// @return exactly `length` bytes, owned by the caller; a composite of the pieces where it was
  ///   split
  public Future<ByteBuf> read(long offset, int length) {
    StoreFault fault = rangeFault("read", offset, length);
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    if (length == 0) {
      return Future.succeededFuture(Unpooled.EMPTY_BUFFER);
    }
    return submit(
        new Operation<ByteBuf>(this, Operation.Count.READ, Operation.Reach.READS, offset, length) {
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

  /// Writes all readable bytes of `data` at byte `offset`.
  ///
  /// @param data owned by the gate from here on
  /// @param fua completes only when the data is on stable storage (by a flush where the store has
  ///   no FUA)
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return write(null, offset, data, fua);
  }

  Future<Void> write(SoleUse by, long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    StoreFault fault = rangeFault("write", offset, length);
    if (fault != null || length == 0) {
      data.release();
      return fault != null
          ? Future.failedFuture(fault)
          : fua ? flush(by) : Future.succeededFuture();
    }
    return submit(
        by,
        new Change<Void>(Operation.Count.WRITE, Operation.Reach.CHANGES, offset, length) {
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

  /// Writes all of `data` or, whatever happens, nothing, and no read sees a part of it (SBC-4,
  /// Atomic writes).
  ///
  /// @param offset a multiple of [Limits#atomicWriteGranularity()], as is the length
  /// @param data owned by the gate from here on; at most [Limits#maxAtomicWrite()] bytes
  /// @param fua as for [#write]
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
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
      return fault != null ? Future.failedFuture(fault) : fua ? flush() : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(Operation.Count.WRITE, Operation.Reach.EXCLUDES_ALL, offset, length) {
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

  /// Makes every write that completed before this call durable.
  public Future<Void> flush() {
    return flush(null);
  }

  Future<Void> flush(SoleUse by) {
    return submit(
        by,
        new Change<Void>(Operation.Count.FLUSH, Operation.Reach.READS, 0, 0) {
          @Override
          Future<Void> start() {
            return store.flush();
          }
        });
  }

  /// Deallocates what whole granules the range holds; where the store cannot unmap, does nothing.
  public Future<Void> unmap(long offset, long length) {
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
            Operation.Count.UNMAP, Operation.Reach.CHANGES, granules.offset(), granules.length()) {
          @Override
          Future<Void> start() {
            return store.unmap(granules.offset(), granules.length());
          }
        });
  }

  /// The range reads as zeroes afterwards, natively or by writing zeroes.
  ///
  /// @param mayUnmap the store may deallocate the range instead of writing it
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return writeZeroes(null, offset, length, mayUnmap);
  }

  Future<Void> writeZeroes(SoleUse by, long offset, long length, boolean mayUnmap) {
    StoreFault fault = rangeFault("write zeroes", offset, length);
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture();
    }
    return submit(
        by,
        new Change<Void>(Operation.Count.OTHER, Operation.Reach.CHANGES, offset, length) {
          @Override
          Future<Void> start() {
            return zero(this, offset, length, mayUnmap);
          }
        });
  }

  /// Writes `pattern` again and again over `length` bytes.
  ///
  /// @param pattern owned by the gate; its length divides `length`
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
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
        new Change<Void>(Operation.Count.OTHER, Operation.Reach.CHANGES, offset, length) {
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

  /// Atomic against every other write through this gate; on the store itself where it can decide.
  ///
  /// @param expected owned by the gate
  /// @param data owned by the gate; as long as `expected`
  public Future<CompareResult> compareAndWrite(
      long offset, ByteBuf expected, ByteBuf data, boolean fua) {
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
    boolean byStore = length <= limits().maxNativeCompareAndWrite();
    return submit(
        new Change<CompareResult>(
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

  /// Reads a range, lets `change` make the new content (or nothing, to leave it), writes it; atomic
  /// against every other write through this gate.
  ///
  /// @param change borrows what was read and returns a buffer of the same length that the gate then
  ///   owns; called on the calling context
  public Future<Void> update(
      long offset, int length, Function<ByteBuf, Optional<ByteBuf>> change, boolean fua) {
    StoreFault fault = rangeFault("update", offset, length);
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture();
    }
    return submit(
        new Change<Void>(Operation.Count.OTHER, Operation.Reach.EXCLUDES_CHANGES, offset, length) {
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

  /// The mapped and deallocated extents of a range, in order, without gaps, from `offset` on. It
  /// may end early, but never covers nothing (unless `length` is 0).
  public Future<List<Extent>> extents(long offset, long length) {
    StoreFault fault = rangeFault("extents", offset, length);
    if (fault != null || length == 0) {
      return fault != null ? Future.failedFuture(fault) : Future.succeededFuture(List.of());
    }
    return submit(
        new Operation<List<Extent>>(
            this, Operation.Count.OTHER, Operation.Reach.READS, offset, length) {
          @Override
          Future<List<Extent>> start() {
            return store.extents(offset, length);
          }
        });
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
        new Change<Geometry>(Operation.Count.OTHER, Operation.Reach.BARRIER, 0, 0) {
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
    drain.laneEmpty(); // its own share
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
    drained()
        .compose(_ -> store.close())
        .onComplete(
            (_, failure) -> {
              if (ticker != null) {
                ticker.cancel(false);
              }
              done.complete(null, failure);
            });
    return done.future();
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
    return submit(null, operation);
  }

  /// @param by who has taken the medium alone, or null
  private <T> Future<T> submit(SoleUse by, Operation<T> operation) {
    operation.by = by;
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
      answer.onComplete(operation);
      return promised;
    }
    end(operation, answer.succeeded());
    return answer.succeeded() || answer.cause() instanceof StoreFault
        ? answer
        : Future.failedFuture(fault(operation, answer.cause()));
  }

  private static <T> Future<T> call(Operation<T> operation) {
    try {
      return operation.start();
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
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
    return promised == null ? begin(operation) : promised;
  }

  private void publish(Operation<?> operation) {
    Operation<?>[] more = new Operation<?>[exclusives.length + 1];
    System.arraycopy(exclusives, 0, more, 0, exclusives.length);
    more[exclusives.length] = operation;
    exclusives = more;
  }

  private void withdraw(Operation<?> operation) {
    List<Operation<?>> rest = new ArrayList<>(List.of(exclusives));
    rest.remove(operation);
    exclusives = rest.toArray(NONE);
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
      drain.laneEmpty();
    }
  }

  private void release(Operation<?> operation) {
    List<Operation<?>> ready = new ArrayList<>();
    synchronized (order) {
      if (operation.reach.exclusive()) {
        withdraw(operation);
      }
      for (Operation<?> dependent : operation.takeDependents()) {
        if (dependent.unblocked()) {
          ready.add(dependent);
        }
      }
    }
    for (Operation<?> next : ready) {
      ContextInternal context = next.context;
      if (context == null) {
        resume(next);
      } else {
        context.runOnContext(_ -> resume(next));
      }
    }
  }

  /// Begins an operation that had to wait.
  private <T> void resume(Operation<T> operation) {
    StoreFault fault =
        operation.abandoned()
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
    return new StoreFault(StoreFault.Kind.TIMEOUT, "given up after the deadline");
  }

  /// Asked by a lane under its monitor.
  boolean refuses(Operation<?> operation) {
    SoleUse now = user;
    return closed || (now != null && operation.by != now);
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
        giveUp(late);
      }
    }
  }

  private void giveUp(Operation<?> operation) {
    boolean waiting;
    synchronized (order) {
      waiting = operation.withdraw();
    }
    if (waiting) {
      operation.discard();
      end(operation, false);
    }
    operation
        .promise()
        .tryFail(
            new StoreFault(
                StoreFault.Kind.TIMEOUT,
                "no answer within "
                    + options.deadlineMillis()
                    + " ms ("
                    + operation.count
                    + " of "
                    + operation.length
                    + " bytes at "
                    + operation.offset
                    + ")"));
  }

  // --- what the store lacks

  /// An operation whose answer holds no buffer.
  private abstract class Change<T> extends Operation<T> {
    Change(Count count, Reach reach, long offset, long length) {
      super(StoreGate.this, count, reach, offset, length);
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
    return operation.abandoned() ? Future.failedFuture(givenUp()) : store.flush();
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
        .compose(_ -> store.unmap(granules.offset(), granules.length()));
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
    if (operation.abandoned()) {
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
    return writeWhole(operation, offset, data, fua);
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
