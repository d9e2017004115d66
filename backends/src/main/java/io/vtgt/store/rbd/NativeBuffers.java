package io.vtgt.store.rbd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;

/// The bytes of a buffer as a native library sees them: one address, or a vector of addresses and
/// lengths. Pieces on the heap are copied, everything else stays where it is.
///
/// Owns what it was made of, until [#release()].
final class NativeBuffers {
  /// `struct iovec`: an address and a length.
  private static final int VECTOR_ENTRY = 2 * Long.BYTES;

  /// `IOV_MAX` of Linux; what comes in more pieces is copied.
  private static final int MOST_PIECES = 1024;

  private final ByteBuf data;
  private final ByteBuf vector;
  private final int pieces;

  private NativeBuffers(ByteBuf data, ByteBuf vector, int pieces) {
    this.data = data;
    this.vector = vector;
    this.pieces = pieces;
  }

  /// Memory of its own, direct and pooled; its address is that of its first byte.
  static ByteBuf memory(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
  }

  /// @param data owned by the result; not empty
  static NativeBuffers of(ByteBuf data) {
    if (data.hasMemoryAddress()) {
      return new NativeBuffers(data, null, 1);
    }
    int count = data.nioBufferCount();
    if (count < 1 || count > MOST_PIECES) {
      return copied(data);
    }
    ByteBuffer[] parts = data.nioBuffers();
    for (ByteBuffer part : parts) {
      if (!part.isDirect()) {
        return copied(data);
      }
    }
    ByteBuf vector = memory(parts.length * VECTOR_ENTRY);
    for (ByteBuffer part : parts) {
      vector.writeLongLE(address(part)).writeLongLE(part.remaining());
    }
    return new NativeBuffers(data, vector, parts.length);
  }

  /// The same in one piece.
  static NativeBuffers inOnePiece(ByteBuf data) {
    return data.hasMemoryAddress() ? new NativeBuffers(data, null, 1) : copied(data);
  }

  private static NativeBuffers copied(ByteBuf data) {
    ByteBuf copy = memory(data.readableBytes());
    copy.writeBytes(data, data.readerIndex(), data.readableBytes());
    data.release();
    return new NativeBuffers(copy, null, 1);
  }

  private static long address(ByteBuffer direct) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct)) + direct.position();
  }

  int pieces() {
    return pieces;
  }

  int length() {
    return data.readableBytes();
  }

  /// Of the bytes; only where they are one piece.
  long address() {
    return data.memoryAddress() + data.readerIndex();
  }

  /// Address of the vector.
  long vector() {
    assert vector != null : "one piece";
    return vector.memoryAddress();
  }

  void release() {
    data.release();
    if (vector != null) {
      vector.release();
    }
  }
}
