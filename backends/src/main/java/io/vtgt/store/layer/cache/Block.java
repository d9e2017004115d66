package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.nio.ByteBuffer;

/// Bytes that are kept, in memory of [BlockMemory]; given back when the last slice is released.
///
/// The object is never used again for other bytes, as a pooled buffer would be. So whoever found it
/// in a map may try to take a share of it, however late: see [#share].
final class Block extends UnpooledDirectByteBuf {
  private final BlockMemory memory;
  private final long address;
  private final int length;

  /// Set before the block is published, or by a read-ahead later; read from every thread. A mark
  /// that is seen late starts a read-ahead late.
  private volatile boolean marked;

  Block(BlockMemory memory, long address, ByteBuffer bytes) {
    super(UnpooledByteBufAllocator.DEFAULT, bytes, bytes.capacity());
    this.memory = memory;
    this.address = address;
    this.length = bytes.capacity();
  }

  /// A slice that the caller owns; null when the block has been given back meanwhile.
  ByteBuf share(int at, int size) {
    try {
      return retainedSlice(at, size);
    } catch (IllegalReferenceCountException gone) {
      return null;
    }
  }

  /// Who reads this block shall let the stream it belongs to read on ahead.
  void mark() {
    marked = true;
  }

  boolean marked() {
    return marked;
  }

  /// @return it was marked; for one caller at a time, roughly
  boolean unmark() {
    boolean was = marked;
    marked = false;
    return was;
  }

  @Override
  public boolean hasMemoryAddress() {
    return true;
  }

  @Override
  public long memoryAddress() {
    ensureAccessible();
    return address;
  }

  @Override
  protected void deallocate() {
    super.deallocate();
    memory.giveBack(address, length);
  }
}
