package io.vtgt.scsi.copy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.store.BackingStore;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Lun;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.Target;
import io.vtgt.target.UnitDirectory;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/// A gateway for copies: units with names of their own at one target, more targets behind a
/// directory, a clock that tests move; and the parameter lists of the commands.
final class CopyFixture implements AutoCloseable {
  static final String XCOPY = "83 00 00 00 00 00 00 00 00 00 %08x 00 00",
      XCOPY_LID4 = "83 01 00 00 00 00 00 00 00 00 %08x 00 00",
      POPULATE = "83 10 00 00 00 00 %08x %08x 00 00",
      WRITE_USING = "83 11 00 00 00 00 %08x %08x 00 00",
      STATUS_LID1 = "84 00 %02x 00 00 00 00 00 00 00 00 00 10 00 00 00",
      DETAILS_LID1 = "84 04 %02x 00 00 00 00 00 00 00 00 00 10 00 00 00",
      STATUS_LID4 = "84 05 %08x 00 00 00 00 00 00 10 00 00 00",
      TOKEN_INFORMATION = "84 07 %08x 00 00 00 00 00 00 10 00 00 00",
      ABORT = "83 1c %08x 00 00 00 00 00 00 00 00 00 00";

  final ScsiFixture scsi = new ScsiFixture();
  final AtomicLong nanos = new AtomicLong();
  final List<Target> others = new ArrayList<>();
  final CopyManager manager;
  private int tag;

  CopyFixture() {
    UnitDirectory directory =
        (which, nexus) -> {
          var ways = new ArrayList<>(nexus.ways(which));
          others.forEach(target -> ways.addAll(target.ways(nexus, which, true)));
          return ways;
        };
    manager = new CopyManager(directory, nanos::get, new SecureRandom());
  }

  /// @param number the last byte of its NAA
  static LogicalUnit.Profile profile(int number, int blockBytes, boolean thin, boolean readOnly) {
    byte[] naa = HexFormat.of().parseHex("60000000000040008000000000000000");
    naa[15] = (byte) number;
    return new LogicalUnit.Profile(
        "unit " + number,
        new UUID(1, number),
        naa,
        "SERIAL-" + number,
        "VTGT",
        "VIRTUAL-DISK",
        "0001",
        blockBytes,
        4096,
        thin,
        true,
        0,
        true,
        readOnly,
        1);
  }

  LogicalUnit unit(int number, int blockBytes, BackingStore store) {
    return unit(profile(number, blockBytes, true, false), store);
  }

  LogicalUnit unit(LogicalUnit.Profile profile, BackingStore store) {
    LogicalUnit unit = scsi.unit(profile, store);
    unit.copyManager(manager);
    return unit;
  }

  /// A thin unit of 512-byte blocks in memory.
  LogicalUnit add(int lun) {
    return add(lun, new MemoryStore(4 << 20));
  }

  LogicalUnit add(int lun, BackingStore store) {
    return add(lun, unit(lun, 512, store));
  }

  LogicalUnit add(int lun, LogicalUnit unit) {
    scsi.target().addUnit(lun, unit);
    return unit;
  }

  @Override
  public void close() {
    scsi.close();
  }

  // Commands

  Task task(ScsiFixture.Initiator by, int lun, String cdb, int dataOutLength) {
    return new Task(
        by.nexus, Lun.of(lun), ++tag, Cdb.of(cdb), TaskAttribute.SIMPLE, dataOutLength, 1 << 20);
  }

  /// Begins a command with data, and does not wait.
  Future<Completion> start(Task task, byte[] dataOut) {
    var promise = io.vertx.core.Promise.<Completion>promise();
    task.nexus()
        .context()
        .runOnContext(_ -> follow(scsi.target().begin(task), dataOut).onComplete(promise));
    return promise.future();
  }

  private static Future<Completion> follow(Step step, byte[] dataOut) {
    return switch (step) {
      case Step.Done done -> Future.succeededFuture(done.completion());
      case Step.Running running -> running.completion();
      case Step.NeedsData needs ->
          follow(
              needs
                  .then()
                  .apply(
                      Unpooled.wrappedBuffer(
                          Arrays.copyOf(dataOut, Math.min(needs.length(), dataOut.length)))),
              dataOut);
    };
  }

  Completion run(ScsiFixture.Initiator by, int lun, String cdb, byte[] dataOut) {
    return ScsiFixture.await(start(task(by, lun, cdb, dataOut.length), dataOut));
  }

  Completion copy(ScsiFixture.Initiator by, int lun, byte[] list) {
    return run(by, lun, XCOPY.formatted(list.length), list);
  }

  byte[] good(ScsiFixture.Initiator by, int lun, String cdb, byte... dataOut) {
    Completion completion = run(by, lun, cdb, dataOut);
    if (completion instanceof Completion.Good(var data)) {
      byte[] bytes = ByteBufUtil.getBytes(data);
      data.release();
      return bytes;
    }
    throw new AssertionError(completion);
  }

