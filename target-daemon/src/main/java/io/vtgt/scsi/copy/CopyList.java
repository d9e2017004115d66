package io.vtgt.scsi.copy;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/// The parameter list of EXTENDED COPY (SPC-5, EXTENDED COPY parameter list), in its two formats.
///
/// @param listId none when the initiator will not ask about the copy (LIST ID USAGE 11b)
/// @param immediate the command is answered before the copy begins
/// @param cscds by CSCD descriptor ID
record CopyList(
    OptionalInt listId, boolean immediate, Map<Integer, Cscd> cscds, List<Segment> segments) {

  /// How the formats differ: the header's length, and where the lengths of the lists stand.
  enum Format {
    LID1(16, 2, 8, 12, 4),
    LID4(48, 42, 44, 46, 2);

    final int headerLength;
    final int cscdLength;
    final int segmentLength;
    final int inlineLength;
    private final int segmentLengthBytes;

    Format(
        int headerLength,
        int cscdLength,
        int segmentLength,
        int inlineLength,
        int segmentLengthBytes) {
      this.headerLength = headerLength;
      this.cscdLength = cscdLength;
      this.segmentLength = segmentLength;
      this.inlineLength = inlineLength;
      this.segmentLengthBytes = segmentLengthBytes;
    }

    private long segmentOrInline(ByteBuffer list, int at) {
      return segmentLengthBytes == 4 ? list.getInt(at) & 0xffff_ffffL : u16(list, at);
    }

    /// CSCD descriptor ID n stands at byte 16 + 32 n in both: with the longer header, IDs begin at
    /// 1.
    private int firstCscdId() {
      return (headerLength - LID1.headerLength) / Cscd.LENGTH;
    }
  }

  /// What came of reading one.
  sealed interface Read {
    record Understood(CopyList list) implements Read {}

    record Malformed(Sense sense) implements Read {}
  }

  // Both formats.
  private static final int FLAGS = 1;
  private static final int USAGE_SHIFT = 3, USAGE_RESERVED = 1, USAGE_NONE = 3;

  // LID1.
  private static final int LIST_ID_1 = 0;

  // LID4.
  private static final int LIST_FORMAT = 0, HEADER_CSCD_LENGTH = 2, FLAGS_4 = 15, HEADER_TYPE = 16;
  private static final int LIST_ID_4 = 20;
  private static final int IMMED = 0x01, G_SENSE = 0x02;

  private static final Sense LENGTH_ERROR = Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR);

  /// The error of a PARAMETER LIST LENGTH that no list can have.
  ///
  /// @return null for one that a list can have
  static Sense lengthFault(Format format, long length) {
    return length < format.headerLength || length > format.headerLength + CopyLimits.LIST_BYTES
        ? LENGTH_ERROR
        : null;
  }

  /// @param bytes the whole list, at least as long as its header
  static Read read(Format format, byte[] bytes) {
    ByteBuffer list = ByteBuffer.wrap(bytes);
    long cscdLength = u16(list, format.cscdLength);
    long segmentLength = format.segmentOrInline(list, format.segmentLength);
    long inlineLength = format.segmentOrInline(list, format.inlineLength);
    if (cscdLength + segmentLength > CopyLimits.LIST_BYTES
        || format.headerLength + cscdLength + segmentLength + inlineLength > bytes.length) {
      return new Read.Malformed(LENGTH_ERROR);
    }
    if (inlineLength > 0) {
      return wrong(format.inlineLength);
    }
    int usage = list.get(FLAGS) >> USAGE_SHIFT & 3;
    if (usage == USAGE_RESERVED) {
      return wrong(FLAGS, 4);
    }
    int listIdAt = format == Format.LID1 ? LIST_ID_1 : LIST_ID_4;
    int listId = format == Format.LID1 ? list.get(LIST_ID_1) & 0xff : list.getInt(LIST_ID_4);
    if (usage == USAGE_NONE && listId != 0) {
      return wrong(listIdAt);
    }
    boolean immediate = false;
    if (format == Format.LID4) {
      int flags = list.get(FLAGS_4);
      immediate = (flags & IMMED) != 0;
      if (list.get(LIST_FORMAT) != 1) {
        return wrong(LIST_FORMAT);
      }
      if (u16(list, HEADER_CSCD_LENGTH) != Cscd.LENGTH) {
        return wrong(HEADER_CSCD_LENGTH);
      }
      if ((list.get(HEADER_TYPE) & 0xff) != 0xff) {
        return wrong(HEADER_TYPE);
      }
      if ((flags & G_SENSE) != 0) { // there is no sense data with GOOD
        return wrong(FLAGS_4, 1);
      }
      if (immediate && usage == USAGE_NONE) {
        return new Read.Malformed(Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB));
      }
    }
    if (cscdLength % Cscd.LENGTH != 0) {
      return wrong(format.cscdLength);
    }
    if (cscdLength / Cscd.LENGTH > CopyLimits.CSCDS) {
      return refused(Asc.TOO_MANY_TARGET_DESCRIPTORS, format.cscdLength);
    }
    var cscds = new TreeMap<Integer, Cscd>();
    for (int i = 0; i < cscdLength / Cscd.LENGTH; i++) {
      int at = format.headerLength + i * Cscd.LENGTH;
      Sense fault = cscdFault(list, at);
      if (fault != null) {
        return new Read.Malformed(fault);
      }
      cscds.put(format.firstCscdId() + i, Cscd.read(list, at));
    }
    int firstSegment = format.headerLength + (int) cscdLength;
    int end = firstSegment + (int) segmentLength;
    var segments = new ArrayList<Segment>();
    for (int at = firstSegment; at < end; ) {
      if (segments.size() == CopyLimits.SEGMENTS) {
        return refused(Asc.TOO_MANY_SEGMENT_DESCRIPTORS, format.segmentLength);
      }
      Segment.Kind kind = Segment.Kind.of(list.get(at) & 0xff);
      if (kind == null) {
        return refused(Asc.UNSUPPORTED_SEGMENT_DESCRIPTOR_TYPE_CODE, at);
      }
      if (end - at < kind.length) {
        return new Read.Malformed(LENGTH_ERROR);
      }
      if (u16(list, at + 2) != kind.length - 4) {
        return wrong(at + 2);
      }
      segments.add(Segment.read(kind, list, at));
      at += kind.length;
    }
    OptionalInt asked = usage == USAGE_NONE ? OptionalInt.empty() : OptionalInt.of(listId);
    return new Read.Understood(new CopyList(asked, immediate, cscds, segments));
  }

  /// LU ID TYPE is ignored (SPC-5, Identification Descriptor CSCD descriptor).
  private static Sense cscdFault(ByteBuffer list, int at) {
    if ((list.get(at) & 0xff) != Cscd.TYPE) {
      return refusal(Asc.UNSUPPORTED_TARGET_DESCRIPTOR_TYPE_CODE, at);
    }
    return (list.get(at + 7) & 0xff) > Cscd.MAX_DESIGNATOR_LENGTH
        ? Sense.invalidFieldInParameterList(at + 7, 7)
        : null;
  }

  private static Read wrong(int at) {
    return wrong(at, 7);
  }

  private static Read wrong(int at, int bit) {
    return new Read.Malformed(Sense.invalidFieldInParameterList(at, bit));
  }

  private static Read refused(Asc asc, int at) {
    return new Read.Malformed(refusal(asc, at));
  }

  private static Sense refusal(Asc asc, int at) {
    return Sense.illegalRequest(asc).at(new Sense.FieldPointer(false, at, -1));
  }

  private static int u16(ByteBuffer list, int at) {
    return list.getShort(at) & 0xffff;
  }
}
