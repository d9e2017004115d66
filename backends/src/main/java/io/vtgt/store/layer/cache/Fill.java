package io.vtgt.store.layer.cache;

import java.util.ArrayList;
import java.util.List;

/// One missing block that is being read from the store, and the reads that wait for it.
final class Fill {
  final long block;

  /// Asked for by nobody yet.
  final boolean ahead;

  /// What comes is to be marked: see [Block#mark].
  final boolean marked;

  // Guarded by the block's stripe.
  private final List<BlockRead> waiting = new ArrayList<>(1);

  Fill(long block, boolean ahead, boolean marked) {
    this.block = block;
    this.ahead = ahead;
    this.marked = marked;
  }

  void join(BlockRead read) {
    waiting.add(read);
  }

  List<BlockRead> waiting() {
    return waiting;
  }
}
