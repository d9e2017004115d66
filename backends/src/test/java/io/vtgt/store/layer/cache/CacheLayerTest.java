package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.StoreState;
import io.vtgt.store.layer.FaultLayer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The single promises of the cache, on one thread; the store answers when the test says so.
class CacheLayerTest {
  private static final int SIZE = 1 << 20;
  private static final int BLOCK = 4096;

  private final FakeStore store = new FakeStore(SIZE, 256 << 10, true, true, 4096, false);
  private final FaultLayer faults = new FaultLayer(store, FaultLayer.Plan.NONE);
  private final LateLayer late = new LateLayer(faults);
  private CacheLayer cache = cache(0);

  private CacheLayer cache(int readAhead) {
    CacheLayer made = new CacheLayer(null, late, new CacheLayer.Options(SIZE, BLOCK, readAhead));
    made.listen(StoreListener.NONE);
    return made;
  }

  @AfterEach
  void nothingIsHeld() {
    Future<Void> closed = cache.close();
    allGo();
    assertTrue(closed.succeeded());
    assertEquals(0, count("cache.bytes"));
  }

  private long count(String name) {
    return cache.counters().get(name);
  }

  private void allGo() {
    while (late.letOneGo(_ -> 0)) {
      // one more
    }
  }

  private byte[] read(long offset, int length) {
    Future<ByteBuf> answer = cache.read(offset, length);
    allGo();
    return bytes(answer);
  }

  private static byte[] bytes(Future<ByteBuf> answer) {
    ByteBuf data = answer.result();
    byte[] bytes = ByteBufUtil.getBytes(data);
    data.release();
    return bytes;
  }

  private static byte[] filled(int value, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private Future<Void> begin(long offset, byte[] bytes) {
    return cache.write(
        offset, PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes), false);
  }

  private void write(long offset, byte[] bytes) {
    Future<Void> answer = begin(offset, bytes);
    allGo();
    assertTrue(answer.succeeded());
  }

  @Test
  void reads_ofOneMissingBlock_makeOneReadOfTheStore() {
    Future<ByteBuf> first = cache.read(512, 1024);
    Future<ByteBuf> second = cache.read(0, BLOCK);
    Future<ByteBuf> both = cache.read(2048, BLOCK);
    allGo();
    assertEquals(2, store.reads(), "the block, and its neighbour");
    assertEquals(1024, bytes(first).length);
    assertEquals(BLOCK, bytes(second).length);
    assertEquals(BLOCK, bytes(both).length);
    assertEquals(2, count("cache.storeReads"));
  }

  @Test
  void read_ofAHotSet_asksTheStoreNoMore() {
    read(0, 256 << 10);
    long before = count("cache.storeReads");
    for (int i = 0; i < 1000; i++) {
      read(i % 63 * 4096L + 512, 4096);
    }
    assertEquals(before, count("cache.storeReads"));
    assertEquals(0, count("cache.evictions"));
  }

  @Test
  void read_beganBeforeAWrite_neverPutsTheOldBlockBack() {
    Future<ByteBuf> old = cache.read(0, BLOCK);
    assertTrue(late.letOneGo(_ -> 0), "the store has read");
    Future<Void> written = begin(0, filled(7, 512));
    late.letOneGo(_ -> 1); // the write is done
    late.letOneGo(count -> count - 1); // and answered, before the read is
    assertTrue(written.succeeded());
    Future<ByteBuf> later = cache.read(0, 512);
    assertFalse(later.isComplete(), "it must not join the read that began before");
    allGo();
    assertArrayEquals(filled(0, BLOCK), bytes(old));
    assertArrayEquals(filled(7, 512), bytes(later));
    assertArrayEquals(filled(7, 512), read(0, 512));
  }

  @Test
  void write_ofAPartOfACachedBlock_leavesWhatReadersHold() {
    read(0, BLOCK);
    ByteBuf held = cache.read(0, BLOCK).result();
    write(512, filled(3, 512));
    assertArrayEquals(filled(0, BLOCK), ByteBufUtil.getBytes(held));
    held.release();
    int reads = store.reads();
    byte[] now = read(0, BLOCK);
    assertEquals(reads, store.reads(), "served from memory");
    assertEquals(3, now[512]);
    assertEquals(0, now[511]);
    assertEquals(0, now[1024]);
  }

  @Test
  void write_thatFails_leavesNothingCachedOfItsRange() {
    read(0, 2 * BLOCK);
    faults.failNext(FaultLayer.Operation.WRITE, StoreFault.Kind.WRITE_ERROR);
    Future<Void> failed = begin(0, filled(1, 512));
    allGo();
    assertTrue(failed.failed());
    int reads = store.reads();
    read(0, 512);
    assertEquals(reads + 1, store.reads());
    read(BLOCK, 512);
    assertEquals(reads + 1, store.reads(), "the other block stays");
  }

