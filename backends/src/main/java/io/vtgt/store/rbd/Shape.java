package io.vtgt.store.rbd;

import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;

/// What an image is to its store.
record Shape(Geometry geometry, Limits limits) {
  /// librbd takes any byte; initiators count in blocks.
  private static final int BLOCK_BYTES = 512;

  /// Objects keep checksums and are compressed in units of at least this.
  private static final int PHYSICAL_BLOCK_BYTES = 4096;

  private static final int MAX_TRANSFER = 4 << 20;

  /// @param decided the longest compare and write that the OSDs were found to decide; 0 for none
  static Shape of(RbdOptions options, Image.Description about, boolean encrypted, int decided) {
    long bytes = about.bytes() / BLOCK_BYTES * BLOCK_BYTES;
    boolean writes = !options.readOnly();
    long stripe =
        about.stripeCount() > 1 ? about.stripeUnit() * about.stripeCount() : about.objectBytes();
    return new Shape(
        new Geometry(bytes, BLOCK_BYTES, PHYSICAL_BLOCK_BYTES),
        new Limits(
            MAX_TRANSFER,
            (int) Math.min(stripe, MAX_TRANSFER),
            !options.cache(), // every write is durable when the OSDs have answered
            true,
            writes ? unmapGranularity(about) : 0,
            false,
            writes,
            writes,
            decided,
            about.knowsObjects() && !encrypted,
            0,
            0,
            options.othersMayWrite()));
  }

  private static int unmapGranularity(Image.Description about) {
    return (int) Math.min(about.discardGranularity(), Math.min(about.objectBytes(), 1 << 30));
  }
}
