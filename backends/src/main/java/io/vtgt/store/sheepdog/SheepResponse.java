package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// One answer of a `sheep`.
///
/// @param code as it came; [#result()] is what it means
/// @param vid of an answer to a lookup
/// @param data owned by the receiver; as long as was asked for where a read succeeded, else empty
record SheepResponse(int code, int vid, ByteBuf data) {
  static final int OPCODE = 1,
      ID = 8,
      DATA_LENGTH = 12,
      RESULT = 16,
      OBJECT_OFFSET = 24,
      VDI_ID = 24;

  /// Of an answer whose data has not come yet.
  ///
  /// @param header borrowed, at its reader index
  static SheepResponse decode(ByteBuf header) {
    int start = header.readerIndex();
    return new SheepResponse(
        header.getIntLE(start + RESULT), header.getIntLE(start + VDI_ID), Unpooled.EMPTY_BUFFER);
  }

  SheepResponse withData(ByteBuf bytes) {
    return new SheepResponse(code, vid, bytes);
  }

  SheepResult result() {
    return SheepResult.of(code);
  }

  boolean succeeded() {
    return code == 0;
  }
}
