package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import io.vtgt.store.layer.FaultLayer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The single promises of write-back, on one thread; the store answers when the test says so, and
/// an age passes when the test says so.
class WriteBackLayerTest {
  private static final int SIZE = 1 << 20;
  private static final int DIRTY = 64 << 10;

  private final FakeStore store = new FakeStore(SIZE, 256 << 10, false, true, 4096, false);
  private final FaultLayer faults = new FaultLayer(store, FaultLayer.Plan.NONE);
  private final LateLayer late = new LateLayer(faults);
  private final WriteBackLayer layer =
      new WriteBackLayer(
          null,
          new CacheLayer(null, late, new CacheLayer.Options(SIZE, 4096, 0)),
          new WriteBackLayer.Options(DIRTY, 1000));

  @BeforeEach
  void listen() {
    layer.listen(StoreListener.NONE);
  }

  @AfterEach
  void nothingIsHeld() {
    Future<Void> closed = layer.close();
    allGo();
    assertTrue(closed.isComplete());
    layer.tick();
    allGo();
    assertEquals(0, layer.heldBytes());
    assertEquals(0, count("cache.bytes"));
  }

  private long count(String name) {
    return layer.counters().get(name);
  }

  private void allGo() {
    while (late.letOneGo(_ -> 0)) {
      // one more
    }
  }

