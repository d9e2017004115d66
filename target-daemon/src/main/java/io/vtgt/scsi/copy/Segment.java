package io.vtgt.scsi.copy;

import java.nio.ByteBuffer;

/// A segment descriptor (SPC-5, Segment descriptors): one contiguous copy between two block
/// devices.
///
/// @param at where it stands in the parameter list
/// @param source CSCD descriptor ID
/// @param destination CSCD descriptor ID
/// @param amount blocks (of the source, or of the destination with `destinationCount`) or, of a
///   segment with offsets, bytes
/// @param sourceLba unsigned
/// @param destinationLba unsigned
record Segment(
    Kind kind,
    int at,
    boolean destinationCount,
    int source,
    int destination,
    long amount,
    long sourceLba,
    long destinationLba,
    int sourceByteOffset,
    int destinationByteOffset) {

  /// The segment descriptor types that there are, in ascending order.
  enum Kind {
    /// Block device to block device.
    BLOCK_TO_BLOCK(0x02, 28),
    /// Block device with offset to block device with offset.
    BLOCK_OFFSET_TO_BLOCK_OFFSET(0x0a, 32);

    final int code;
    final int length;

    Kind(int code, int length) {
      this.code = code;
      this.length = length;
    }

    /// @return null when there is none
    static Kind of(int code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      return null;
    }
  }

  /// Where fields stand, from the descriptor's beginning: what sense data points at.
  static final int SOURCE = 4, DESTINATION = 6;

  private static final int BLOCKS = 10, BYTES = 8, SOURCE_LBA = 12, DESTINATION_LBA = 20;
  private static final int SOURCE_OFFSET = 28, DESTINATION_OFFSET = 30;

  /// @param list holds the whole descriptor from `at` on
  static Segment read(Kind kind, ByteBuffer list, int at) {
    boolean offsets = kind == Kind.BLOCK_OFFSET_TO_BLOCK_OFFSET;
    return new Segment(
        kind,
        at,
        !offsets && (list.get(at + 1) & 0x02) != 0,
        u16(list, at + SOURCE),
        u16(list, at + DESTINATION),
        offsets ? list.getInt(at + BYTES) & 0xffff_ffffL : u16(list, at + BLOCKS),
        list.getLong(at + SOURCE_LBA),
        list.getLong(at + DESTINATION_LBA),
        offsets ? u16(list, at + SOURCE_OFFSET) : 0,
        offsets ? u16(list, at + DESTINATION_OFFSET) : 0);
  }

  int amountAt() {
    return at + (kind == Kind.BLOCK_TO_BLOCK ? BLOCKS : BYTES);
  }

  int sourceLbaAt() {
    return at + SOURCE_LBA;
  }

  int destinationLbaAt() {
    return at + DESTINATION_LBA;
  }

  /// Bytes to be copied.
  long length(int sourceBlockBytes, int destinationBlockBytes) {
    return switch (kind) {
      case BLOCK_TO_BLOCK -> amount * (destinationCount ? destinationBlockBytes : sourceBlockBytes);
      case BLOCK_OFFSET_TO_BLOCK_OFFSET -> amount;
    };
  }

  private static int u16(ByteBuffer list, int at) {
    return list.getShort(at) & 0xffff;
  }
}
