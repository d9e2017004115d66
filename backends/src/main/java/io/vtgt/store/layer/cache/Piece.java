package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;

/// Bytes that were answered and are not in the store.
///
/// @param bytes owned by the [DirtyPieces] it stands in
/// @param oldest the sequence number of the oldest write whose bytes this piece stands for: its
///   own, or one that it lies over and that never got to the store
/// @param carrier the write to the store that has these bytes under way; null for none
record Piece(long offset, ByteBuf bytes, long oldest, WriteOut carrier) {
  int length() {
    return bytes.readableBytes();
  }

  long end() {
    return offset + length();
  }

  Piece carriedBy(WriteOut next) {
    return new Piece(offset, bytes, oldest, next);
  }
}
