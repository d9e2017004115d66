package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.vtgt.store.Size;
import java.nio.charset.StandardCharsets;

/// The head of a VDI's inode object; the map of its data objects follows it there.
///
/// @param tag of a snapshot
/// @param snapshotTime not 0 where this state is a snapshot, which nobody writes
/// @param bytes size of the disk
/// @param copyPolicy 0 for replication, else erasure coding, which the servers do by themselves
/// @param storePolicy 0 where the map is a plain array
/// @param copies how many the servers keep
/// @param objectShift the logarithm of a data object's size
/// @param vid the VDI's id
/// @param parentVid the VDI's that it was made of; 0 for none
record Inode(
    String name,
    String tag,
    long snapshotTime,
    long bytes,
    int copyPolicy,
    int storePolicy,
    int copies,
    int objectShift,
    int vid,
    int parentVid) {

  /// Bytes before the map.
  static final int HEADER_LENGTH = 4664;

  /// Where the size stands.
  static final int SIZE_OFFSET = 536;

  static final int MAP_OFFSET = HEADER_LENGTH;
  static final int ENTRY_LENGTH = 4;

  /// What the map has room for.
  static final int MOST_OBJECTS = 1 << 20;

  private static final int TAG = 256,
      SNAPSHOT_TIME = 520,
      COPY_POLICY = 552,
      STORE_POLICY = 553,
      COPIES = 554,
      OBJECT_SHIFT = 555,
      VDI_ID = 560,
      PARENT_VDI_ID = 564;

  /// Objects of less than a page or of more than 1 GiB are not served.
  private static final int LEAST_SHIFT = 12, MOST_SHIFT = 30;

  /// @param header borrowed, [#HEADER_LENGTH] bytes from its reader index
  static Inode decode(ByteBuf header) {
    int start = header.readerIndex();
    return new Inode(
        text(header, start),
        text(header, start + TAG),
        header.getLongLE(start + SNAPSHOT_TIME),
        header.getLongLE(start + SIZE_OFFSET),
        header.getUnsignedByte(start + COPY_POLICY),
        header.getUnsignedByte(start + STORE_POLICY),
        header.getUnsignedByte(start + COPIES),
        header.getUnsignedByte(start + OBJECT_SHIFT),
        header.getIntLE(start + VDI_ID),
        header.getIntLE(start + PARENT_VDI_ID));
  }

  private static String text(ByteBuf header, int at) {
    int length = 0;
    while (length < SheepRequest.NAME_LENGTH && header.getByte(at + length) != 0) {
      length++;
    }
    return header.toString(at, length, StandardCharsets.UTF_8);
  }

  /// For requests that are sent before an inode is known: the servers look the copies up.
  static Inode unknown(int vid) {
    return new Inode("", "", 0, 0, 0, 0, 0, LEAST_SHIFT, vid, 0);
  }

  /// Why it cannot be served; empty when it can.
  ///
  /// @param wantedVid the id that it was looked up by
  String fault(int wantedVid) {
    if (vid != wantedVid) {
      return "its inode says that it is VDI %06x, expected %06x".formatted(vid, wantedVid);
    }
    if (storePolicy != 0) {
      return "it is a hyper volume (store policy %d), and only plain VDIs are served"
          .formatted(storePolicy);
    }
    if (objectShift < LEAST_SHIFT || objectShift > MOST_SHIFT) {
      return "its objects are of 2^%d bytes, and 2^%d to 2^%d are served"
          .formatted(objectShift, LEAST_SHIFT, MOST_SHIFT);
    }
    if (bytes < 0 || bytes > mostBytes()) {
      return "it has %s bytes, and the map of a plain VDI ends at %s"
          .formatted(Long.toUnsignedString(bytes), Size.text(mostBytes()));
    }
    return "";
  }

  boolean isSnapshot() {
    return snapshotTime != 0;
  }

  int objectLength() {
    return 1 << objectShift;
  }

  /// How many objects the disk has, written or not.
  int objectCount() {
    return (int) ((bytes + objectLength() - 1) >> objectShift);
  }

  /// The largest size that the map has room for.
  long mostBytes() {
    return (long) MOST_OBJECTS << objectShift;
  }

  Inode withBytes(long newBytes) {
    return new Inode(
        name,
        tag,
        snapshotTime,
        newBytes,
        copyPolicy,
        storePolicy,
        copies,
        objectShift,
        vid,
        parentVid);
  }
}
