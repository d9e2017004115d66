package io.vtgt.scsi.copy;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.store.ChangeWatch;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The block device range descriptors of POPULATE TOKEN and WRITE USING TOKEN (SBC-4, Block device
/// range descriptor), as ranges of bytes of a unit; empty ones are left out.
///
/// @param length bytes of all ranges
record BlockRanges(List<ChangeWatch.Range> ranges, long length) {

  sealed interface Read {
    record Understood(BlockRanges ranges) implements Read {}

    record Malformed(Sense sense) implements Read {}
  }

  private static final int DESCRIPTOR_LENGTH = 16;

  /// @param lengthAt where BLOCK DEVICE RANGE DESCRIPTOR LENGTH stands; the descriptors follow it
  /// @param bytes the whole parameter list; descriptors it cuts off are ignored
  static Read read(byte[] bytes, int lengthAt, LogicalUnit unit) {
    ByteBuffer list = ByteBuffer.wrap(bytes);
    int told = list.getShort(lengthAt) & 0xffff;
    if (told < DESCRIPTOR_LENGTH) {
      return wrong(lengthAt);
    }
    int first = lengthAt + Short.BYTES;
    int count = Math.min(told, bytes.length - first) / DESCRIPTOR_LENGTH;
    if (count > CopyLimits.RANGES) {
      return new Read.Malformed(
          Sense.illegalRequest(Asc.TOO_MANY_SEGMENT_DESCRIPTORS)
              .at(new Sense.FieldPointer(false, lengthAt, -1)));
    }
    long capacity = unit.blockCount();
    int blockBytes = unit.profile().blockBytes();
    var ranges = new ArrayList<ChangeWatch.Range>();
    long length = 0;
    for (int i = 0; i < count; i++) {
      int at = first + i * DESCRIPTOR_LENGTH;
      long lba = list.getLong(at);
      long blocks = list.getInt(at + Long.BYTES) & 0xffff_ffffL;
      if (lba < 0 || lba > capacity || blocks > capacity - lba) {
        return new Read.Malformed(Sense.illegalRequest(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE));
      }
      length += blocks * blockBytes;
      if (length > CopyLimits.ROD_BYTES) {
        return wrong(at + Long.BYTES);
      }
      if (blocks > 0) {
        ranges.add(new ChangeWatch.Range(lba * blockBytes, blocks * blockBytes));
      }
    }
    return overlap(ranges)
        ? wrong(first)
        : new Read.Understood(new BlockRanges(List.copyOf(ranges), length));
  }

  private static boolean overlap(List<ChangeWatch.Range> ranges) {
    var sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(ChangeWatch.Range::offset));
    for (int i = 1; i < sorted.size(); i++) {
      var before = sorted.get(i - 1);
      if (sorted.get(i).offset() < before.offset() + before.length()) {
        return true;
      }
    }
    return false;
  }

  private static Read wrong(int at) {
    return new Read.Malformed(Sense.invalidFieldInParameterList(at, 7));
  }
}
