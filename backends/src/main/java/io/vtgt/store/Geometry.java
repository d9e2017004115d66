package io.vtgt.store;

/// Size and block sizes of a store.
///
/// @param bytes size in bytes, a multiple of `blockBytes`
/// @param blockBytes what offsets and lengths must be multiples of: 1 for memory, 512 or 4096 for
///   direct I/O; a power of two
/// @param physicalBlockBytes the size below which a write costs a read: a power of two, at least
///   `blockBytes`
public record Geometry(long bytes, int blockBytes, int physicalBlockBytes) {
  public Geometry {
    if (bytes < 0
        || Integer.bitCount(blockBytes) != 1
        || Integer.bitCount(physicalBlockBytes) != 1
        || physicalBlockBytes < blockBytes
        || bytes % blockBytes != 0) {
      throw new IllegalArgumentException(
          "geometry: " + bytes + " bytes in blocks of " + blockBytes + "/" + physicalBlockBytes);
    }
  }

  public Geometry withBytes(long newBytes) {
    return new Geometry(newBytes, blockBytes, physicalBlockBytes);
  }
}
