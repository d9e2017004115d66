package io.vtgt.store.layer.cache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What is under way in some regions of the medium. Everything is guarded by its monitor, which is
/// held for map operations and, where a change meets cached blocks, for a copy of these.
///
/// A block is put in the cache, replaced and taken out (but for evictions) under the monitor of its
/// stripe.
final class Stripe {
  final Map<Long, Fill> fills = new HashMap<>();
  private final List<Change> changes = new ArrayList<>(4);

  synchronized void begin(Change change) {
    for (Change other : changes) {
      if (other.overlaps(change)) {
        other.contested = true;
        change.contested = true;
      }
    }
    changes.add(change);
  }

  // Under the monitor.
  void end(Change change) {
    changes.remove(change);
  }

  /// Nobody joins these fills any more, and what they bring is not kept. Under the monitor.
  void forgetFills(long firstBlock, long lastBlock) {
    if (!fills.isEmpty()) {
      fills.keySet().removeIf(block -> block >= firstBlock && block <= lastBlock);
    }
  }

  /// Everything changed.
  synchronized void forgetAll() {
    fills.clear();
    for (Change change : changes) {
      change.contested = true;
    }
  }
}