  private Future<Void> write(long offset, int value, int length, boolean fua) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return layer.write(
        offset, PooledByteBufAllocator.DEFAULT.directBuffer(length).writeBytes(bytes), fua);
  }

  private void keep(long offset, int value, int length) {
    assertTrue(write(offset, value, length, false).succeeded(), "answered from memory");
  }

  private byte[] read(long offset, int length) {
    Future<ByteBuf> answer = layer.read(offset, length);
    allGo();
    byte[] bytes = ByteBufUtil.getBytes(answer.result());
    answer.result().release();
    return bytes;
  }

  private static StoreFault.Kind kind(Future<?> failed) {
    return ((StoreFault) failed.cause()).kind();
  }

  @Test
  void write_isAnsweredAtOnce_andReadBackOverWhatTheStoreHas() {
    keep(512, 1, 1024);
    keep(1024, 2, 2048);
    assertEquals(0, store.medium()[512]);
    byte[] got = read(0, 4096);
    assertArrayEquals(
        new int[] {0, 1, 2, 2, 0}, new int[] {got[511], got[512], got[1024], got[3071], got[3072]});
    assertEquals(512 + 2048, count("cache.dirtyBytes"));
  }

  @Test
  void writeOut_comesByAge() {
    keep(0, 1, 512);
    layer.tick();
    allGo();
    assertEquals(0, store.medium()[0]);
    layer.tick();
    allGo();
    assertEquals(1, store.medium()[0]);
    assertEquals(0, count("cache.dirtyBytes"));
  }

  @Test
  void writeOut_ofNeighbours_isOneWrite() {
    for (int i = 0; i < 16; i++) {
      keep(i * 512L, i, 512);
    }
    Future<Void> flushed = layer.flush();
    allGo();
    assertTrue(flushed.succeeded());
    assertEquals(1, count("cache.writeOuts"));
  }

  @Test
  void writes_beyondTheBound_goThroughToTheStore() {
    int kept = 0;
    while (true) {
      Future<Void> answer = write(kept * 8192L, 1, 4096, false);
      if (!answer.isComplete()) {
        break;
      }
      kept++;
    }
    assertTrue(kept > 5 && kept * 4096 <= DIRTY, kept + " kept");
    assertTrue(layer.heldBytes() <= DIRTY);
    allGo();
  }

  @Test
  void flush_makesWhatWasAnsweredDurable_andNothingLaterIsPromised() {
    keep(0, 1, 512);
    Future<Void> flushed = layer.flush();
    keep(4096, 2, 512);
    allGo();
    assertTrue(flushed.succeeded());
    assertEquals(1, store.durable()[0]);
    assertEquals(512, count("cache.dirtyBytes"));
  }

  /// The bytes that the flush is for are overwritten before they could go: they, or the newer ones,
  /// must be in the store when it is answered.
  @Test
  void flush_ofWhatIsOverwrittenMeanwhile_waitsForWhatTookItsPlace() {
    keep(0, 1, 512);
    layer.tick();
    layer.tick(); // 1 is on its way
    keep(0, 2, 512); // must wait for it
    Future<Void> flushed = layer.flush();
    keep(0, 3, 512);
    allGo();
    assertTrue(flushed.succeeded());
    assertTrue(store.durable()[0] >= 2, "durable is " + store.durable()[0]);
  }

  @Test
  void writeOuts_ofTheSameBytes_neverOvertakeEachOther() {
    keep(0, 1, 512);
    layer.tick();
    layer.tick();
    keep(0, 2, 512);
    Future<Void> flushed = layer.flush();
    assertEquals(1, count("cache.writeOuts"), "the second waits for the first");
    allGo();
    assertTrue(flushed.succeeded());
    assertEquals(2, store.durable()[0]);
  }

  @Test
  void fua_isDurable_andDrainsNothingElse() {
    keep(0, 1, 1024);
    keep(8192, 2, 512);
    Future<Void> durable = write(512, 3, 512, true);
    assertFalse(durable.isComplete());
    allGo();
    assertTrue(durable.succeeded());
    assertEquals(3, store.durable()[512]);
    assertEquals(0, store.medium()[0]);
    assertEquals(0, store.medium()[8192]);
    assertEquals(512 + 512, count("cache.dirtyBytes"));
    assertTrue(layer.limits().nativeFua(), "the gate shall not flush everything for it");
  }

  @Test
  void fua_thatFails_leavesWhatWasDirty() {
    keep(0, 1, 512);
    faults.failNext(FaultLayer.Operation.WRITE, StoreFault.Kind.WRITE_ERROR);
    Future<Void> failed = write(0, 2, 512, true);
    allGo();
    assertEquals(StoreFault.Kind.WRITE_ERROR, kind(failed));
    assertEquals(1, read(0, 512)[0]);
  }

  @Test
  void unmap_ofWhatIsDirty_isNotUndoneByALaterWriteOut() {
    keep(0, 1, 4096);
    Future<Void> unmapped = layer.unmap(1024, 2048);
    allGo();
    assertTrue(unmapped.succeeded());
    Future<Void> flushed = layer.flush();
    allGo();
    assertTrue(flushed.succeeded());
    byte[] medium = store.durable();
    assertArrayEquals(
        new int[] {1, 0, 0, 1}, new int[] {medium[1023], medium[1024], medium[3071], medium[3072]});
  }

  @Test
  void writeOut_thatFails_staysDirty_andTheNextFlushTellsIfItFailsAgain() {
    keep(0, 1, 512);
    faults.failNext(FaultLayer.Operation.WRITE, StoreFault.Kind.OUT_OF_SPACE);
    Future<Void> failed = layer.flush();
    allGo();
    assertEquals(StoreFault.Kind.OUT_OF_SPACE, kind(failed));
    assertEquals(1, count("cache.writeOutErrors"));
    assertEquals(1, read(0, 512)[0]);
    Future<Void> again = layer.flush();
    allGo();
    assertTrue(again.succeeded());
    assertEquals(1, store.durable()[0]);
  }

  @ParameterizedTest
  @EnumSource(
      value = StoreState.Kind.class,
      names = {"FENCED", "LOCKED_BY_ANOTHER", "GONE"})
  void storeInOtherHands_losesWhatIsDirty_andTellsOnce(StoreState.Kind kind) {
    keep(0, 1, 512);
    store.tell(new StoreState(kind, "test"));
    store.tell(StoreState.USABLE);
    assertEquals(512, count("cache.lostBytes"));
    Future<Void> told = layer.flush();
    allGo();
    assertEquals(StoreFault.Kind.WRITE_ERROR, kind(told));
    Future<Void> again = layer.flush();
    allGo();
    assertTrue(again.succeeded());
    assertEquals(0, read(0, 512)[0], "it is not in the store, and nobody says so");
  }

  @Test
  void storeAway_takesWritesItself() {
    store.tell(new StoreState(StoreState.Kind.UNREACHABLE, "test"));
    Future<Void> through = write(0, 1, 512, false);
    assertFalse(through.isComplete());
    allGo();
    assertTrue(through.succeeded());
    assertEquals(1, store.medium()[0]);
    store.tell(StoreState.USABLE);
    keep(0, 2, 512);
  }

  @Test
  void snapshot_holdsWhatWasAnswered() {
    keep(0, 1, 512);
    Future<Void> made = layer.snapshots().orElseThrow().create("one");
    allGo();
    assertTrue(made.succeeded());
    assertEquals(1, store.medium()[0]);
    keep(0, 2, 512);
    Future<Void> back = layer.snapshots().orElseThrow().rollback("one");
    allGo();
    assertTrue(back.succeeded());
    assertEquals(1, read(0, 512)[0]);
    assertEquals(0, count("cache.dirtyBytes"));
  }

  @Test
  void extents_knowWhatIsDirty() {
    keep(0, 1, 512);
    var extents = layer.extents(0, 512);
    allGo();
    assertEquals(io.vtgt.store.Extent.State.MAPPED, extents.result().getFirst().state());
  }

  @Test
  void close_ofAStoreThatTakesNothing_losesAndTells() {
    keep(0, 1, 512);
    faults.failNext(FaultLayer.Operation.WRITE, StoreFault.Kind.UNAVAILABLE);
    Future<Void> closed = layer.close();
    allGo();
    assertEquals(StoreFault.Kind.UNAVAILABLE, kind(closed));
    layer.tick();
    allGo();
    assertEquals(512, count("cache.lostBytes"));
  }
}
