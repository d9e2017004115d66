package io.vtgt.scsi.copy;

/// One contiguous part of a copy. All offsets and lengths are bytes.
sealed interface Move {

  End to();

  /// First byte on the destination.
  long toOffset();

  long length();

  /// Bytes of one unit to another, or to another place of the same one.
  record Copy(End from, long fromOffset, End to, long toOffset, long length) implements Move {

    /// Source and destination have bytes in common.
    boolean overlaps() {
      return from.unit() == to.unit()
          && fromOffset < toOffset + length
          && toOffset < fromOffset + length;
    }
  }

  record Zero(End to, long toOffset, long length) implements Move {}
}
