package io.vtgt.scsi;

import java.util.OptionalInt;
import java.util.OptionalLong;

/// What is told about a command that did not end GOOD (SPC-5, Sense data).
///
/// @param information the INFORMATION field: the LBA of a failure, the offset of a miscompare …
/// @param fieldPointer where in the CDB or parameter list the wrong field is
/// @param progress PROGRESS INDICATION, 0 to 65535, for operations under way
public record Sense(
    SenseKey key,
    Asc asc,
    OptionalLong information,
    FieldPointer fieldPointer,
    OptionalInt progress) {

  /// A field of the CDB or of the parameter list (SPC-5, Field pointer sense key specific data).
  ///
  /// @param inCdb the CDB is wrong, not the data that came with it
  /// @param byteOffset of the field's first byte
  /// @param bit its highest bit, 7 to 0, or -1 when not told
  public record FieldPointer(boolean inCdb, int byteOffset, int bit) {}

  private static final FieldPointer NOWHERE = null;

  public static Sense of(SenseKey key, Asc asc) {
    return new Sense(key, asc, OptionalLong.empty(), NOWHERE, OptionalInt.empty());
  }

  public static Sense illegalRequest(Asc asc) {
    return of(SenseKey.ILLEGAL_REQUEST, asc);
  }

  /// INVALID FIELD IN CDB, pointing at `bit` (7 to 0, or -1) of byte `byteOffset`.
  public static Sense invalidFieldInCdb(int byteOffset, int bit) {
    return illegalRequest(Asc.INVALID_FIELD_IN_CDB).at(new FieldPointer(true, byteOffset, bit));
  }

  /// INVALID FIELD IN PARAMETER LIST, pointing at `bit` (7 to 0, or -1) of byte `byteOffset`.
  public static Sense invalidFieldInParameterList(int byteOffset, int bit) {
    return illegalRequest(Asc.INVALID_FIELD_IN_PARAMETER_LIST)
        .at(new FieldPointer(false, byteOffset, bit));
  }

  public static Sense unitAttention(Asc asc) {
    return of(SenseKey.UNIT_ATTENTION, asc);
  }

  public Sense at(FieldPointer pointer) {
    return new Sense(key, asc, information, pointer, progress);
  }

  public Sense withInformation(long value) {
    return new Sense(key, asc, OptionalLong.of(value), fieldPointer, progress);
  }

  public Sense withProgress(int value) {
    return new Sense(key, asc, information, fieldPointer, OptionalInt.of(value));
  }

  /// The sense data as bytes: 18 bytes in fixed format, 8 and its descriptors in descriptor format.
  public byte[] encode(boolean descriptorFormat) {
    throw new UnsupportedOperationException();
  }
}
