package io.vtgt.scsi;

import java.util.OptionalInt;
import java.util.OptionalLong;

/// What is told about a command that did not end GOOD (SPC-5, Sense data).
///
/// @param information the INFORMATION field: the LBA of a failure, the offset of a miscompare …
/// @param fieldPointer where in the CDB or parameter list the wrong field is
/// @param progress PROGRESS INDICATION, 0 to 65535, for operations under way
/// @param commandSpecific the COMMAND-SPECIFIC INFORMATION field: of a copy, the segment that
///   failed
public record Sense(
    SenseKey key,
    Asc asc,
    OptionalLong information,
    FieldPointer fieldPointer,
    OptionalInt progress,
    OptionalInt commandSpecific) {

  /// A field of the CDB or of the parameter list (SPC-5, Field pointer sense key specific data).
  ///
  /// @param inCdb the CDB is wrong, not the data that came with it
  /// @param byteOffset of the field's first byte
  /// @param bit its highest bit, 7 to 0, or -1 when not told
  public record FieldPointer(boolean inCdb, int byteOffset, int bit) {}

  private static final FieldPointer NOWHERE = null;

  /// Bytes of the longest sense data: in descriptor format, with every descriptor there is.
  public static final byte MAX_LENGTH = 8 + 12 + 12 + 8;

  private static final int FIXED_LENGTH = 18;
  private static final byte FIXED_CURRENT = 0x70, DESCRIPTOR_CURRENT = 0x72;
  private static final int VALID = 0x80, COMMAND_NOT_DATA = 0x40, BIT_POINTER_VALID = 0x08;

  public static Sense of(SenseKey key, Asc asc) {
    return new Sense(
        key, asc, OptionalLong.empty(), NOWHERE, OptionalInt.empty(), OptionalInt.empty());
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
    return new Sense(key, asc, information, pointer, progress, commandSpecific);
  }

  public Sense withInformation(long value) {
    return new Sense(key, asc, OptionalLong.of(value), fieldPointer, progress, commandSpecific);
  }

  public Sense withProgress(int value) {
    return new Sense(key, asc, information, fieldPointer, OptionalInt.of(value), commandSpecific);
  }

  public Sense withCommandSpecific(int value) {
    return new Sense(key, asc, information, fieldPointer, progress, OptionalInt.of(value));
  }

  /// The sense data as bytes: 18 bytes in fixed format, 8 and its descriptors in descriptor format
  /// (SPC-5, Fixed format sense data and Descriptor format sense data).
  ///
  /// An INFORMATION of more than 32 bits does not fit the fixed format; its VALID bit is then off,
  /// as the standard asks.
  public byte[] encode(boolean descriptorFormat) {
    return descriptorFormat ? descriptorFormat() : fixedFormat();
  }

  private byte[] fixedFormat() {
    byte[] bytes = new byte[FIXED_LENGTH];
    bytes[0] = FIXED_CURRENT;
    bytes[2] = (byte) key.code;
    bytes[7] = FIXED_LENGTH - 8; // additional sense length
    bytes[12] = (byte) (asc.code >> 8);
    bytes[13] = (byte) asc.code;
    if (information.isPresent() && information.getAsLong() >>> 32 == 0) {
      bytes[0] |= (byte) VALID;
      putLong(bytes, 3, 4, information.getAsLong());
    }
    if (commandSpecific.isPresent()) {
      putLong(bytes, 8, 4, commandSpecific.getAsInt());
    }
    putSenseKeySpecific(bytes, 15);
    return bytes;
  }

  private byte[] descriptorFormat() {
    int informationLength = information.isPresent() ? 12 : 0;
    int commandLength = commandSpecific.isPresent() ? 12 : 0;
    int specificLength = hasSenseKeySpecific() ? 8 : 0;
    byte[] bytes = new byte[8 + informationLength + commandLength + specificLength];
    bytes[0] = DESCRIPTOR_CURRENT;
    bytes[1] = (byte) key.code;
    bytes[2] = (byte) (asc.code >> 8);
    bytes[3] = (byte) asc.code;
    bytes[7] = (byte) (bytes.length - 8); // additional sense length
    int at = 8;
    if (information.isPresent()) {
      bytes[at] = 0x00; // information sense data descriptor
      bytes[at + 1] = 0x0a;
      bytes[at + 2] = (byte) VALID;
      putLong(bytes, at + 4, 8, information.getAsLong());
      at += informationLength;
    }
    if (commandSpecific.isPresent()) {
      bytes[at] = 0x01; // command specific information sense data descriptor
      bytes[at + 1] = 0x0a;
      putLong(bytes, at + 4, 8, Integer.toUnsignedLong(commandSpecific.getAsInt()));
      at += commandLength;
    }
    if (hasSenseKeySpecific()) {
      bytes[at] = 0x02; // sense key specific sense data descriptor
      bytes[at + 1] = 0x06;
      putSenseKeySpecific(bytes, at + 4);
    }
    return bytes;
  }

  private boolean hasSenseKeySpecific() {
    return fieldPointer != null || progress.isPresent();
  }

  /// SKSV and the three bytes of the sense key specific field, the same in both formats.
  private void putSenseKeySpecific(byte[] bytes, int at) {
    if (fieldPointer != null) {
      bytes[at] =
          (byte)
              (VALID
                  | (fieldPointer.inCdb() ? COMMAND_NOT_DATA : 0)
                  | (fieldPointer.bit() >= 0 ? BIT_POINTER_VALID | fieldPointer.bit() : 0));
      putLong(bytes, at + 1, 2, fieldPointer.byteOffset());
    } else if (progress.isPresent()) {
      bytes[at] = (byte) VALID;
      putLong(bytes, at + 1, 2, progress.getAsInt());
    }
  }

  private static void putLong(byte[] bytes, int at, int length, long value) {
    for (int i = 0; i < length; i++) {
      bytes[at + i] = (byte) (value >> (8 * (length - 1 - i)));
    }
  }
}
