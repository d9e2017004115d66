package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.StoreCall;
import java.util.ArrayList;
import java.util.List;

/// A read that did not find all its blocks, or asks for several: gathers them, each from the cache,
/// from a fill that is under way already, or from a fill of its own.
///
/// A block that cannot be had is no reason to fail: more was asked of the store than this read
/// wants. The store is then asked for exactly this range.
final class BlockRead {
  private final CacheLayer cache;
  private final long offset;
  private final int length;
  private final long firstBlock;
  private final ByteBuf[] parts;
  private final ContextInternal context;
  private final StoreCall call = StoreCall.current();
  private final Promise<ByteBuf> promise;

  // Guarded by this.
  private int awaited = 1; // itself, while it looks
  private boolean incomplete;
  private boolean exact;
  private Throwable failure;

  BlockRead(
      CacheLayer cache,
      long offset,
      int length,
      ContextInternal context,
      Promise<ByteBuf> promise) {
    this.cache = cache;
    this.offset = offset;
    this.length = length;
    this.firstBlock = cache.blockAt(offset);
    this.parts = new ByteBuf[(int) (cache.blockAt(offset + length - 1) - firstBlock) + 1];
    this.context = context;
    this.promise = promise;
  }

  Future<ByteBuf> begin() {
    List<Fill> fills = new ArrayList<>();
    int hits = 0;
    boolean reached = false;
    for (int i = 0; i < parts.length; i++) {
      Block found = cache.find(firstBlock + i);
      if (found != null && take(i, found)) {
        hits++;
        reached |= found.marked() && found.unmark();
      } else {
        Fill joined = join(i, fills);
        if (joined == null) {
          hits++; // it came meanwhile
        } else {
          reached |= joined.ahead && joined.marked;
        }
      }
    }
    cache.count.hits.add(hits);
    cache.count.misses.add(parts.length - hits);
    exact = fills.size() == parts.length && cache.isWhole(offset, length);
    cache.fetch(fills);
    arrived(null, false);
    if (hits < parts.length) {
      cache.readAhead.missed(offset, length);
    }
    if (reached) {
      cache.readAhead.reached(offset, length);
    }
    return promise.future();
  }

  /// @return the fill that this read waits for now; null when the block is there after all
  private Fill join(int i, List<Fill> fills) {
    long block = firstBlock + i;
    Stripe stripe = cache.stripe(block);
    synchronized (stripe) {
      Block found = cache.find(block);
      if (found != null && take(i, found)) {
        return null;
      }
      Fill fill = stripe.fills.get(block);
      if (fill == null) {
        fill = new Fill(block, false, false);
        stripe.fills.put(block, fill);
        fills.add(fill);
      }
      fill.join(this);
      synchronized (this) {
        awaited++;
      }
      return fill;
    }
  }

  /// A fill has ended.
  ///
  /// @param block borrowed; null when it failed
  void filled(Fill fill, Block block, Throwable cause) {
    boolean taken = block != null && take((int) (fill.block - firstBlock), block);
    arrived(cause, !taken);
  }

  /// Takes this read's share of a block, which is borrowed.
  private boolean take(int i, Block block) {
    int from = i == 0 ? cache.inBlock(offset) : 0;
    long start = cache.offsetOf(firstBlock + i);
    int to = (int) Math.min(cache.blockBytes(), offset + length - start);
    if (to > block.capacity()) {
      return false; // the last block of a medium that has grown
    }
    parts[i] = block.share(from, to - from);
    return parts[i] != null;
  }

  private void arrived(Throwable cause, boolean missing) {
    synchronized (this) {
      incomplete |= missing;
      if (failure == null) {
        failure = cause;
      }
      awaited--;
      if (awaited > 0) {
        return;
      }
    }
    if (!incomplete) {
      promise.complete(whole());
      return;
    }
    for (ByteBuf part : parts) {
      if (part != null) {
        part.release();
      }
    }
    if (exact && failure != null) {
      promise.fail(failure);
    } else if (context == null) {
      readDirectly();
    } else {
      context.runOnContext(_ -> readDirectly());
    }
  }

  private ByteBuf whole() {
    if (parts.length == 1) {
      return parts[0];
    }
    CompositeByteBuf whole = ByteBufAllocator.DEFAULT.compositeBuffer(parts.length);
    whole.addComponents(true, parts);
    return whole;
  }

  private void readDirectly() {
    StoreCall.within(call, () -> cache.readStore(offset, length)).onComplete(promise);
  }
}