  static void assertGood(Completion completion) {
    assertEquals(Completion.good(), completion);
  }

  static Sense sense(Completion completion) {
    return switch (completion) {
      case Completion.CheckCondition check -> check.sense();
      default -> throw new AssertionError(completion);
    };
  }

  // Media

  void write(LogicalUnit unit, long offset, byte[] bytes) {
    ScsiFixture.on(
        unit.owner(), () -> unit.gate().write(offset, Unpooled.copiedBuffer(bytes), false));
  }

  byte[] read(LogicalUnit unit, long offset, int length) {
    return ScsiFixture.on(
        unit.owner(), () -> unit.gate().read(offset, length).map(CopyFixture::taken));
  }

  private static byte[] taken(ByteBuf data) {
    try {
      return ByteBufUtil.getBytes(data);
    } finally {
      data.release();
    }
  }

  static byte[] pattern(int length, int seed) {
    byte[] bytes = new byte[length];
    new java.util.Random(seed).nextBytes(bytes);
    return bytes;
  }

  // Parameter lists

  static byte[] join(byte[]... parts) {
    ByteBuffer whole =
        ByteBuffer.allocate(Arrays.stream(parts).mapToInt(part -> part.length).sum());
    for (byte[] part : parts) {
      whole.put(part);
    }
    return whole.array();
  }

  /// An EXTENDED COPY (LID1) list.
  static byte[] list(int listId, int usage, List<byte[]> cscds, List<byte[]> segments) {
    byte[] first = join(cscds.toArray(byte[][]::new));
    byte[] second = join(segments.toArray(byte[][]::new));
    byte[] header =
        ByteBuffer.allocate(16)
            .put((byte) listId)
            .put((byte) (usage << 3))
            .putShort((short) first.length)
            .putInt(8, second.length)
            .array();
    return join(header, first, second);
  }

  static byte[] listLid4(int listId, boolean immediate, List<byte[]> cscds, List<byte[]> segments) {
    byte[] first = join(cscds.toArray(byte[][]::new));
    byte[] second = join(segments.toArray(byte[][]::new));
    byte[] header =
        ByteBuffer.allocate(48)
            .put((byte) 1)
            .putShort(2, (short) 0x20)
            .put(15, (byte) (immediate ? 1 : 0))
            .put(16, (byte) 0xff)
            .putInt(20, listId)
            .putShort(42, (short) first.length)
            .putShort(44, (short) second.length)
            .array();
    return join(header, first, second);
  }

  static byte[] cscd(LogicalUnit unit) {
    return Cscd.encode(unit);
  }

  static byte[] segment(int source, int destination, int blocks, long from, long to) {
    return segment(source, destination, false, blocks, from, to);
  }

  static byte[] segment(
      int source, int destination, boolean destinationCount, int blocks, long from, long to) {
    return ByteBuffer.allocate(28)
        .put((byte) 0x02)
        .put((byte) (destinationCount ? 2 : 0))
        .putShort((short) 24)
        .putShort((short) source)
        .putShort((short) destination)
        .putShort((short) 0)
        .putShort((short) blocks)
        .putLong(from)
        .putLong(to)
        .array();
  }

  static byte[] offsetSegment(
      int source, int destination, int bytes, long from, int fromByte, long to, int toByte) {
    return ByteBuffer.allocate(32)
        .put((byte) 0x0a)
        .put((byte) 0)
        .putShort((short) 28)
        .putShort((short) source)
        .putShort((short) destination)
        .putInt(bytes)
        .putLong(from)
        .putLong(to)
        .putShort((short) fromByte)
        .putShort((short) toByte)
        .array();
  }

  /// @param ranges LBA, blocks, LBA, blocks …
  static byte[] populate(int flags, int timeout, int rodType, long... ranges) {
    byte[] descriptors = ranges(ranges);
    return join(
        ByteBuffer.allocate(16)
            .putShort((short) (14 + descriptors.length))
            .put((byte) flags)
            .putInt(4, timeout)
            .putInt(8, rodType)
            .putShort(14, (short) descriptors.length)
            .array(),
        descriptors);
  }

  static byte[] writeUsing(int flags, long offset, byte[] token, long... ranges) {
    byte[] descriptors = ranges(ranges);
    return join(
        ByteBuffer.allocate(536)
            .putShort((short) (534 + descriptors.length))
            .put((byte) flags)
            .putLong(8, offset)
            .put(16, token)
            .putShort(534, (short) descriptors.length)
            .array(),
        descriptors);
  }

  private static byte[] ranges(long... ranges) {
    ByteBuffer descriptors = ByteBuffer.allocate(ranges.length * 8);
    for (int i = 0; i < ranges.length; i += 2) {
      descriptors.putLong(ranges[i]).putInt((int) ranges[i + 1]).putInt(0);
    }
    return descriptors.array();
  }
}