  @Test
  void writes_ofTheSameBytesAtOnce_areAskedOfTheStore() {
    read(0, BLOCK);
    Future<Void> first = begin(0, filled(1, 512));
    Future<Void> second = begin(0, filled(2, 512));
    late.letOneGo(_ -> 1); // the second lands first
    allGo();
    assertTrue(first.succeeded() && second.succeeded());
    assertArrayEquals(Arrays.copyOf(store.medium(), 512), read(0, 512));
  }

  @Test
  void read_ofTheGoodPartOfABadBlock_succeeds() {
    faults.failNext(FaultLayer.Operation.READ, StoreFault.Kind.READ_ERROR);
    assertArrayEquals(filled(0, 512), read(512, 512));
    assertEquals(2, count("cache.storeReads"), "the block, then what was wanted");
  }

  @Test
  void read_ofABadWholeBlock_failsAsTheStoreDoes() {
    faults.failNext(FaultLayer.Operation.READ, StoreFault.Kind.READ_ERROR);
    Future<ByteBuf> failed = cache.read(0, BLOCK);
    allGo();
    assertSame(StoreFault.Kind.READ_ERROR, ((StoreFault) failed.cause()).kind());
  }

  @Test
  void read_ofTheLastBlock_ofAMediumThatIsNoMultiple() {
    Future<io.vtgt.store.Geometry> shorter = cache.resize(SIZE - 512);
    allGo();
    assertTrue(shorter.succeeded());
    write(SIZE - 1024, filled(9, 512));
    assertArrayEquals(filled(9, 512), read(SIZE - 1024, 512));
    assertArrayEquals(filled(9, 512), read(SIZE - 1024, 512));
    Future<io.vtgt.store.Geometry> longer = cache.resize(SIZE);
    allGo();
    assertTrue(longer.succeeded());
    byte[] end = read(SIZE - 1024, 1024);
    assertEquals(9, end[511]);
    assertEquals(0, end[512]);
  }

  @Test
  void reads_inARow_areReadAhead_andOthersAreNot() {
    nothingIsHeld();
    cache = new CacheLayer(null, new FakeStore(SIZE, 256 << 10, true, true, 0, false), options());
    for (int i = 0; i < 20; i++) {
      bytes(cache.read(i * 8192L, 8192));
    }
    assertTrue(count("cache.readAheadBytes") > 0);
    assertTrue(count("cache.storeReads") < 10, count("cache.storeReads") + " reads");
    long ahead = count("cache.readAheadBytes");
    assertTrue(ahead <= 4 * (128 << 10), ahead + " bytes");
  }

  private static CacheLayer.Options options() {
    return new CacheLayer.Options(SIZE, BLOCK, 128 << 10);
  }

  @Test
  void readAhead_thatFails_failsNoRead() {
    nothingIsHeld();
    FakeStore other = new FakeStore(SIZE, 256 << 10, true, true, 0, false);
    FaultLayer failing = new FaultLayer(other, FaultLayer.Plan.NONE);
    cache = new CacheLayer(null, failing, options());
    bytes(cache.read(0, 8192));
    bytes(cache.read(8192, 8192));
    LateLayer slow = new LateLayer(failing);
    assertFalse(slow.letOneGo(_ -> 0));
    // The third read is answered, then the window behind it fails.
    bytes(cache.read(16384, 8192));
    for (int i = 3; i < 60; i++) {
      if (i % 5 == 0) {
        failing.failNext(FaultLayer.Operation.READ, StoreFault.Kind.READ_ERROR);
      }
      assertEquals(4096, bytes(cache.read(i * 8192L + 512, 4096)).length);
    }
  }

  @Test
  void storeInOtherHands_isReadAgain() {
    read(0, BLOCK);
    store.tell(new StoreState(StoreState.Kind.UNREACHABLE, "test"));
    int reads = store.reads();
    read(0, 512);
    assertEquals(reads + 1, store.reads(), "nobody knows what the medium holds now");
    store.tell(StoreState.USABLE);
    read(0, 512);
    assertEquals(reads + 1, store.reads(), "it was in no other hands");
    store.tell(new StoreState(StoreState.Kind.LOCKED_BY_ANOTHER, "test"));
    store.tell(StoreState.USABLE);
    read(0, 512);
    assertEquals(reads + 2, store.reads());
  }

  @Test
  void storeWithOtherWriters_isRefused() {
    FakeStore shared = new FakeStore(SIZE, 256 << 10, true, true, 0, true);
    StoreFault fault =
        assertThrows(StoreFault.class, () -> new CacheLayerProvider().wrap(null, shared, Map.of()));
    assertSame(StoreFault.Kind.UNSUPPORTED, fault.kind());
  }

  @Test
  void options_thatAreWrong_areNamed() {
    List<OptionFault> faults =
        new CacheLayerProvider()
            .check(Map.of("blockSize", 5000, "mode", "write-around", "readAhead", "1GiB"));
    assertEquals(
        List.of("blockSize", "readAhead", "mode"),
        faults.stream().map(OptionFault::option).toList());
    assertEquals(
        List.of("dirtySize"),
        new CacheLayerProvider()
            .check(Map.of("dirtySize", "1MiB")).stream().map(OptionFault::option).toList());
  }
}
