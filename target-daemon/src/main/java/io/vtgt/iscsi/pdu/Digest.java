package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The CRC32C of header and data digests (RFC 7143 section 13.1). On the wire the bytes stand with
/// the lowest first (RFC 7143 appendix A.4), so they are read and written as little-endian `int`.
///
/// One instance serves one connection: creating a [CRC32C] costs more than a header's digest.
final class Digest {
  static final int LENGTH = 4;

  private final CRC32C crc = new CRC32C();

  /// @param bytes borrowed; its indices stay
  int of(ByteBuf bytes, int index, int length) {
    crc.reset();
    update(bytes, index, length);
    return (int) crc.getValue();
  }

  /// The digest of `length` bytes and the zeroes that pad them.
  int ofPadded(ByteBuf bytes, int index, int length) {
    crc.reset();
    update(bytes, index, length);
    for (int i = Bhs.padding(length); i > 0; i--) {
      crc.update(0);
    }
    return (int) crc.getValue();
  }

  private void update(ByteBuf bytes, int index, int length) {
    if (length == 0) {
      return;
    }
    if (bytes.nioBufferCount() == 1) {
      crc.update(bytes.nioBuffer(index, length));
    } else {
      for (ByteBuffer part : bytes.nioBuffers(index, length)) {
        crc.update(part);
      }
    }
  }
}
