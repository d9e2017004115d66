package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.layer.FaultLayer;
import io.vtgt.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The gate over memory, with layers that hold and fail. Without Vert.x contexts: everything
/// answers on the thread that lets it go on, and the clock moves by [StoreGate#tick].
class StoreGateTest {
  private static final int SIZE = 16 << 20;

  private final FaultLayer faults = new FaultLayer(new MemoryStore(SIZE), FaultLayer.Plan.NONE);
  private final DelayLayer delays = new DelayLayer(null, faults, DelayLayer.Delays.NONE);
  private final StoreGate gate = new StoreGate(null, delays, new StoreGate.Options(1000));

  @AfterEach
  void everythingWasAnswered() {
    for (Traffic traffic : Traffic.values()) {
      delays.release(traffic);
    }
    assertEquals(0, gate.counters().underWay());
    assertTrue(gate.close().succeeded());
  }

  @Test
  void read_longerThanTheTransfer_isSplitAndJoined() {
    byte[] data = new byte[9 << 20];
    new Random(1).nextBytes(data);
    ByteBuf buffer = direct(data);
    assertTrue(gate.write(4096, buffer, true).succeeded());
    assertEquals(0, buffer.refCnt());
    ByteBuf got = gate.read(4096, data.length).result();
    assertArrayEquals(data, ByteBufUtil.getBytes(got));
    assertTrue(got.release());
    StoreGate.Counters counters = gate.counters();
    assertEquals(1, counters.readOperations());
    assertEquals(data.length, counters.readBytes());
    assertEquals(1, counters.writeOperations());
    assertEquals(data.length, counters.writeBytes());
  }

  @Test
  void writeAtomic_keepsReadsAndChangesOfItsRangeAway_andLetsOthersPass() {
    delays.hold(Traffic.READS);
    final Future<ByteBuf> before = gate.read(0, 8192);
    Future<Void> atomic = gate.writeAtomic(4096, direct(new byte[8192]), false);
    delays.hold(Traffic.WRITES);
    delays.release(Traffic.READS);
    assertTrue(before.succeeded());
    before.result().release();
    assertEquals(1, delays.heldCount(Traffic.WRITES)); // it waited for the read only
    Future<ByteBuf> within = gate.read(8192, 4096);
    Future<Void> change = gate.write(8192, direct(new byte[1]), false);
    Future<ByteBuf> beside = gate.read(12288, 4096);
    assertTrue(beside.succeeded());
    beside.result().release();
    assertFalse(within.isComplete());
    assertEquals(1, delays.heldCount(Traffic.WRITES));
    delays.release(Traffic.WRITES);
    assertTrue(atomic.succeeded() && change.succeeded());
    within.result().release();
  }

