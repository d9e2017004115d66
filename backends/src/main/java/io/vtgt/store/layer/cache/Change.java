package io.vtgt.store.layer.cache;

/// A change of the medium that is under way at the store.
final class Change {
  final long offset;
  final long end;

  /// Another change of the same bytes was under way at some time too, or everything changed: what
  /// the medium holds afterwards is not known. Set under the monitor of a stripe that both touch.
  volatile boolean contested;

  Change(long offset, long length) {
    this.offset = offset;
    this.end = offset + length;
  }

  boolean overlaps(Change other) {
    return offset < other.end && other.offset < end;
  }
}
