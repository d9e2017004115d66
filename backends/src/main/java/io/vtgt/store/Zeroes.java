package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/// One block of zeroes that everybody shares.
///
/// It is direct, read-only and never released, so slices of it cost no counting that several event
/// loops would fight for.
public final class Zeroes {
  /// The longest slice, bytes.
  public static final int MAX_LENGTH = 1 << 20;

  private static final ByteBuf BLOCK =
      Unpooled.unreleasableBuffer(
          Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(MAX_LENGTH)).asReadOnly());

  private Zeroes() {}

  /// @param length bytes, 0 to [#MAX_LENGTH]
  /// @return owned by the caller, though releasing it does nothing
  public static ByteBuf slice(int length) {
    return BLOCK.retainedSlice(0, length);
  }
}
