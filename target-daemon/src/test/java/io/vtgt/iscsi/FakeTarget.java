package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.Nexus;
import io.vtgt.target.TaskOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A target with one unit, LUN 0, of bytes in memory, in blocks of 512 bytes. READ (10) and WRITE
/// (10) work on them; what its other commands do is said where they are.
final class FakeTarget implements TargetPort {
  static final String NAME = "iqn.2026-11.test:target";
  static final int BLOCK = 512, BLOCKS = 8192;

  /// TEST UNIT READY.
  static final String READY = "00 00 00 00 00 00";

  /// Ends when the test completes it through [#held].
  static final String HELD = "c0 00 00 00 00 00";

  /// Wants 4096 bytes, and ends when the test completes it.
  static final String HELD_WRITE = "c1 00 00 00 00 00";

  /// Throws.
  static final String BROKEN = "c2 00 00 00 00 00";

  /// Refused with INVALID COMMAND OPERATION CODE, whatever comes with it.
  static final String REFUSED = "c3 00 00 00 00 00";

  /// Fails its future.
  static final String FAILING = "c4 00 00 00 00 00";

  final ByteBuf medium = Unpooled.directBuffer(BLOCK * BLOCKS, BLOCK * BLOCKS);
  final List<Nexus> nexuses = new CopyOnWriteArrayList<>();
  final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  /// What is told to be pending.
  volatile List<Asc> attentions = List.of();

  /// Tasks that wait for the test.
  final BlockingQueue<Promise<Completion>> held = new LinkedBlockingQueue<>();

  static String read(int block, int blocks) {
    return "28 00 %08x 00 %04x 00".formatted(block, blocks);
  }

  static String write(int block, int blocks) {
    return "2a 00 %08x 00 %04x 00".formatted(block, blocks);
  }

  FakeTarget() {
    medium.setZero(0, medium.capacity());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void attach(Nexus nexus) {
    nexuses.add(nexus);
    events.add("attach");
  }

  @Override
  public void detach(Nexus nexus) {
    nexuses.remove(nexus);
    events.add("detach");
  }

  /// The next of attach, detach, clear, resetUnit, warmReset, coldReset.
  String event() throws InterruptedException {
    return events.poll(20, TimeUnit.SECONDS);
  }

  Promise<Completion> heldTask() throws InterruptedException {
    return held.poll(20, TimeUnit.SECONDS);
  }

  @Override
  public TaskOrder.Place arrive(Task task) {
    return null;
  }

  @Override
  public Step begin(Task task) {
    if (task.lun() != 0) {
      return Step.check(Sense.illegalRequest(Asc.LOGICAL_UNIT_NOT_SUPPORTED));
    }
    var cdb = task.cdb();
    int offset = (int) cdb.u32(2) * BLOCK, length = cdb.u16(7) * BLOCK;
    return switch (cdb.opcode()) {
      case 0x00 -> Step.GOOD;
      case 0x28 -> {
        var data = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(length, 1));
        data.writeBytes(medium, offset, length);
        // odd blocks come at once, even ones from a store
        yield cdb.u8(5) % 2 == 1
            ? Step.good(data)
            : new Step.Running(later().map(_ -> Completion.good(data)));
      }
      case 0x2a ->
          length == 0
              ? Step.GOOD
              : new Step.NeedsData(
                  length,
                  data -> {
                    medium.setBytes(offset, data, data.readerIndex(), data.readableBytes());
                    data.release();
                    return cdb.u8(5) % 2 == 1
                        ? Step.GOOD
                        : new Step.Running(later().map(_ -> Completion.good()));
                  });
      case 0xc0 -> hold();
      case 0xc1 ->
          new Step.NeedsData(
              4096,
              data -> {
                data.release();
                return hold();
              });
      case 0xc2 -> throw new IllegalStateException("broken on purpose");
      case 0xc4 -> new Step.Running(Future.failedFuture("failing on purpose"));
      default -> Step.check(Sense.illegalRequest(Asc.INVALID_COMMAND_OPERATION_CODE));
    };
  }

  private static Future<Void> later() {
    Promise<Void> promise = Promise.promise();
    io.vertx.core.Vertx.currentContext().runOnContext(_ -> promise.complete());
    return promise.future();
  }

  private Step hold() {
    Promise<Completion> promise = Promise.promise();
    held.add(promise);
    return new Step.Running(promise.future());
  }

  static Completion aborted() {
    return Completion.check(
        Sense.of(SenseKey.ABORTED_COMMAND, Asc.NO_ADDITIONAL_SENSE_INFORMATION));
  }

  @Override
  public void checkCondition(Task task) {}

  @Override
  public List<Asc> pendingAttentions(Nexus nexus, long lun) {
    return attentions;
  }

  @Override
  public boolean hasUnit(Nexus nexus, long lun) {
    return lun == 0;
  }

  @Override
  public Future<Void> clearTaskSet(Nexus by, long lun) {
    events.add("clear");
    List<Future<Void>> ends = new ArrayList<>();
    for (var nexus : nexuses) {
      ends.add(nexus.transport().abortTasks(OptionalLong.of(lun), !nexus.equals(by)));
    }
    return Future.join(ends).mapEmpty();
  }

  @Override
  public Future<Void> landed(OptionalLong lun, Predicate<Task> whose) {
    return Future.succeededFuture();
  }

  @Override
  public void abandon(Nexus nexus) {
    events.add("abandon");
  }

  @Override
  public Future<Void> resetUnit(Nexus by, long lun) {
    events.add("resetUnit");
    return abortAll(lun);
  }

  private Future<Void> abortAll(long lun) {
    List<Future<Void>> ends = new ArrayList<>();
    for (var nexus : nexuses) {
      ends.add(nexus.transport().abortTasks(OptionalLong.of(lun), false));
    }
    return Future.join(ends).mapEmpty();
  }

  @Override
  public Future<Void> reset(Nexus by, boolean cold) {
    events.add(cold ? "coldReset" : "warmReset");
    return abortAll(0);
  }
}
