package io.vtgt.store.layer.cache;

/// One write to the store of pieces that lie side by side.
final class WriteOut {
  final long offset;
  final int length;

  /// The least [Piece#oldest] of them.
  final long oldest;

  WriteOut(long offset, int length, long oldest) {
    this.offset = offset;
    this.length = length;
    this.oldest = oldest;
  }

  long end() {
    return offset + length;
  }

  boolean overlaps(long from, long to) {
    return offset < to && from < end();
  }
}
