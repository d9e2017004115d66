package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;

/// Writes PDUs as the wire has them (RFC 7143 section 11.2): header, AHS, header digest, data,
/// padding, data digest. Sets the DataSegmentLength; everything else in the header is the caller's.
///
/// Small PDUs are appended whole to a batch buffer; around large data a [#head] and a [#tail] are
/// written, and the data goes between them as it is.
///
/// ```
/// writer.append(batch, R2t.on(writer.header()).itt(itt).desiredLength(length));
/// ```
///
/// Not thread-safe: one event loop owns it.
public final class PduWriter {
  private final Digest digest = new Digest();
  private final ByteBuf header = Unpooled.buffer(Bhs.LENGTH, Bhs.LENGTH);

  private boolean headerDigest;
  private boolean dataDigest;

  /// From the next PDU on.
  public void digests(boolean header, boolean data) {
    headerDigest = header;
    dataDigest = data;
  }

  /// Room for one header, to be filled in and written before the next: one PDU at a time, without
  /// allocating.
  public ByteBuf header() {
    return header;
  }

  /// Appends a whole PDU with the data it has.
  ///
  /// @param pdu borrowed
  public void append(ByteBuf out, Pdu pdu) {
    append(out, pdu, pdu.data());
  }

  /// Appends a whole PDU with other data than it has.
  ///
  /// @param pdu borrowed; its DataSegmentLength is set
  /// @param data borrowed, its readable bytes are copied; its indices stay
  public void append(ByteBuf out, Pdu pdu, ByteBuf data) {
    head(out, pdu, data.readableBytes());
    out.writeBytes(data, data.readerIndex(), data.readableBytes());
    tail(out, data);
  }

  /// Writes what comes before the data.
  ///
  /// @param pdu borrowed; its DataSegmentLength is set
  public void head(ByteBuf out, Pdu pdu, int dataLength) {
    var bytes = pdu.bytes();
    int length = Bhs.LENGTH + Bhs.ahsLength(bytes), start = out.writerIndex();
    Bhs.dataLength(bytes, dataLength);
    out.writeBytes(bytes, 0, length);
    if (headerDigest) {
      out.writeIntLE(digest.of(out, start, length));
    }
  }

  /// Writes what comes behind the data: padding and data digest.
  ///
  /// @param data borrowed; its indices stay
  public void tail(ByteBuf out, ByteBuf data) {
    int length = data.readableBytes();
    out.writeZero(Bhs.padding(length));
    if (dataDigest && length > 0) {
      out.writeIntLE(digest.ofPadded(data, data.readerIndex(), length));
    }
  }

  /// Bytes that [#head] writes.
  public int headLength(Pdu pdu) {
    return Bhs.LENGTH + Bhs.ahsLength(pdu.bytes()) + (headerDigest ? Digest.LENGTH : 0);
  }

  /// Bytes that [#tail] writes.
  public int tailLength(int dataLength) {
    return Bhs.padding(dataLength) + (dataDigest && dataLength > 0 ? Digest.LENGTH : 0);
  }

  /// Hands out one PDU in up to three pieces: head, data as it is, tail.
  ///
  /// @param pdu borrowed
  /// @param data owned by this method, which passes it on
  /// @param out owns what it gets
  public void pieces(ByteBufAllocator alloc, Pdu pdu, ByteBuf data, Consumer<ByteBuf> out) {
    int dataLength = data.readableBytes(), tailLength = tailLength(dataLength);
    var head = alloc.directBuffer(headLength(pdu));
    head(head, pdu, dataLength);
    var tail = tailLength == 0 ? Unpooled.EMPTY_BUFFER : alloc.directBuffer(tailLength);
    tail(tail, data);
    out.accept(head);
    if (dataLength == 0) {
      data.release();
      return;
    }
    out.accept(data);
    if (tailLength > 0) {
      out.accept(tail);
    }
  }
}
