package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.store.CallingContext;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.Limits;
import io.vtgt.store.Snapshots;
import io.vtgt.store.SnapshotsBelow;
import io.vtgt.store.StoreCall;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers writes when they are in memory, and writes them to the store later: after a while, when
/// they are many, and whenever somebody asks for them to be durable. Stands over a [CacheLayer].
///
/// What is in memory only stands in [DirtyPieces], and reads look there first. A [WriteOut] carries
/// some of it to the store; two of the same bytes are never under way together, so an older one
/// cannot land over a newer one. Everything else that changes the medium goes to the store itself,
/// as a [Passage] through here: alone in its range, after the write-outs there have ended. Where it
/// gives its whole range new content (a write, zeroes, unmap) what is dirty there stays until the
/// store has answered, and is then dropped; otherwise it is written out first.
///
/// A write that finds no room in memory, one that must be durable, and every write while the store
/// is away is a passage too. So memory is bounded and nobody waits for it.
public final class WriteBackLayer extends Layer {

  /// @param dirtyBytes of memory for what is not in the store, at most
  /// @param ageMillis what is older than that is written out, twice as old at most
  public record Options(long dirtyBytes, long ageMillis) {
    public Options {
      if (dirtyBytes < 0 || ageMillis < 1) {
        throw new IllegalArgumentException(
            "write-back of %d bytes, %d ms".formatted(dirtyBytes, ageMillis));
      }
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(WriteBackLayer.class);

  /// Write-outs at a time: enough for a store on a network, few enough to leave it to the reads.
  private static final int PARALLEL = 16;

  private static final int MAX_WRITE_OUT_BYTES = 1 << 20;

  /// A long write is kept in pieces, so that what is left of one that was overwritten holds no more
  /// memory than this.
  private static final int MAX_PIECE_BYTES = 64 << 10;

  private final Vertx vertx;
  private final CacheLayer cache;
  private final Options options;
  private final Limits limits;
  private final BlockMemory memory = new BlockMemory();

  /// Where write-outs are begun; null in tests without event loops: on whatever thread asks then.
  private final ContextInternal background;

  private final Told told = new Told();
  private final AtomicBoolean pumpAsked = new AtomicBoolean();
  private final LongAdder writeOutCount = new LongAdder();
  private final LongAdder writeOutErrors = new LongAdder();
  private final LongAdder lostBytes = new LongAdder();

  // Everything from here on is guarded by this.
  private final DirtyPieces dirty = new DirtyPieces();
  private final List<WriteOut> writeOuts = new ArrayList<>();
  private final List<Passage> passages = new ArrayList<>(); // in the order they came
  private final List<Drain> drains = new ArrayList<>();
  private long sequence;
  private long sequenceAtTick;
  private long aged;
  private boolean pausing; // a write-out has failed since the last tick
  private boolean pumping;
  private boolean leaving; // a detach has failed: the store may be closed
  private StoreFault loss; // not yet told
  private ScheduledFuture<?> ticker;

  // Written under the monitor, read without it.
  private volatile boolean clean = true;
  private volatile long dirtyOverhead;
  private volatile boolean detached;

  // Written by whoever the store tells, read from every thread.
  private volatile StoreListener listener = StoreListener.NONE;
  private volatile boolean usable = true;

  /// What goes to the store itself and wants its range for itself.
  private static final class Passage {
    final long from;
    final long end;

    /// When it succeeds nothing of what was there before counts any more.
    final boolean supersedes;

    final Runnable begin;
    final Consumer<Throwable> giveUp;
    boolean running;

    Passage(long from, long end, boolean supersedes, Runnable begin, Consumer<Throwable> giveUp) {
      this.from = from;
      this.end = end;
      this.supersedes = supersedes;
      this.begin = begin;
      this.giveUp = giveUp;
    }

    boolean overlaps(long otherFrom, long otherEnd) {
      return from < otherEnd && otherFrom < end;
    }
  }

  /// Somebody who waits until everything up to a write is in the store.
  private record Drain(long sequence, Promise<Void> promise) {}

  /// @param vertx may be null in tests without event loops; then only amount and flushes drain
  /// @param cache owned by this layer, which stands in its place in the stack: the next one below
  ///   is that of the cache
  public WriteBackLayer(Vertx vertx, CacheLayer cache, Options options) {
    super(cache.below());
    this.vertx = vertx;
    this.cache = cache;
    this.options = options;
    this.limits = cache.limits().withNativeFua();
    this.background = vertx == null ? null : ((VertxInternal) vertx).createEventLoopContext();
    if (background != null) {
      ticker =
          background
              .nettyEventLoop()
              .scheduleWithFixedDelay(
                  this::tick, options.ageMillis(), options.ageMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /// As the store's, and a write can be made durable by itself: it goes through, and a flush of the
  /// store follows where that has no such writes.
  @Override
  public Limits limits() {
    return limits;
  }

  // --- reads

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    if (clean) {
      return cache.read(offset, length);
    }
    List<Piece> found;
    synchronized (this) {
      found = dirty.within(offset, offset + length);
      found.forEach(piece -> piece.bytes().retain());
    }
    if (found.isEmpty()) {
      return cache.read(offset, length);
    }
    if (usable && covers(found, offset, length)) {
      return Future.succeededFuture(over(null, found, offset, length));
    }
    return cache
        .read(offset, length)
        .transform(
            below -> {
              if (below.succeeded()) {
                return Future.succeededFuture(over(below.result(), found, offset, length));
              }
              found.forEach(piece -> piece.bytes().release());
              return Future.failedFuture(below.cause());
            });
  }

  private static boolean covers(List<Piece> pieces, long offset, int length) {
    long at = offset;
    for (Piece piece : pieces) {
      if (piece.offset() > at) {
        return false;
      }
      at = piece.end();
    }
    return at >= offset + length;
  }

  /// What is dirty, laid over what the store has.
  ///
  /// @param below owned by this method; null where nothing of it is needed
  /// @param pieces their bytes are owned by this method
  private static ByteBuf over(ByteBuf below, List<Piece> pieces, long offset, int length) {
    CompositeByteBuf whole =
        ByteBufAllocator.DEFAULT.compositeBuffer(Math.max(1, 2 * pieces.size() + 1));
    long end = offset + length;
    long at = offset;
    for (Piece piece : pieces) {
      if (piece.offset() > at) {
        whole.addComponent(true, part(below, at - offset, piece.offset() - at));
        at = piece.offset();
      }
      int from = (int) (at - piece.offset());
      int to = (int) (Math.min(end, piece.end()) - piece.offset());
      whole.addComponent(
          true, piece.bytes().retainedSlice(piece.bytes().readerIndex() + from, to - from));
      piece.bytes().release();
      at = piece.offset() + to;
    }
    if (at < end) {
      whole.addComponent(true, part(below, at - offset, end - at));
    }
    if (below != null) {
      below.release();
    }
    return whole;
  }

  private static ByteBuf part(ByteBuf below, long from, long length) {
    return below.retainedSlice(below.readerIndex() + (int) from, (int) length);
  }

  // --- changes

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    if (!fua && keep(offset, data)) {
      data.release();
      return Future.succeededFuture();
    }
    if (fua) {
      StoreFault lost = takeLoss();
      if (lost != null) {
        data.release();
        return Future.failedFuture(lost);
      }
    }
    return pass(
        offset,
        length,
        true,
        () -> durable(cache.write(offset, data, fua && cache.limits().nativeFua()), fua),
        data::release);
  }

  private Future<Void> durable(Future<Void> written, boolean fua) {
    return fua && !cache.limits().nativeFua() ? written.compose(_ -> cache.flush()) : written;
  }

  /// Takes a write into memory.
  ///
  /// @param data borrowed
  /// @return false when it must go to the store itself
  private boolean keep(long offset, ByteBuf data) {
    int length = data.readableBytes();
    if (!mayKeep() || !hasRoom(length)) {
      return false;
    }
    List<Block> copies = copies(data);
    if (copies == null) {
      return false;
    }
    boolean much;
    synchronized (this) {
      if (!mayKeep() || !hasRoom(0) || passes(offset, offset + length)) {
        copies.forEach(Block::release);
        return false;
      }
      sequence++;
      long at = offset;
      for (Block copy : copies) {
        dirty.put(at, copy, sequence);
        at += copy.capacity();
      }
      publish();
      much = isMuch() && writeOuts.size() < PARALLEL && !pausing;
    }
    if (much) {
      pumpSoon();
    }
    return true;
  }

  private boolean mayKeep() {
    return usable && !detached;
  }

  /// What write-outs and readers still hold of overwritten pieces counts too.
  private boolean hasRoom(int more) {
    return memory.heldBytes() + dirtyOverhead + more <= options.dirtyBytes();
  }

  /// @return null when there is no memory
  private List<Block> copies(ByteBuf data) {
    List<Block> copies = new ArrayList<>(1);
    int end = data.writerIndex();
    for (int at = data.readerIndex(); at < end; ) {
      int size = Math.min(MAX_PIECE_BYTES, end - at);
      Block copy = memory.copyOf(data, at, size);
      if (copy == null) {
        copies.forEach(Block::release);
        return null;
      }
      copies.add(copy);
      at += size;
    }
    return copies;
  }

  // Under the monitor.
  private void publish() {
    clean = dirty.isEmpty();
    dirtyOverhead = dirty.overhead();
  }

  // Under the monitor.
  private boolean passes(long from, long end) {
    for (Passage passage : passages) {
      if (passage.overlaps(from, end)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return pass(
        offset,
        length,
        true,
        () -> durable(cache.writeAtomic(offset, data, fua && cache.limits().nativeFua()), fua),
        data::release);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    int granule = Math.max(1, limits().unmapGranularity());
    boolean whole = offset % granule == 0 && length % granule == 0;
    return pass(offset, length, whole, () -> cache.unmap(offset, length), () -> {});
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return pass(offset, length, true, () -> cache.writeZeroes(offset, length, mayUnmap), () -> {});
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return pass(
        offset, length, true, () -> cache.writeSame(offset, length, pattern), pattern::release);
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return pass(
        offset,
        data.readableBytes(),
        false,
        () -> cache.compareAndWrite(offset, expected, data),
        () -> {
          expected.release();
          data.release();
        });
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return pass(offset, length, false, () -> cache.extents(offset, length), () -> {});
  }

  // --- what concerns the whole medium

  @Override
  public Future<Geometry> resize(long bytes) {
    return pass(0, Long.MAX_VALUE, false, () -> cache.resize(bytes), () -> {});
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return cache
        .snapshots()
        .map(
            below ->
                new SnapshotsBelow(below) {
                  @Override
                  public Future<Void> create(String name) {
                    return pass(0, Long.MAX_VALUE, false, () -> below.create(name), () -> {});
                  }

                  @Override
                  public Future<Void> rollback(String name) {
                    return pass(0, Long.MAX_VALUE, true, () -> below.rollback(name), () -> {});
                  }
                });
  }

  @Override
  public Future<Void> flush() {
    return drained().compose(_ -> cache.flush());
  }

  private synchronized StoreFault takeLoss() {
    StoreFault taken = loss;
    loss = null;
    return taken;
  }

  /// Completes when everything that was answered before is in the store, or fails with the first
  /// fault of a write-out that was to bring it there, or because some of it is lost.
  private Future<Void> drained() {
    Drain drain;
    synchronized (this) {
      StoreFault lost = takeLoss();
      if (lost != null) {
        return Future.failedFuture(lost);
      }
      if (isDrained(sequence)) {
        return Future.succeededFuture();
      }
      drain = new Drain(sequence, CallingContext.promise(vertx));
      drains.add(drain);
    }
    pumpSoon();
    return drain.promise().future();
  }

  // Under the monitor.
  private boolean isDrained(long upTo) {
    if (dirty.oldestWaiting() <= upTo) {
      return false;
    }
    for (WriteOut out : writeOuts) {
      if (out.oldest <= upTo) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void listen(StoreListener next) {
    listener = next;
    cache.listen(told);
  }

  private final class Told implements StoreListener {
    @Override
    public void resized(Geometry geometry) {
      listener.resized(geometry);
    }

    @Override
    public void contentChanged() {
      listener.contentChanged();
    }

    @Override
    public void stateChanged(StoreState state) {
      usable = state.usable();
      switch (state.kind()) {
        case USABLE -> pumpSoon();
        case UNREACHABLE -> {} // it may come back as it was, and take what is kept then
        case FENCED, LOCKED_BY_ANOTHER, GONE -> lose(state.reason());
      }
      listener.stateChanged(state);
    }
  }

  /// What is dirty can never be written any more. Somebody has to hear of it.
  private void lose(String why) {
    long bytes;
    List<Drain> told;
    StoreFault fault;
    synchronized (this) {
      bytes = dirty.drop(0, Long.MAX_VALUE);
      publish();
      if (bytes == 0) {
        return;
      }
      fault =
          new StoreFault(
              StoreFault.Kind.WRITE_ERROR,
              "%d bytes that were answered and not yet written are lost: %s".formatted(bytes, why));
      told = List.copyOf(drains);
      drains.clear();
      loss = told.isEmpty() ? fault : null;
    }
    told.forEach(drain -> drain.promise().fail(fault));
    lostBytes.add(bytes);
    LOG.error(
        "write-back: {} bytes that were answered and not yet written are lost: {}", bytes, why);
    goOn();
  }

  /// Memory of what is dirty, and of what readers still hold of it.
  long heldBytes() {
    return memory.heldBytes();
  }

  @Override
  public Map<String, Long> counters() {
    Map<String, Long> counters = cache.ownCounters();
    synchronized (this) {
      counters.put("cache.dirtyBytes", dirty.bytes());
    }
    counters.put("cache.writeOuts", writeOutCount.sum());
    counters.put("cache.writeOutErrors", writeOutErrors.sum());
    counters.put("cache.lostBytes", lostBytes.sum());
    return countersWith(counters);
  }

  @Override
  protected Future<Void> detach() {
    return drained()
        .compose(_ -> cache.detach())
        .andThen(
            (_, cause) -> {
              if (cause == null) {
                detached = true;
                stopTicker();
              } else {
                leave();
              }
            });
  }

  @Override
  protected void abandon() {
    var _ = cache.detach();
  }

  private synchronized void leave() {
    leaving = true;
  }

  private synchronized void stopTicker() {
    if (ticker != null) {
      ticker.cancel(false);
    }
  }

  // --- passages

  /// @param discard gives back what `operation` would have used, because it is never called
  private <T> Future<T> pass(
      long offset,
      long length,
      boolean supersedes,
      Supplier<Future<T>> operation,
      Runnable discard) {
    ContextInternal context = CallingContext.current(vertx);
    Promise<T> promise = CallingContext.promise(context);
    StoreCall call = StoreCall.current();
    Passage[] self = new Passage[1];
    Runnable later =
        () -> StoreCall.within(call, () -> run(self[0], operation)).onComplete(promise);
    Runnable begin = () -> CallingContext.run(context, later);
    Passage passage =
        new Passage(
            offset,
            offset + length,
            supersedes,
            begin,
            cause -> {
              discard.run();
              promise.fail(cause);
            });
    self[0] = passage;
    boolean atOnce;
    synchronized (this) {
      passages.add(passage);
      atOnce = mayBegin(passage);
      if (atOnce) {
        prepare(passage);
      }
    }
    if (atOnce) {
      return run(passage, operation);
    }
    pumpSoon();
    return promise.future();
  }

  // Under the monitor.
  private boolean mayBegin(Passage passage) {
    for (Passage earlier : passages) {
      if (earlier.equals(passage)) {
        break;
      }
      if (earlier.overlaps(passage.from, passage.end)) {
        return false;
      }
    }
    for (WriteOut out : writeOuts) {
      if (out.overlaps(passage.from, passage.end)) {
        return false;
      }
    }
    return passage.supersedes || !dirty.overlaps(passage.from, passage.end);
  }

  // Under the monitor.
  private void prepare(Passage passage) {
    passage.running = true;
    if (passage.supersedes) {
      dirty.cut(passage.from);
      dirty.cut(passage.end);
      publish();
    }
  }

  private <T> Future<T> run(Passage passage, Supplier<Future<T>> operation) {
    Future<T> answer;
    try {
      answer = operation.get();
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.andThen(
        (_, cause) -> {
          synchronized (this) {
            passages.remove(passage);
            if (cause == null && passage.supersedes) {
              dirty.drop(passage.from, passage.end);
              publish();
            }
          }
          goOn();
        });
  }

  // --- write-outs

  /// Once in every age: what was there the last time already is written out.
  void tick() {
    synchronized (this) {
      aged = sequenceAtTick;
      sequenceAtTick = sequence;
      pausing = false;
    }
    pump();
  }

  private void pumpSoon() {
    if (background == null) {
      pump();
    } else if (!pumpAsked.getAndSet(true)) {
      background.runOnContext(
          _ -> {
            pumpAsked.set(false);
            pump();
          });
    }
  }

  /// Begins write-outs as long as there is reason to.
  private void pump() {
    synchronized (this) {
      if (pumping) {
        return; // further up on this stack, or on another thread, somebody goes on
      }
      pumping = true;
    }
    while (true) {
      WriteOut out;
      ByteBuf content;
      synchronized (this) {
        Piece first = writeOuts.size() < PARALLEL ? choose() : null;
        if (first == null) {
          pumping = false;
          return;
        }
        int maxLength = Math.min(MAX_WRITE_OUT_BYTES, cache.limits().maxTransfer());
        out = dirty.carry(first, Math.max(maxLength, first.length()), this::mayGo);
        writeOuts.add(out);
        content = dirty.content(out);
      }
      writeOut(out, content);
    }
  }

  // Under the monitor.
  private Piece choose() {
    for (Passage passage : passages) {
      if (!passage.running && !passage.supersedes) {
        Piece inTheWay = dirty.firstWaiting(passage.from, passage.end, this::mayGo);
        if (inTheWay != null) {
          return inTheWay;
        }
      }
    }
    long latest = -1;
    for (Drain drain : drains) {
      latest = Math.max(latest, drain.sequence());
    }
    if (!pausing && (usable || leaving)) {
      latest = Math.max(latest, isMuch() || leaving ? Long.MAX_VALUE : aged);
    }
    return dirty.oldest(latest, this::mayGo);
  }

  // Under the monitor.
  private boolean isMuch() {
    return dirty.bytes() + dirty.overhead() > options.dirtyBytes() / 2;
  }

  // Under the monitor.
  private boolean mayGo(Piece piece) {
    for (WriteOut out : writeOuts) {
      if (out.overlaps(piece.offset(), piece.end())) {
        return false;
      }
    }
    for (Passage passage : passages) {
      if (passage.running && passage.overlaps(piece.offset(), piece.end())) {
        return false;
      }
    }
    return true;
  }

  private void writeOut(WriteOut out, ByteBuf content) {
    writeOutCount.increment();
    Future<Void> answer;
    try {
      answer = StoreCall.within(StoreCall.OWN, () -> cache.write(out.offset, content, false));
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    answer.onComplete((_, cause) -> ended(out, cause));
  }

  private void ended(WriteOut out, Throwable cause) {
    List<Runnable> told = new ArrayList<>();
    synchronized (this) {
      writeOuts.remove(out);
      if (cause == null) {
        dirty.clean(out);
      } else {
        dirty.soil(out);
        pausing = true;
        giveUp(out, cause, told);
      }
      publish();
    }
    if (cause != null) {
      writeOutErrors.increment();
      LOG.warn(
          "write-back: {} bytes at {} could not be written and stay in memory: {}",
          out.length,
          out.offset,
          cause.getMessage());
      if (cause instanceof StoreFault fault && fault.kind() == StoreFault.Kind.CLOSED) {
        lose("the store is closed");
        stopTicker();
      }
    }
    told.forEach(Runnable::run);
    goOn();
  }

  /// Those who wait for this write-out hear that it failed. Under the monitor.
  private void giveUp(WriteOut out, Throwable cause, List<Runnable> told) {
    drains.removeIf(
        drain -> {
          if (drain.sequence() < out.oldest) {
            return false;
          }
          told.add(() -> drain.promise().fail(cause));
          return true;
        });
    passages.removeIf(
        passage -> {
          if (passage.running || passage.supersedes || !out.overlaps(passage.from, passage.end)) {
            return false;
          }
          told.add(() -> passage.giveUp.accept(cause));
          return true;
        });
  }

  /// Something has ended: whoever waited for it goes on.
  private void goOn() {
    List<Runnable> ready = new ArrayList<>();
    synchronized (this) {
      for (Iterator<Drain> each = drains.iterator(); each.hasNext(); ) {
        Drain drain = each.next();
        if (isDrained(drain.sequence())) {
          each.remove();
          ready.add(drain.promise()::complete);
        }
      }
      for (Passage passage : passages) {
        if (!passage.running && mayBegin(passage)) {
          prepare(passage);
          ready.add(passage.begin);
        }
      }
    }
    ready.forEach(Runnable::run);
    pumpSoon();
  }
}
