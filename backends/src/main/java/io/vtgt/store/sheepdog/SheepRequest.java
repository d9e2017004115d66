package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/// One request of the sheepdog protocol: a header of 48 bytes, little endian, and its data.
///
/// @param flags [#WRITE] where data goes out, [#COW], [#DIRECT]
/// @param length bytes of `data`, or bytes wanted
/// @param data what goes out, borrowed for as long as the request is under way; empty where nothing
///   does
record SheepRequest(Opcode opcode, int flags, int length, ByteBuf data, Body body) {
  static final int HEADER_LENGTH = 48;

  static final int WRITE = 0x01, COW = 0x02, DIRECT = 0x08;

  /// A VDI's name, and the tag of a snapshot, stand in so many bytes, filled up with zeroes.
  static final int NAME_LENGTH = 256;

  private static final int PROTO_VER = 0,
      OPCODE = 1,
      FLAGS = 2,
      EPOCH = 4,
      ID = 8,
      DATA_LENGTH = 12,
      OID = 16,
      BASE_VDI_ID = 24,
      COW_OID = 24,
      COPIES = 32,
      SNAP_ID = 32,
      COPY_POLICY = 33,
      OFFSET = 40;

  /// Public operations take 0, 1 or 2. With 2 a client says that it understands more than 0 asks.
  private static final int PUBLIC_PROTOCOL = 0;

  /// The bytes 16 to 47 of the header.
  sealed interface Body {}

  /// @param cowOid what the new object begins as a copy of, with [#COW]; else 0
  /// @param copies the inode's
  /// @param copyPolicy the inode's
  /// @param offset within the object
  record ObjectBody(long oid, long cowOid, int copies, int copyPolicy, int offset)
      implements Body {}

  /// @param baseVid the VDI to release; else 0
  /// @param snapId the wanted snapshot; 0 for the current state
  record VdiBody(int baseVid, int snapId) implements Body {}

  /// `length` bytes of an object.
  static SheepRequest read(long oid, int offset, int length, Inode inode) {
    return new SheepRequest(
        Opcode.READ_OBJ, 0, length, Unpooled.EMPTY_BUFFER, body(oid, 0, offset, inode));
  }

  /// Writes into an object that exists.
  ///
  /// @param data borrowed
  static SheepRequest write(long oid, int offset, ByteBuf data, Inode inode) {
    return new SheepRequest(
        Opcode.WRITE_OBJ, WRITE | DIRECT, data.readableBytes(), data, body(oid, 0, offset, inode));
  }

  /// Makes an object and writes into it; what is not written is zero, or a copy of `cowOid`.
  ///
  /// @param cowOid 0 for none
  /// @param data borrowed
  static SheepRequest create(long oid, long cowOid, int offset, ByteBuf data, Inode inode) {
    return new SheepRequest(
        Opcode.CREATE_AND_WRITE_OBJ,
        WRITE | DIRECT | (cowOid == 0 ? 0 : COW),
        data.readableBytes(),
        data,
        body(oid, cowOid, offset, inode));
  }

  /// Takes a VDI's object away, and its entry of the map.
  static SheepRequest discard(long oid, Inode inode) {
    return new SheepRequest(
        Opcode.DISCARD_OBJ, 0, 0, Unpooled.EMPTY_BUFFER, body(oid, 0, 0, inode));
  }

  private static ObjectBody body(long oid, long cowOid, int offset, Inode inode) {
    return new ObjectBody(oid, cowOid, inode.copies(), inode.copyPolicy(), offset);
  }

  /// Looks a VDI up and locks it.
  static SheepRequest lock(String name) {
    return lookup(Opcode.LOCK_VDI, name, "", 0);
  }

  /// Looks a VDI up.
  ///
  /// @param tag of the wanted snapshot; empty for none
  /// @param snapId of the wanted snapshot; 0 for none
  static SheepRequest info(String name, String tag, int snapId) {
    return lookup(Opcode.GET_VDI_INFO, name, tag, snapId);
  }

  private static SheepRequest lookup(Opcode opcode, String name, String tag, int snapId) {
    ByteBuf names = Unpooled.buffer(2 * NAME_LENGTH);
    putName(names, name);
    if (!tag.isEmpty()) {
      putName(names, tag);
    }
    return new SheepRequest(opcode, WRITE, names.readableBytes(), names, new VdiBody(0, snapId));
  }

  private static void putName(ByteBuf to, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    to.writeBytes(bytes).writeZero(NAME_LENGTH - bytes.length);
  }

  /// Gives the lock of a VDI back, whoever holds it.
  static SheepRequest release(int vid) {
    return new SheepRequest(Opcode.RELEASE_VDI, 0, 0, Unpooled.EMPTY_BUFFER, new VdiBody(vid, 0));
  }

  /// Asks for a sign of life.
  static SheepRequest probe() {
    return new SheepRequest(
        Opcode.GET_CLUSTER_DEFAULT, 0, 0, Unpooled.EMPTY_BUFFER, new VdiBody(0, 0));
  }

  /// The most bytes of data that its answer may have.
  int wantedLength() {
    return (flags & WRITE) == 0 ? length : 0;
  }

  /// Appends the header to `to`.
  void encode(ByteBuf to, int id) {
    int start = to.writerIndex();
    to.writeZero(HEADER_LENGTH);
    to.setByte(start + PROTO_VER, PUBLIC_PROTOCOL);
    to.setByte(start + OPCODE, opcode.code);
    to.setShortLE(start + FLAGS, flags);
    to.setIntLE(start + EPOCH, 0);
    to.setIntLE(start + ID, id);
    to.setIntLE(start + DATA_LENGTH, length);
    switch (body) {
      case ObjectBody object -> {
        to.setLongLE(start + OID, object.oid());
        to.setLongLE(start + COW_OID, object.cowOid());
        to.setByte(start + COPIES, object.copies());
        to.setByte(start + COPY_POLICY, object.copyPolicy());
        to.setIntLE(start + OFFSET, object.offset());
      }
      case VdiBody vdi -> {
        to.setIntLE(start + BASE_VDI_ID, vdi.baseVid());
        to.setIntLE(start + SNAP_ID, vdi.snapId());
      }
    }
  }

  /// For messages: what is asked for, of which object.
  @Override
  public String toString() {
    return switch (body) {
      case ObjectBody object ->
          "%s of %d bytes at %d of object %016x"
              .formatted(opcode, length, Integer.toUnsignedLong(object.offset()), object.oid());
      case VdiBody vdi ->
          vdi.baseVid() == 0 ? opcode.toString() : "%s of %06x".formatted(opcode, vdi.baseVid());
    };
  }
}
