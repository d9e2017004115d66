package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// One additional header segment (RFC 7143 section 11.2.2), found in the bytes of its PDU.
///
/// A chain is walked with [#first(ByteBuf)] and [#next()]; a PDU that came through the framer has a
/// sound chain.
///
/// @param pdu header and AHS of the PDU; borrowed as long as the PDU is
/// @param index of the AHSLength field in `pdu`
public record Ahs(ByteBuf pdu, int index) {
  /// The bytes of a CDB beyond the 16 of the header.
  public static final int EXTENDED_CDB = 1;

  /// The read length of a command that also writes.
  public static final int BIDIRECTIONAL_READ_LENGTH = 2;

  /// All AHS of a PDU together, bytes: the longest CDB there is (260 bytes) and a read length.
  public static final int MAX_TOTAL_LENGTH = 256;

  private static final int LENGTH_AND_TYPE = 3, RESERVED = 1;

  /// @return the first AHS, or null when there is none
  static Ahs first(ByteBuf pdu) {
    return Bhs.ahsLength(pdu) == 0 ? null : new Ahs(pdu, Bhs.LENGTH);
  }

  /// @return the AHS behind this one, or null when this is the last
  Ahs next() {
    int next = index + paddedLength();
    return next < Bhs.LENGTH + Bhs.ahsLength(pdu) ? new Ahs(pdu, next) : null;
  }

  public int type() {
    return pdu.getByte(index + 2) & 0x3f;
  }

  /// Offset in [#pdu()] of what is specific to the type, behind the reserved byte.
  int contentIndex() {
    return index + LENGTH_AND_TYPE + RESERVED;
  }

  /// Bytes at [#contentIndex()], without padding.
  int contentLength() {
    return length() - RESERVED;
  }

  /// AHSLength: effective bytes behind length and type, the reserved byte among them.
  private int length() {
    return pdu.getUnsignedShort(index);
  }

  private int paddedLength() {
    int length = LENGTH_AND_TYPE + length();
    return length + Bhs.padding(length);
  }

  /// What is wrong with the AHS chain of a PDU.
  ///
  /// @param pdu header and AHS, complete
  /// @return in words, or null when the chain is sound
  static String fault(ByteBuf pdu) {
    int seen = 0;
    int end = Bhs.LENGTH + Bhs.ahsLength(pdu);
    for (int index = Bhs.LENGTH; index < end; ) {
      var ahs = new Ahs(pdu, index); // four bytes are there: the total is a multiple of four
      int type = ahs.type();
      if (ahs.length() == 0) {
        return "AHS of no length";
      }
      index += ahs.paddedLength();
      if (index > end) {
        return "AHS of " + ahs.length() + " bytes ends behind the header";
      }
      switch (type) {
        case EXTENDED_CDB -> {
          if (ahs.contentLength() == 0) {
            return "Extended CDB AHS without bytes";
          }
        }
        case BIDIRECTIONAL_READ_LENGTH -> {
          if (ahs.length() != 5) {
            return "Bidirectional Read Expected Data Transfer Length AHS of "
                + ahs.length()
                + " bytes, expected 5";
          }
        }
        default -> {
          return "AHS of unknown type " + type;
        }
      }
      if ((seen & 1 << type) != 0) {
        return "AHS of type " + type + " came twice";
      }
      seen |= 1 << type;
    }
    return null;
  }
}
