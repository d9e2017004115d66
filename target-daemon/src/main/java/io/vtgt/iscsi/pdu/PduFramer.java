package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Cuts PDUs out of a byte stream (RFC 7143 section 11.2): header, AHS, header digest, data,
/// padding, data digest. Works in both directions, so that tests and benchmarks read what the
/// target sends with the same code.
///
/// A PDU handed to the sink is borrowed for the call. Its header and data are slices of what the
/// socket read; only a PDU that spans several reads is copied, once, into a buffer of its length.
/// Not thread-safe: one event loop owns it.
public final class PduFramer<P extends Pdu> {

  /// Receives PDUs in order. May call [PduFramer#digests], [PduFramer#maxDataSegmentLength] and
  /// [PduFramer#close()], but not [PduFramer#feed].
  public interface Sink<P extends Pdu> {
    void pdu(P pdu);

    /// The stream cannot be read on, or this PDU must not be acted on.
    void fault(FramingFault fault);
  }

  /// What is wrong with a PDU, and how far it reaches (RFC 7143 section 7.7 and 7.8).
  ///
  /// @param header the 48 bytes as they came, borrowed; for a Reject
  /// @param connectionLost the stream position cannot be trusted any more; nothing follows
  public record FramingFault(Kind kind, ByteBuf header, String message, boolean connectionLost) {
    public enum Kind {
      /// A header digest that does not match: ErrorRecoveryLevel 0 drops the connection.
      HEADER_DIGEST,
      /// A data digest that does not match: Reject, reason 2.
      DATA_DIGEST,
      /// A data segment longer than we declared, an AHS longer than allowed.
      TOO_LONG,
      /// An operation code of no known PDU.
      UNKNOWN_OPCODE,
      /// Header fields that contradict each other.
      INVALID_FIELD
    }
  }

  /// MaxRecvDataSegmentLength until something else is declared (RFC 7143 section 13.12), bytes.
  public static final int DEFAULT_MAX_DATA_SEGMENT_LENGTH = 8192;

  /// A framer for what an initiator sends.
  public static PduFramer<RequestPdu> ofRequests(Sink<? super RequestPdu> sink) {
    return new PduFramer<>(sink, RequestPdu::of);
  }

  /// A framer for what a target sends.
  public static PduFramer<ResponsePdu> ofResponses(Sink<? super ResponsePdu> sink) {
    return new PduFramer<>(sink, ResponsePdu::of);
  }

  /// Makes the view for an operation code.
  private interface View<P extends Pdu> {
    /// @return null for an unknown operation code
    P of(int opcode, ByteBuf bytes, ByteBuf data);
  }

  private final Sink<? super P> sink;
  private final View<P> view;
  private final Digest digest = new Digest();

  private boolean headerDigest;
  private boolean dataDigest;
  private int maxDataSegmentLength = DEFAULT_MAX_DATA_SEGMENT_LENGTH;

  /// The beginning of an incomplete PDU, or null. Its capacity is what to wait for.
  private ByteBuf kept;

  /// Bytes to come that belong to a refused PDU.
  private int toSkip;

  /// Closed, or the stream position is lost: everything that comes is dropped.
  private boolean ended;

  private boolean feeding;

  private PduFramer(Sink<? super P> sink, View<P> view) {
    this.sink = sink;
    this.view = view;
  }

  /// From the next PDU on.
  public void digests(boolean header, boolean data) {
    headerDigest = header;
    dataDigest = data;
  }

  /// From the next PDU on; 8192 until called.
  ///
  /// @param bytes the longest data segment we take
  public void maxDataSegmentLength(int bytes) {
    maxDataSegmentLength = bytes;
  }

  /// Takes what the socket read and hands out every PDU that is complete.
  ///
  /// When the sink throws, the framer closes: what came behind that PDU is lost with the stream.
  ///
  /// @param in owned by the framer from here on
  public void feed(ByteBuf in) {
    assert !feeding : "feed from within the sink";
    feeding = true;
    boolean through = false;
    try {
      while (!ended && in.isReadable()) {
        if (toSkip > 0) {
          int skipped = Math.min(toSkip, in.readableBytes());
          in.skipBytes(skipped);
          toSkip -= skipped;
        } else if (kept == null) {
          cut(in);
        } else {
          gather(in);
        }
      }
      through = true;
    } finally {
      feeding = false;
      if (!through) {
        close();
      }
      in.release();
    }
  }

