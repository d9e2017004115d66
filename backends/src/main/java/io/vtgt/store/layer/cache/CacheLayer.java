package io.vtgt.store.layer.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.Snapshots;
import io.vtgt.store.SnapshotsBelow;
import io.vtgt.store.StoreCall;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Keeps blocks of the medium that were read in memory. What is written goes through to the store
/// before it is answered.
///
/// Why no read gets a byte that is too old: a block comes into the cache by a [Fill] only, one read
/// of the store that everybody who misses the block joins. Every [Change] of the medium is known
/// while it is under way. When the store has answered it, and before its caller hears of it, three
/// things are done under the monitor of each [Stripe] it touches: fills under way are forgotten
/// (their readers began before, and get what comes, but it is not kept and nobody joins any more);
/// cached blocks get the bytes that were written, in a fresh copy, for readers may hold the old
/// one; and where it is not known what the medium holds (the change failed, is none that brings
/// bytes, or met another one of the same bytes on its way) cached blocks are dropped. Until then
/// reads get the old bytes from the cache, as is right for a write that is not answered.
///
/// A read that hits takes no lock.
public final class CacheLayer extends Layer {

  /// @param sizeBytes of all blocks together, at most
  /// @param blockBytes what is read and kept as one, a power of two, 512 bytes to 1 MiB
  /// @param readAheadBytes how far one stream is read ahead at most; 0 for not at all
  public record Options(long sizeBytes, int blockBytes, int readAheadBytes) {
    public Options {
      if (sizeBytes < 0
          || Integer.bitCount(blockBytes) != 1
          || blockBytes < 512
          || blockBytes > MAX_BLOCK_BYTES
          || readAheadBytes < 0) {
        throw new IllegalArgumentException(
            "a cache of %d bytes in blocks of %d, read-ahead %d"
                .formatted(sizeBytes, blockBytes, readAheadBytes));
      }
    }
  }

  static final int MAX_BLOCK_BYTES = 1 << 20;

  /// Neighbouring blocks share a stripe, so that an operation seldom meets more than one or two.
  private static final int REGION_SHIFT = 20;

  private static final int STRIPES = 64; // more than there are event loops; a power of two

  private static final int NOTED_READS = 8; // a power of two

  /// From so many blocks on a change walks the cache instead of its range.
  private static final long MANY_BLOCKS = 4096;

  private final Vertx vertx;
  private final int blockBytes;
  private final int blockShift;
  private final int blocksPerRead;
  private final Cache<Long, Block> blocks;
  private final Policy<Long, Block> quietly;
  private final BlockMemory memory = new BlockMemory();
  private final Stripe[] stripes = new Stripe[STRIPES];
  private final Told told = new Told();
  final CacheCounters count = new CacheCounters();
  final ReadAhead readAhead;

  // Written by whoever the store tells, read from every thread.
  private volatile StoreListener listener = StoreListener.NONE;
  private volatile boolean usable = true;
  private volatile boolean detached;

  /// @param vertx may be null in tests without event loops
  /// @throws StoreFault `UNSUPPORTED` where others write to the medium too
  public CacheLayer(Vertx vertx, BackingStore next, Options options) {
    super(next);
    if (next.limits().sharedWriters()) {
      throw StoreFault.unsupported("a cache, for others may write to the medium too");
    }
    this.vertx = vertx;
    int maxTransfer = next.limits().maxTransfer();
    this.blockBytes =
        Math.max(
            next.geometry().blockBytes(),
            Math.min(options.blockBytes(), Integer.highestOneBit(maxTransfer)));
    this.blockShift = Integer.numberOfTrailingZeros(blockBytes);
    this.blocksPerRead = Math.max(1, maxTransfer / blockBytes);
    this.blocks =
        Caffeine.newBuilder()
            .maximumWeight(options.sizeBytes())
            .weigher((Long _, Block block) -> block.capacity())
            .executor(Runnable::run)
            .removalListener(this::removed)
            .build();
    this.quietly = blocks.policy();
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
    this.readAhead = new ReadAhead(this, vertx, options.readAheadBytes());
  }

  /// What this layer stands over.
  BackingStore below() {
    return next();
  }

