package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// Cuts PDUs out of a byte stream (RFC 7143 section 11.2): header, AHS, header digest, data,
/// padding, data digest. Works in both directions, so that tests and benchmarks read what the
/// target sends with the same code.
///
/// A PDU handed to the sink is borrowed for the call.
public final class PduFramer<P extends Pdu> {

  /// Receives PDUs in order.
  public interface Sink<P extends Pdu> {
    void pdu(P pdu);

    /// The stream cannot be read on, or this PDU must not be acted on.
    void fault(FramingFault fault);
  }

  /// What is wrong with a PDU, and how far it reaches (RFC 7143 section 7.7 and 7.8).
  ///
  /// @param header the 48 bytes as they came, borrowed; for a Reject
  /// @param connectionLost the stream position cannot be trusted any more
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

  /// A framer for what an initiator sends.
  public static PduFramer<RequestPdu> ofRequests(Sink<RequestPdu> sink) {
    throw new UnsupportedOperationException();
  }

  /// A framer for what a target sends.
  public static PduFramer<ResponsePdu> ofResponses(Sink<ResponsePdu> sink) {
    throw new UnsupportedOperationException();
  }

  private final Sink<P> sink;

  private PduFramer(Sink<P> sink) {
    this.sink = sink;
  }

  /// From the next PDU on.
  public void digests(boolean header, boolean data) {
    throw new UnsupportedOperationException();
  }

  /// @param bytes the longest data segment we take
  public void maxDataSegmentLength(int bytes) {
    throw new UnsupportedOperationException();
  }

  /// Takes what the socket read and hands out every PDU that is complete.
  ///
  /// @param in owned by the framer from here on
  public void feed(ByteBuf in) {
    throw new UnsupportedOperationException();
  }

  /// Gives back what is kept of an incomplete PDU.
  public void close() {
    throw new UnsupportedOperationException();
  }
}