  /// Gives back what is kept of an incomplete PDU. What is fed later is dropped.
  public void close() {
    ended = true;
    if (kept != null) {
      kept.release();
      kept = null;
    }
  }

  /// Takes one PDU, or what there is of it, out of `in`.
  private void cut(ByteBuf in) {
    int start = in.readerIndex(), have = in.readableBytes();
    if (have < Bhs.LENGTH) {
      keep(in, Bhs.LENGTH);
      return;
    }
    int ahsLength = in.getUnsignedByte(start + Bhs.TOTAL_AHS_LENGTH) * 4;
    int headerLength = Bhs.LENGTH + ahsLength + (headerDigest ? Digest.LENGTH : 0);
    if (have < headerLength) {
      keep(in, headerLength);
      return;
    }
    if (headerDigest && !digestFits(in, start, Bhs.LENGTH + ahsLength)) {
      lose(FramingFault.Kind.HEADER_DIGEST, in, "header digest does not match");
      return;
    }
    int dataLength = in.getUnsignedMedium(start + Bhs.DATA_SEGMENT_LENGTH);
    if (dataLength > maxDataSegmentLength) {
      lose(
          FramingFault.Kind.TOO_LONG,
          in,
          "data segment of " + dataLength + " bytes, at most " + maxDataSegmentLength);
      return;
    }
    int paddedLength = dataLength + Bhs.padding(dataLength);
    int length = headerLength + paddedLength + (dataDigest && dataLength > 0 ? Digest.LENGTH : 0);
    if (ahsLength > Ahs.MAX_TOTAL_LENGTH) {
      refuse(
          FramingFault.Kind.TOO_LONG,
          in,
          length,
          "AHS of " + ahsLength + " bytes, at most " + Ahs.MAX_TOTAL_LENGTH);
      return;
    }
    if (have < length) {
      keep(in, length);
      return;
    }
    in.skipBytes(length);
    if (dataDigest && dataLength > 0 && !digestFits(in, start + headerLength, paddedLength)) {
      tell(FramingFault.Kind.DATA_DIGEST, in, start, "data digest does not match");
      return;
    }
    deliver(
        in,
        start,
        ahsLength,
        dataLength == 0 ? Unpooled.EMPTY_BUFFER : in.slice(start + headerLength, dataLength));
  }

  private void deliver(ByteBuf in, int start, int ahsLength, ByteBuf data) {
    var bytes = in.slice(start, Bhs.LENGTH + ahsLength);
    P pdu = view.of(Bhs.opcode(bytes), bytes, data);
    if (pdu == null) {
      String message = "operation code 0x" + Integer.toHexString(Bhs.opcode(bytes));
      tell(FramingFault.Kind.UNKNOWN_OPCODE, in, start, message);
      return;
    }
    var fault = pdu.fault();
    if (fault.isPresent()) {
      tell(FramingFault.Kind.INVALID_FIELD, in, start, fault.get());
      return;
    }
    sink.pdu(pdu);
  }

  /// Adds to the incomplete PDU; when it has what was waited for, looks at it again.
  private void gather(ByteBuf in) {
    kept.writeBytes(in, Math.min(kept.writableBytes(), in.readableBytes()));
    if (kept.isWritable()) {
      return;
    }
    var gathered = kept;
    kept = null;
    try {
      cut(gathered);
    } finally {
      gathered.release();
    }
  }

  /// Keeps the rest of `in`: too little of a PDU to go on without `length` bytes of it.
  private void keep(ByteBuf in, int length) {
    kept = in.alloc().directBuffer(length, length);
    kept.writeBytes(in);
  }

  /// Refuses a PDU of `length` bytes of which only a part may be here.
  private void refuse(FramingFault.Kind kind, ByteBuf in, int length, String message) {
    int start = in.readerIndex();
    int here = Math.min(length, in.readableBytes());
    in.skipBytes(here);
    toSkip = length - here;
    tell(kind, in, start, message);
  }

  /// Gives the stream up.
  private void lose(FramingFault.Kind kind, ByteBuf in, String message) {
    ended = true;
    sink.fault(new FramingFault(kind, in.slice(in.readerIndex(), Bhs.LENGTH), message, true));
  }

  private void tell(FramingFault.Kind kind, ByteBuf in, int start, String message) {
    sink.fault(new FramingFault(kind, in.slice(start, Bhs.LENGTH), message, false));
  }

  /// Do the four bytes behind `length` bytes hold their digest?
  private boolean digestFits(ByteBuf in, int start, int length) {
    return in.getIntLE(start + length) == digest.of(in, start, length);
  }
}