  // --- reads

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    if (!serves() || offset + length > geometry().bytes()) {
      return readStore(offset, length);
    }
    int at = inBlock(offset);
    if (at + length <= blockBytes) {
      Block block = find(blockAt(offset));
      ByteBuf hit =
          block == null || at + length > block.capacity() ? null : block.share(at, length);
      if (hit != null) {
        count.hits.increment();
        if (block.marked() && block.unmark()) {
          readAhead.reached(offset, length);
        }
        return Future.succeededFuture(hit);
      }
    }
    ContextInternal context = CallingContext.current(vertx);
    return new BlockRead(this, offset, length, context, CallingContext.promise(context)).begin();
  }

  /// Past the cache.
  Future<ByteBuf> readStore(long offset, int length) {
    count.storeReads.increment();
    return next().read(offset, length);
  }

  /// While the store cannot be used nobody knows whether its content is still ours: another gateway
  /// may have taken it over. Whoever reads hears it from the store.
  private boolean serves() {
    return usable && !detached;
  }

  /// Reads what these fills are for, neighbours at once. In ascending order of blocks; each stands
  /// in its stripe already.
  void fetch(List<Fill> fills) {
    for (int begin = 0; begin < fills.size(); ) {
      int end = begin + 1;
      while (end < fills.size()
          && end - begin < blocksPerRead
          && fills.get(end).block == fills.get(end - 1).block + 1) {
        end++;
      }
      fetchRun(fills.subList(begin, end));
      begin = end;
    }
  }

  /// One read of the store for neighbouring blocks.
  Future<ByteBuf> fetchRun(List<Fill> run) {
    long start = offsetOf(run.getFirst().block);
    int length = (int) (Math.min(offsetOf(run.getLast().block + 1), geometry().bytes()) - start);
    Future<ByteBuf> answer;
    try {
      answer =
          length > 0
              ? StoreCall.within(StoreCall.OWN, () -> readStore(start, length))
              : Future.failedFuture(
                  new StoreFault(StoreFault.Kind.OUT_OF_RANGE, "block past the end at " + start));
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.andThen(
        (data, cause) -> {
          int at = 0;
          for (Fill fill : run) {
            int size = Math.min(blockBytes, length - at);
            Block block = cause == null ? memory.copyOf(data, data.readerIndex() + at, size) : null;
            end(fill, block, cause);
            at += size;
          }
          if (cause == null) {
            data.release();
          }
        });
  }

  /// @param block owned by this method; null when the fill failed
  private void end(Fill fill, Block block, Throwable cause) {
    Stripe stripe = stripe(fill.block);
    List<BlockRead> waiting;
    synchronized (stripe) {
      boolean kept = stripe.fills.remove(fill.block, fill);
      waiting = fill.waiting();
      if (kept && block != null && !detached) {
        if (fill.marked && waiting.isEmpty()) {
          block.mark();
        }
        var _ = block.retain();
        blocks.put(fill.block, block);
      }
    }
    for (BlockRead read : waiting) {
      read.filled(fill, block, cause);
    }
    if (block != null) {
      block.release();
    }
  }

  /// Opens fills for what is neither cached nor being read.
  ///
  /// @param markFirst the first of them, or the block itself where it is cached, is marked
  /// @return in ascending order
  List<Fill> fillsAhead(long firstBlock, long endBlock, boolean markFirst) {
    List<Fill> fills = new ArrayList<>();
    for (long block = firstBlock; block < endBlock; block++) {
      boolean marked = markFirst && block == firstBlock;
      Stripe stripe = stripe(block);
      synchronized (stripe) {
        Block found = quietly.getIfPresentQuietly(block);
        if (found != null) {
          if (marked) {
            found.mark();
          }
        } else if (serves() && !stripe.fills.containsKey(block)) {
          Fill fill = new Fill(block, true, marked);
          stripe.fills.put(block, fill);
          fills.add(fill);
        }
      }
    }
    return fills;
  }

  // --- changes

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    ByteBuf content = keep(offset, data);
    return changing(offset, length, content, _ -> true, () -> next().write(offset, data, fua));
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    ByteBuf content = keep(offset, data);
    return changing(
        offset, length, content, _ -> true, () -> next().writeAtomic(offset, data, fua));
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    int length = data.readableBytes();
    ByteBuf content = keep(offset, data);
    return changing(
        offset,
        length,
        content,
        result -> result instanceof CompareResult.Written,
        () -> next().compareAndWrite(offset, expected, data));
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return changing(offset, length, null, _ -> false, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return changing(
        offset, length, null, _ -> false, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return changing(
        offset, length, null, _ -> false, () -> next().writeSame(offset, length, pattern));
  }

  /// The bytes that are written, for the blocks that are cached now; null when none is.
  ///
  /// @param data borrowed
  private ByteBuf keep(long offset, ByteBuf data) {
    long last = blockAt(offset + data.readableBytes() - 1);
    for (long block = blockAt(offset); block <= last; block++) {
      if (blocks.asMap().containsKey(block)) {
        return data.retainedDuplicate();
      }
    }
    return null;
  }

  /// @param content what the range holds when `took` says so of the answer; owned by this method;
  ///   null for not known
  private <T> Future<T> changing(
      long offset, long length, ByteBuf content, Predicate<T> took, Supplier<Future<T>> operation) {
    Change change = new Change(offset, length);
    forEachStripe(change, (_, stripe) -> stripe.begin(change));
    Future<T> answer;
    try {
      answer = operation.get();
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.andThen(
        (result, cause) -> {
          end(change, cause == null && took.test(result) ? content : null);
          if (content != null) {
            content.release();
          }
        });
  }

  /// @param content borrowed; null for not known
  private void end(Change change, ByteBuf content) {
    long first = blockAt(change.offset);
    long last = blockAt(change.end - 1);
    boolean many = last - first >= MANY_BLOCKS;
    forEachStripe(
        change,
        (region, stripe) -> {
          synchronized (stripe) {
            stripe.forgetFills(first, last);
            if (!many) {
              settle(change, content, region);
              stripe.end(change);
            }
          }
        });
    if (many) {
      drop(first, last);
      forEachStripe(
          change,
          (_, stripe) -> {
            synchronized (stripe) {
              stripe.end(change);
            }
          });
    }
  }

  /// What is kept of the change's blocks in this region and those that share its stripe.
  private void settle(Change change, ByteBuf content, long firstRegion) {
    long lastRegion = (change.end - 1) >> REGION_SHIFT;
    for (long region = firstRegion; region <= lastRegion; region += STRIPES) {
      long from = Math.max(change.offset, region << REGION_SHIFT);
      long to = Math.min(change.end, (region + 1) << REGION_SHIFT);
      for (long block = blockAt(from); block <= blockAt(to - 1); block++) {
        Block old = quietly.getIfPresentQuietly(block);
        if (old != null) {
          Block now =
              content == null || change.contested ? null : changed(block, old, change, content);
          if (now == null) {
            blocks.invalidate(block);
          } else if (blocks.asMap().replace(block, now) == null) {
            now.release(); // the old one was evicted meanwhile
          }
        }
      }
    }
  }

  /// A block as it is after a change.
  ///
  /// @return owned by the caller; null when it cannot be made
  private Block changed(long block, Block old, Change change, ByteBuf content) {
    long start = offsetOf(block);
    int length = old.capacity();
    int from = (int) Math.max(0, change.offset - start);
    int to = (int) Math.min(length, change.end - start);
    if (change.end > start + length && length < blockBytes) {
      return null; // the last block of a medium that has grown
    }
    ByteBuf before = old.share(0, length);
    if (before == null) {
      return null;
    }
    Block now = memory.allocate(length);
    if (now != null) {
      now.setBytes(0, before, 0, from);
      now.setBytes(
          from, content, content.readerIndex() + (int) (start + from - change.offset), to - from);
      now.setBytes(to, before, to, length - to);
      if (old.marked()) {
        now.mark();
      }
    }
    before.release();
    return now;
  }

  private void drop(long firstBlock, long lastBlock) {
    for (Long block : blocks.asMap().keySet()) {
      if (block >= firstBlock && block <= lastBlock) {
        blocks.invalidate(block);
      }
    }
  }

  /// Nothing that was known of the medium holds any more.
  private void dropAll() {
    for (Stripe stripe : stripes) {
      stripe.forgetAll();
    }
    blocks.invalidateAll();
  }

  private interface StripeStep {
    /// @param region the first region of the change that belongs to the stripe
    void take(long region, Stripe stripe);
  }

  private void forEachStripe(Change change, StripeStep step) {
    long first = change.offset >> REGION_SHIFT;
    long last = Math.min((change.end - 1) >> REGION_SHIFT, first + STRIPES - 1);
    for (long region = first; region <= last; region++) {
      step.take(region, stripes[(int) region & (STRIPES - 1)]);
    }
  }

  private void removed(Long key, Block block, RemovalCause cause) {
    if (cause == RemovalCause.SIZE) {
      count.evictions.increment();
    }
    block.release();
  }

  // --- what concerns the whole medium

  @Override
  public Future<Geometry> resize(long bytes) {
    return alone(() -> next().resize(bytes));
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return next()
        .snapshots()
        .map(
            ofStore ->
                new SnapshotsBelow(ofStore) {
                  @Override
                  public Future<Void> rollback(String name) {
                    return alone(() -> ofStore.rollback(name));
                  }
                });
  }

  /// Without any read of ours beside it; forgets everything afterwards. The gate has drained.
  private <T> Future<T> alone(Supplier<Future<T>> operation) {
    return readAhead
        .stop()
        .compose(_ -> operation.get())
        .andThen(
            (_, _) -> {
              dropAll();
              readAhead.goOn();
            });
  }

  @Override
  public void listen(StoreListener next) {
    listener = next;
    next().listen(told);
  }

  /// What the store tells of itself: first it counts here, then it is passed on.
  private final class Told implements StoreListener {
    @Override
    public void resized(Geometry geometry) {
      dropAll();
      listener.resized(geometry);
    }

    @Override
    public void contentChanged() {
      dropAll();
      listener.contentChanged();
    }

    @Override
    public void stateChanged(StoreState state) {
      usable = state.usable();
      switch (state.kind()) {
        case USABLE, UNREACHABLE -> {} // a store that was in other hands meanwhile tells so
        case FENCED, LOCKED_BY_ANOTHER, GONE -> dropAll();
      }
      listener.stateChanged(state);
    }
  }

  @Override
  public Map<String, Long> counters() {
    return countersWith(ownCounters());
  }

  /// Without those of the store below.
  Map<String, Long> ownCounters() {
    Map<String, Long> counters = new HashMap<>();
    count.addTo(counters);
    counters.put("cache.bytes", memory.heldBytes());
    return counters;
  }

  @Override
  protected Future<Void> detach() {
    detached = true;
    return readAhead.stop().andThen((_, _) -> dropAll());
  }

  // --- blocks

  /// Tells Caffeine of one in [#NOTED_READS] reads only: what it makes of them are relative
  /// frequencies, which a sample has too, and keeping book of every read costs half as much as
  /// serving it (bench/cache).
  ///
  /// @return null when it is not cached
  Block find(long block) {
    return (ThreadLocalRandom.current().nextInt() & (NOTED_READS - 1)) == 0
        ? blocks.getIfPresent(block)
        : quietly.getIfPresentQuietly(block);
  }

  Stripe stripe(long block) {
    return stripes[(int) (offsetOf(block) >> REGION_SHIFT) & (STRIPES - 1)];
  }

  int blockBytes() {
    return blockBytes;
  }

  int maxReadBytes() {
    return blocksPerRead * blockBytes;
  }

  long blockAt(long offset) {
    return offset >> blockShift;
  }

  long offsetOf(long block) {
    return block << blockShift;
  }

  int inBlock(long offset) {
    return (int) offset & (blockBytes - 1);
  }

  /// Whether the range is made of whole blocks, read in one piece.
  boolean isWhole(long offset, int length) {
    return inBlock(offset) == 0
        && (inBlock(length) == 0 || offset + length == geometry().bytes())
        && length <= maxReadBytes();
  }
}