  @Test
  void thousandsThatWaitForOneAnother_endWithoutNesting() {
    delays.hold(Traffic.WRITES);
    List<Future<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      writes.add(gate.writeAtomic(0, zeroes(4096), false));
    }
    assertEquals(1, delays.heldCount(Traffic.WRITES));
    delays.release(Traffic.WRITES);
    assertTrue(writes.stream().allMatch(Future::succeeded));
  }

  @Test
  void mediumTakenAlone_waitsForOthers_andRefusesThemUntilItIsGivenBack() {
    delays.hold(Traffic.WRITES);
    final Future<Void> before = gate.write(0, direct(new byte[512]), false);
    Future<SoleUse> taking = gate.takeAlone();
    ByteBuf late = direct(new byte[512]);
    assertSame(StoreFault.Kind.UNAVAILABLE, kind(gate.write(0, late, false)));
    assertEquals(0, late.refCnt());
    assertSame(StoreFault.Kind.UNAVAILABLE, kind(gate.read(0, 512)));
    assertSame(StoreFault.Kind.UNAVAILABLE, kind(gate.resize(SIZE / 2)));
    assertFalse(taking.isComplete());
    delays.release(Traffic.WRITES);
    assertTrue(before.succeeded());
    SoleUse user = taking.result();
    assertTrue(user.write(0, direct(new byte[512]), true).succeeded());
    assertTrue(user.writeZeroes(0, 4096, true).succeeded());
    assertTrue(user.flush().succeeded());
    user.end();
    assertTrue(gate.write(0, direct(new byte[512]), false).succeeded());
    assertSame(StoreFault.Kind.UNAVAILABLE, kind(user.flush().isComplete() ? taken() : null));
  }

  /// What one user is told while another has the medium.
  private Future<Void> taken() {
    SoleUse other = gate.takeAlone().result();
    Future<Void> told = gate.flush();
    other.end();
    return told;
  }

  @Test
  void split_whereOnePieceFails_failsOnceAndReleasesAll() {
    delays.hold(Traffic.READS);
    Future<ByteBuf> read = gate.read(0, 12 << 20);
    assertEquals(3, delays.heldCount(Traffic.READS));
    faults.failNext(FaultLayer.Operation.READ, StoreFault.Kind.READ_ERROR);
    delays.release(Traffic.READS);
    assertSame(StoreFault.Kind.READ_ERROR, kind(read));

    ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer().writeZero(9 << 20);
    faults.failNext(FaultLayer.Operation.WRITE, StoreFault.Kind.OUT_OF_SPACE);
    assertSame(StoreFault.Kind.OUT_OF_SPACE, kind(gate.write(0, data, false)));
    assertEquals(0, data.refCnt());
    assertEquals(2, gate.counters().faults());
  }

  @Test
  void fua_whereTheFlushFails_failsTheWrite() {
    faults.failNext(FaultLayer.Operation.FLUSH, StoreFault.Kind.WRITE_ERROR);
    assertSame(StoreFault.Kind.WRITE_ERROR, kind(gate.write(0, zeroes(512), true)));
    assertTrue(gate.write(0, zeroes(512), true).succeeded());
  }

  @Test
  void fault_ofAnUnknownSort_becomesAStoreFault() {
    StoreGate odd =
        new StoreGate(
            null,
            new Layer(new MemoryStore(4096)) {
              @Override
              public Future<ByteBuf> read(long offset, int length) {
                throw new IllegalStateException("a bug");
              }
            },
            new StoreGate.Options(0));
    assertSame(StoreFault.Kind.READ_ERROR, kind(odd.read(0, 512)));
    assertEquals(0, odd.counters().underWay());
    assertTrue(odd.close().succeeded());
  }

  @Test
  void deadline_passed_failsTheCallerAndDrainedStillWaits() {
    delays.hold(Traffic.READS);
    delays.hold(Traffic.WRITES);
    ByteBuf data = zeroes(512);
    Future<ByteBuf> read = gate.read(0, 512);
    Future<Void> write = gate.write(0, data, false);
    pass(StoreGate.TICKS_PER_DEADLINE);
    assertFalse(read.isComplete());
    pass(1);
    assertSame(StoreFault.Kind.TIMEOUT, kind(read));
    assertSame(StoreFault.Kind.TIMEOUT, kind(write));
    Future<Void> drained = gate.drained();
    assertFalse(drained.isComplete());
    assertEquals(2, gate.counters().underWay());
    assertEquals(2, gate.counters().timeouts());
    pass(40);
    assertEquals(2, gate.counters().timeouts());
    assertEquals(1, data.refCnt());
    delays.release(Traffic.READS); // the late answer's buffer is released by the gate
    delays.release(Traffic.WRITES);
    assertTrue(drained.succeeded());
    assertEquals(0, data.refCnt());
    assertEquals(0, gate.counters().faults());
  }

  @Test
  void deadline_ofALongRange_startsAgainWithEachPiece() {
    delays.hold(Traffic.WRITES);
    Future<Void> write = gate.write(0, zeroes(12 << 20), false);
    for (int i = 0; i < 3; i++) {
      pass(StoreGate.TICKS_PER_DEADLINE);
      delays.release(Traffic.WRITES);
      delays.hold(Traffic.WRITES);
    }
    assertTrue(write.succeeded());
  }

  @Test
  void deadline_whileComparing_neverWrites() {
    delays.hold(Traffic.READS);
    ByteBuf expected = zeroes(512);
    ByteBuf data = zeroes(512).setByte(0, 1);
    Future<CompareResult> swap = gate.compareAndWrite(0, expected, data, false);
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    assertSame(StoreFault.Kind.TIMEOUT, kind(swap));
    delays.release(Traffic.READS);
    assertEquals(0, expected.refCnt());
    assertEquals(0, data.refCnt());
    ByteBuf now = gate.read(0, 512).result();
    assertEquals(0, now.getByte(0));
    now.release();
  }

  @Test
  void deadline_ofOneThatWaits_takesItOutOfTheQueue() {
    delays.hold(Traffic.READS);
    Future<ByteBuf> stuck = gate.read(0, 512);
    Future<Geometry> resize = gate.resize(SIZE * 2L);
    Future<ByteBuf> behind = gate.read(512, 512);
    assertEquals(1, delays.heldCount(Traffic.READS));
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    assertSame(StoreFault.Kind.TIMEOUT, kind(stuck));
    assertSame(StoreFault.Kind.TIMEOUT, kind(resize));
    assertSame(StoreFault.Kind.TIMEOUT, kind(behind));
    // The stuck read is still there, but the resize is not, and nothing waits for it.
    delays.hold(Traffic.WRITES);
    Future<Void> write = gate.write(0, zeroes(512), false);
    assertEquals(1, delays.heldCount(Traffic.WRITES));
    delays.release(Traffic.WRITES);
    assertTrue(write.succeeded());
    delays.release(Traffic.READS);
    assertEquals(SIZE, gate.geometry().bytes());
  }

  /// A caller, by its identity.
  private static final class Someone implements Caller {
    private boolean aborted;

    @Override
    public boolean aborted() {
      return aborted;
    }
  }

  @Test
  void quarantine_ofAWrite_keepsReadersAndWritersOfItsRangeAway() {
    delays.hold(Traffic.WRITES);
    Future<Void> stuck = gate.write(4096, filled(4096, 1), false);
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    assertSame(StoreFault.Kind.TIMEOUT, kind(stuck));
    assertEquals(1, gate.quarantined());
    Future<Void> anew = gate.write(4096, filled(512, 2), false);
    Future<ByteBuf> reader = gate.read(4608, 512);
    Future<ByteBuf> beside = gate.read(8192, 512);
    assertEquals(1, delays.heldCount(Traffic.WRITES), "the new write waits");
    assertTrue(beside.map(ByteBuf::release).succeeded());
    assertFalse(reader.isComplete());
    delays.release(Traffic.WRITES); // the stuck one lands, and only then the others
    assertTrue(anew.succeeded());
    assertEquals(1, reader.result().getByte(0));
    reader.result().release();
    ByteBuf now = gate.read(4096, 512).result();
    assertEquals(2, now.getByte(0));
    now.release();
    assertEquals(0, gate.quarantined());
  }

  @Test
  void quarantine_whereWaitersAreLateToo_endsThemWithoutTouchingTheMedium() {
    delays.hold(Traffic.WRITES);
    Future<Void> stuck = gate.write(0, filled(512, 1), false);
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    ByteBuf data = filled(512, 2);
    Future<Void> anew = gate.write(0, data, false);
    Future<ByteBuf> reader = gate.read(0, 512);
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    assertSame(StoreFault.Kind.TIMEOUT, kind(anew));
    assertSame(StoreFault.Kind.TIMEOUT, kind(reader));
    assertEquals(0, data.refCnt());
    assertEquals(1, gate.quarantined(), "only what the store has");
    delays.release(Traffic.WRITES);
    assertTrue(stuck.failed());
    ByteBuf now = gate.read(0, 512).result();
    assertEquals(1, now.getByte(0));
    now.release();
  }

  @Test
  void quarantine_full_tellsThatTheStoreHangsUntilItAnswers() {
    delays.hold(Traffic.WRITES);
    for (int i = 0; i < StoreGate.MOST_IN_QUARANTINE; i++) {
      assertFalse(gate.hung());
      var _ = gate.write(i * 512L, zeroes(512), false);
      pass(StoreGate.TICKS_PER_DEADLINE + 1);
    }
    assertTrue(gate.hung());
    delays.releaseOne(Traffic.WRITES, _ -> 0);
    assertFalse(gate.hung());
    long far = MOST_BYTES / 2;
    var _ = gate.write(SIZE - far, zeroes((int) far), false);
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    assertTrue(gate.hung());
    delays.release(Traffic.WRITES);
    assertFalse(gate.hung());
  }

  private static final long MOST_BYTES = StoreGate.MOST_QUARANTINED_BYTES;

  @Test
  void landed_waitsForTheChangesOfThatCallerAlone() {
    var a = new Someone();
    var b = new Someone();
    delays.hold(Traffic.WRITES);
    delays.hold(Traffic.READS);
    var _ = gate.write(a, 0, zeroes(512), false);
    Future<Void> ofB = gate.write(b, 512, zeroes(512), false);
    Future<ByteBuf> read = gate.read(0, 512);
    Future<Void> landed = gate.landed(b::equals);
    assertTrue(gate.landed(_ -> false).succeeded());
    assertFalse(landed.isComplete());
    assertTrue(delays.releaseOne(Traffic.WRITES, _ -> 1));
    assertTrue(ofB.succeeded());
    assertTrue(landed.succeeded());
    assertFalse(gate.landed(a::equals).isComplete());
    pass(StoreGate.TICKS_PER_DEADLINE + 1);
    Future<Void> late = gate.landed(a::equals);
    assertFalse(late.isComplete(), "given up, but it may still land");
    delays.release(Traffic.WRITES);
    assertTrue(late.succeeded());
    assertTrue(read.failed());
  }

  @Test
  void landed_waitsForTheChangesOfNobodyInParticular() {
    delays.hold(Traffic.WRITES);
    var _ = gate.write(0, zeroes(512), false);
    Future<Void> landed = gate.landed(_ -> false);
    assertFalse(landed.isComplete());
    delays.release(Traffic.WRITES);
    assertTrue(landed.succeeded());
  }

  @Test
  void abortedCaller_getsNoFurtherPieceWritten() {
    var caller = new Someone();
    delays.hold(Traffic.WRITES);
    Future<Void> write = gate.write(caller, 0, filled(12 << 20, 1), false);
    Future<Void> same = gate.writeSame(caller, 12 << 20, 2 << 20, filled(512, 1));
    assertEquals(3 + 4, delays.heldCount(Traffic.WRITES));
    caller.aborted = true;
    delays.release(Traffic.WRITES);
    assertTrue(write.succeeded(), "all of it had begun");
    assertSame(StoreFault.Kind.TIMEOUT, kind(same));
    ByteBuf end = gate.read((14 << 20) - 512, 512).result();
    assertEquals(0, end.getByte(0));
    end.release();
    ByteBuf data = zeroes(512);
    assertTrue(gate.write(caller, 0, data, false).failed(), "and none of it begins");
    assertEquals(0, data.refCnt());
  }

  @Test
  void withdraw_takesBackWhatWaits() {
    var caller = new Someone();
    delays.hold(Traffic.WRITES);
    Future<Void> first = gate.write(0, zeroes(512), false);
    Future<Void> exclusive = gate.update(caller, 0, 512, _ -> Optional.empty(), false);
    ByteBuf data = filled(512, 2);
    Future<Void> behind = gate.write(caller, 0, data, false);
    gate.withdraw(Caller::aborted);
    assertFalse(behind.isComplete());
    caller.aborted = true;
    gate.withdraw(Caller::aborted);
    assertTrue(exclusive.failed() && behind.failed());
    assertEquals(0, data.refCnt());
    assertTrue(gate.landed(caller::equals).isComplete() == first.isComplete());
    delays.release(Traffic.WRITES);
    assertTrue(first.succeeded());
  }

  @Test
  void abandon_putsWhatHasBegunInQuarantineNow() {
    var caller = new Someone();
    delays.hold(Traffic.WRITES);
    Future<Void> mine = gate.write(caller, 0, filled(512, 1), false);
    Future<Void> others = gate.write(512, filled(512, 1), false);
    gate.abandon(caller::equals);
    assertSame(StoreFault.Kind.TIMEOUT, kind(mine));
    assertFalse(others.isComplete());
    assertEquals(1, gate.quarantined());
    Future<ByteBuf> reader = gate.read(0, 512);
    assertFalse(reader.isComplete());
    delays.release(Traffic.WRITES);
    assertEquals(1, reader.result().getByte(0));
    reader.result().release();
  }

  @Test
  void drained_waitsForWhatWasUnderWayAndNoMore() {
    assertTrue(gate.drained().succeeded());
    delays.hold(Traffic.WRITES);
    Future<Void> before = gate.write(0, zeroes(512), false);
    Future<Void> drained = gate.drained();
    delays.hold(Traffic.FLUSHES);
    Future<Void> after = gate.flush();
    delays.release(Traffic.WRITES);
    assertTrue(before.succeeded());
    assertTrue(drained.succeeded());
    assertFalse(after.isComplete());
    delays.release(Traffic.FLUSHES);
    assertTrue(after.succeeded());
  }

  @Test
  void exclusive_waitsForChangesOfItsRangeOnly() {
    delays.hold(Traffic.WRITES);
    Future<Void> inside = gate.write(0, zeroes(512), false);
    Future<Void> outside = gate.write(8192, zeroes(512), false);
    List<String> order = new ArrayList<>();
    inside.onComplete(_ -> order.add("write"));
    Future<Void> update =
        gate.update(
            0,
            512,
            _ -> {
              order.add("update");
              return Optional.empty();
            },
            false);
    // Later ones of the same range wait for the update, others do not.
    Future<Void> behind = gate.write(0, zeroes(512), false);
    Future<Void> beside = gate.write(512, zeroes(512), false);
    assertEquals(3, delays.heldCount(Traffic.WRITES));
    assertTrue(gate.read(0, 512).map(ByteBuf::release).succeeded());
    delays.release(Traffic.WRITES);
    assertTrue(update.succeeded() && behind.succeeded() && beside.succeeded());
    assertTrue(outside.succeeded());
    assertEquals("update", order.getLast());
  }

  @Test
  void update_thatThrowsOrGivesAnotherLength_failsAndLetsOthersOn() {
    assertTrue(
        gate.update(
                0,
                512,
                _ -> {
                  throw new IllegalStateException("a bug");
                },
                false)
            .failed());
    ByteBuf longer = zeroes(1024);
    assertSame(
        StoreFault.Kind.OUT_OF_RANGE, kind(gate.update(0, 512, _ -> Optional.of(longer), false)));
    assertEquals(0, longer.refCnt());
    assertTrue(gate.write(0, zeroes(512), false).succeeded());
  }

  @Test
  void resize_holdsWhatComesAndMeasuresItAnew() {
    delays.hold(Traffic.READS);
    Future<ByteBuf> before = gate.read(0, 512);
    Future<Geometry> resize = gate.resize(4096);
    ByteBuf data = zeroes(512);
    Future<Void> tooFar = gate.write(8192, data, false);
    Future<Void> within = gate.write(0, zeroes(512), false);
    assertFalse(resize.isComplete());
    delays.release(Traffic.READS);
    before.result().release();
    assertEquals(4096, resize.result().bytes());
    assertSame(StoreFault.Kind.OUT_OF_RANGE, kind(tooFar));
    assertEquals(0, data.refCnt());
    assertTrue(within.succeeded());
  }

  @Test
  void reopen_waitsForWhatIsUnderWay_andWhatComesGoesToTheOther() {
    MemoryStore other = new MemoryStore(8192);
    delays.hold(Traffic.WRITES);
    Future<Void> before = gate.write(0, zeroes(512), false);
    Future<Void> reopen = gate.reopen(() -> Future.succeededFuture(other));
    Future<Void> meanwhile = gate.write(4096, zeroes(512), false);
    assertFalse(reopen.isComplete());
    delays.release(Traffic.WRITES);
    assertTrue(before.succeeded());
    assertTrue(reopen.succeeded());
    assertTrue(meanwhile.succeeded());
    assertEquals(8192, gate.geometry().bytes());
    assertTrue(other.space().result().allocatedBytes() > 0);
    assertSame(StoreFault.Kind.CLOSED, kind(delays.flush()));
    assertTrue(gate.close().succeeded());
  }

  @Test
  void reopen_thatFails_leavesAClosedStore() {
    Future<Void> reopen =
        gate.reopen(
            () -> Future.failedFuture(new StoreFault(StoreFault.Kind.UNAVAILABLE, "not there")));
    assertSame(StoreFault.Kind.UNAVAILABLE, kind(reopen));
    assertSame(StoreFault.Kind.CLOSED, kind(gate.flush()));
  }

  @Test
  void close_refusesNewOnesAndWaitsForTheOthers() {
    delays.hold(Traffic.WRITES);
    Future<Void> write = gate.write(0, zeroes(512), false);
    Future<Void> close = gate.close();
    assertFalse(close.isComplete());
    ByteBuf late = zeroes(512);
    assertSame(StoreFault.Kind.CLOSED, kind(gate.write(0, late, false)));
    assertEquals(0, late.refCnt());
    assertSame(
        StoreFault.Kind.CLOSED, kind(gate.compareAndWrite(0, zeroes(512), zeroes(512), false)));
    delays.release(Traffic.WRITES);
    assertTrue(write.succeeded());
    assertTrue(close.succeeded());
    assertTrue(gate.close().succeeded());
  }

  @Test
  void counters_tellWhatWasAsked() {
    assertTrue(gate.unmap(4095, 8194).succeeded());
    assertTrue(gate.flush().succeeded());
    assertTrue(gate.writeZeroes(0, 4096, true).succeeded());
    StoreGate.Counters counters = gate.counters();
    assertEquals(1, counters.unmapOperations());
    assertEquals(8192, counters.unmapBytes());
    assertEquals(1, counters.flushOperations());
    assertEquals(1, counters.otherOperations());
    assertTrue(gate.unmap(1, 4096).succeeded()); // holds no whole granule
    assertEquals(1, gate.counters().unmapOperations());
  }

  @Test
  void emptyRanges_doNothing() {
    assertEquals(0, gate.read(SIZE, 0).result().readableBytes());
    assertTrue(gate.write(SIZE, Unpooled.EMPTY_BUFFER, false).succeeded());
    assertTrue(gate.writeZeroes(0, 0, false).succeeded());
    assertTrue(gate.extents(0, 0).result().isEmpty());
    assertSame(
        CompareResult.WRITTEN, gate.compareAndWrite(0, zeroes(0), zeroes(0), false).result());
    assertNull(gate.update(0, 0, _ -> Optional.empty(), false).result());
  }

  private void pass(int ticks) {
    for (int i = 0; i < ticks; i++) {
      gate.tick();
    }
  }

  private static StoreFault.Kind kind(Future<?> failed) {
    assertTrue(failed.failed(), "it did not fail");
    return ((StoreFault) failed.cause()).kind();
  }

  private static ByteBuf zeroes(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, length)).writeZero(length);
  }

  private static ByteBuf filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return direct(bytes);
  }

  private static ByteBuf direct(byte[] data) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(data.length).writeBytes(data);
  }
}
