package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.Extent;
import io.vtgt.target.LogicalUnit;
import java.util.List;

/// GET LBA STATUS (16): which blocks from an LBA on are mapped, which deallocated. May end before
/// the medium does; the initiator asks on from there.
final class GetLbaStatus {
  private static final int ALLOCATION_LENGTH = 10;
  private static final int HEADER_LENGTH = 8;
  private static final int DESCRIPTOR_LENGTH = 16;
  private static final long MAX_BLOCKS_PER_DESCRIPTOR = 0xffff_ffffL;
  private static final int MAX_DESCRIPTORS = 1024;

  private GetLbaStatus() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long lba = cdb.u64(2);
    long allocationLength = cdb.u32(ALLOCATION_LENGTH);
    if (!BlockRange.inside(unit, lba, 1)) {
      return BlockRange.OUTSIDE;
    }
    int blockBytes = unit.profile().blockBytes();
    long room = (allocationLength - HEADER_LENGTH) / DESCRIPTOR_LENGTH;
    int descriptors = Math.clamp(room, 1, MAX_DESCRIPTORS);
    long end = unit.blockCount();
    return new Step.Running(
        unit.gate()
            .extents(lba * blockBytes, (end - lba) * blockBytes)
            .map(
                extents -> {
                  Answer answer = new Answer(lba, descriptors);
                  answer.add(extents, blockBytes, end);
                  return Completion.good(ReadCapacity.cut(answer.finish(), allocationLength));
                }));
  }

  /// Puts runs of blocks one after the other into the parameter data, neighbours of one state as
  /// one descriptor.
  private static final class Answer {
    private final ByteBuf data;
    private final int maxDescriptors;
    private int descriptors;

    // The run that is not written yet: blocks `start` to `next - 1`.
    private long start;
    private long next;
    private Extent.State state = Extent.State.MAPPED;

    Answer(long lba, int maxDescriptors) {
      this.data = Unpooled.buffer(HEADER_LENGTH + DESCRIPTOR_LENGTH);
      this.maxDescriptors = maxDescriptors;
      data.writeZero(HEADER_LENGTH);
      start = lba;
      next = lba;
    }

    /// A block is deallocated when all of it is; extents of a store know no blocks.
    void add(List<Extent> extents, int blockBytes, long end) {
      for (Extent extent : extents) {
        switch (extent.state()) {
          case DEALLOCATED -> {
            runTo(Math.ceilDiv(extent.offset(), blockBytes), Extent.State.MAPPED);
            runTo(extent.end() / blockBytes, Extent.State.DEALLOCATED);
          }
          case MAPPED -> runTo(Math.ceilDiv(extent.end(), blockBytes), Extent.State.MAPPED);
        }
      }
      if (next == start && descriptors == 0) {
        runTo(Math.min(end, next + 1), Extent.State.MAPPED); // less than a block was told
      }
    }

    private void runTo(long to, Extent.State runState) {
      if (to <= next) {
        return;
      }
      if (runState != state) {
        write();
        state = runState;
      }
      next = to;
    }

    ByteBuf finish() {
      write();
      data.setInt(0, data.writerIndex() - Integer.BYTES);
      return data;
    }

    private void write() {
      while (start < next && descriptors < maxDescriptors) {
        long blocks = Math.min(next - start, MAX_BLOCKS_PER_DESCRIPTOR);
        data.writeLong(start);
        data.writeInt((int) blocks);
        data.writeByte(status(state));
        data.writeZero(3);
        start += blocks;
        descriptors++;
      }
      start = next;
    }

    /// PROVISIONING STATUS (SBC-4, LBA status descriptor).
    private static int status(Extent.State state) {
      return switch (state) {
        case MAPPED -> 0;
        case DEALLOCATED -> 1;
      };
    }
  }
}
