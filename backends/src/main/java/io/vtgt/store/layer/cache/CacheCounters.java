package io.vtgt.store.layer.cache;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// What a [CacheLayer] counts.
final class CacheCounters {
  /// Blocks that a read found.
  final LongAdder hits = new LongAdder();

  /// Blocks that a read did not find.
  final LongAdder misses = new LongAdder();

  /// Reads that the store below was asked for, those ahead included.
  final LongAdder storeReads = new LongAdder();

  final LongAdder readAheadBytes = new LongAdder();

  /// Blocks that were given up to make room.
  final LongAdder evictions = new LongAdder();

  void addTo(Map<String, Long> counters) {
    counters.put("cache.hits", hits.sum());
    counters.put("cache.misses", misses.sum());
    counters.put("cache.storeReads", storeReads.sum());
    counters.put("cache.readAheadBytes", readAheadBytes.sum());
    counters.put("cache.evictions", evictions.sum());
  }
}
