package io.vtgt.store.sheepdog;

/// The 64-bit names of sheepdog's objects: the VDI's id in bits 32 to 55, the object's index below,
/// the kind above.
final class Oid {
  private static final long INODE = 1L << 63;
  private static final long VID_MASK = 0xff_ffff;
  private static final long INDEX_MASK = 0xffff_ffffL;

  private Oid() {}

  /// Of the object that describes a VDI: header and map.
  static long inode(int vid) {
    return INODE | (vid & VID_MASK) << 32;
  }

  /// Of a VDI's data.
  static long data(int vid, int index) {
    return (vid & VID_MASK) << 32 | (index & INDEX_MASK);
  }
}
