package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.sbc.OrWriteGenerations.Ruling;
import io.vtgt.target.LogicalUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// ORWRITE (16), (32): sets the bits of the Data-Out on the medium, atomically against every other
/// writer of the unit; or clears those that the Data-Out does not have, and begins a new generation
/// of writers.
final class OrWrite {
  private static final int BMOP = 2, PREVIOUS_GENERATION_PROCESSING = 3;
  private static final int EXPECTED_GENERATION = 20, NEW_GENERATION = 24;
  private static final int SET = 0, CHANGE_GENERATION_AND_CLEAR = 1;

  private OrWrite() {}

  /// Where a unit knows generations too, one that names none expects generation 0 (SBC-4,
  /// ORWgeneration code processing). Read, change and write are one only against writers of this
  /// gateway.
  static boolean offered(LogicalUnit unit) {
    return !unit.gate().limits().sharedWriters();
  }

  static Step begin16(Task task, LogicalUnit unit) {
    return set(CdbLayout.BYTES_16, task, unit, 0);
  }

  static Step begin32(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    int expected = (int) cdb.u32(EXPECTED_GENERATION);
    return switch (cdb.u8(BMOP)) {
      case SET -> set(CdbLayout.BYTES_32, task, unit, expected);
      case CHANGE_GENERATION_AND_CLEAR -> change(task, unit, expected);
      default -> Step.check(Sense.invalidFieldInCdb(BMOP, 2));
    };
  }

  private static Step set(CdbLayout layout, Task task, LogicalUnit unit, int expected) {
    OrWriteGenerations generations = unit.orWriteGenerations();
    return transfer(
        layout,
        task,
        unit,
        update ->
            new Step.Running(
                update.run(() -> generations.set(expected), Bits.UNITED).map(OrWrite::completion)));
  }

  /// Two of these may be about different blocks, but not about one generation: they go one after
  /// the other, as control commands do.
  private static Step change(Task task, LogicalUnit unit, int expected) {
    Cdb cdb = task.cdb();
    int policy = cdb.u8(PREVIOUS_GENERATION_PROCESSING);
    if (!OrWriteGenerations.isPolicy(policy)) {
      return Step.check(Sense.invalidFieldInCdb(PREVIOUS_GENERATION_PROCESSING, 3));
    }
    OrWriteGenerations generations = unit.orWriteGenerations();
    int next = (int) cdb.u32(NEW_GENERATION);
    return transfer(
        CdbLayout.BYTES_32,
        task,
        unit,
        update ->
            (Step.Running)
                unit.onOwner(
                    task,
                    () ->
                        update
                            .run(() -> generations.change(expected), Bits.COMMON)
                            .map(
                                ruling -> {
                                  if (ruling == Ruling.PERFORM) {
                                    generations.changed(next, policy);
                                  }
                                  return completion(ruling);
                                })));
  }

  private static Completion completion(Ruling ruling) {
    return switch (ruling) {
      case PERFORM, DISCARD -> Completion.good();
      case REFUSE -> Completion.check(Sense.illegalRequest(Asc.ORWRITE_GENERATION_DOES_NOT_MATCH));
    };
  }

  /// What is done with the data once it is there.
  @FunctionalInterface
  private interface Operation {
    Step.Running begin(Update update);
  }

  private static Step transfer(CdbLayout layout, Task task, LogicalUnit unit, Operation operation) {
    Cdb cdb = task.cdb();
    long lba = layout.lba(cdb);
    long blockCount = layout.blockCount(cdb);
    if (!BlockRange.inside(unit, lba, blockCount)) {
      return BlockRange.OUTSIDE;
    }
    if (blockCount > BlockLimits.maxTransfer(unit)) {
      return layout.lengthRefused();
    }
    int blockBytes = unit.profile().blockBytes();
    int length = (int) blockCount * blockBytes;
    if (task.dataOutLength() < length) {
      return Verify.DATA_TOO_SHORT;
    }
    boolean durable = layout.flag(cdb, ReadWrite.FUA) || Durability.everyWrite(unit);
    long offset = lba * blockBytes;
    if (length == 0) {
      return operation.begin(new Update(task, unit, offset, Unpooled.EMPTY_BUFFER, durable));
    }
    return new Step.NeedsData(
        length,
        data ->
            new Step.Running(
                operation
                    .begin(new Update(task, unit, offset, data, durable))
                    .completion()
                    .onComplete(_ -> data.release())));
  }

  /// One read, change and write of a range.
  ///
  /// @param data borrowed until it has run
  private record Update(Task task, LogicalUnit unit, long offset, ByteBuf data, boolean durable) {

    /// @param ruling asked when nobody else can change the range any more
    Future<Ruling> run(Supplier<Ruling> ruling, Bits bits) {
      if (!data.isReadable()) {
        return Future.succeededFuture(ruling.get());
      }
      var ruled = new AtomicReference<Ruling>();
      return unit.gate()
          .update(
              task,
              offset,
              data.readableBytes(),
              current -> {
                ruled.set(ruling.get());
                return ruled.get() == Ruling.PERFORM
                    ? Optional.of(bits.of(current, data))
                    : Optional.empty();
              },
              durable)
          .map(_ -> ruled.get());
    }
  }

  /// How the bits of the medium and those of the Data-Out are joined.
  private enum Bits {
    UNITED,
    COMMON;

    /// Borrows both. In plain arrays: the compiler makes wide instructions of the loops.
    ByteBuf of(ByteBuf current, ByteBuf data) {
      byte[] joined = ByteBufUtil.getBytes(current);
      byte[] with = ByteBufUtil.getBytes(data);
      switch (this) {
        case UNITED -> {
          for (int at = 0; at < joined.length; at++) {
            joined[at] |= with[at];
          }
        }
        case COMMON -> {
          for (int at = 0; at < joined.length; at++) {
            joined[at] &= with[at];
          }
        }
      }
      return current.alloc().directBuffer(joined.length).writeBytes(joined);
    }
  }
}
