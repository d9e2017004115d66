package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.Stores.LayerSpec;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Other layers over a store that stays open, through its gate.
class LayerStackTest {
  private static final LayerSpec DELAY = new LayerSpec("delay", Map.of());
  private static final LayerSpec FAULT = new LayerSpec("fault", Map.of("rate", 1));
  private static final LayerSpec READ_ONLY = new LayerSpec("readonly", Map.of());

  /// Holds back what it is told to write until it is detached, as a cache may.
  private static final class HoldingLayer extends Layer {
    private final List<Runnable> held = new ArrayList<>();
    private Future<Void> answer = Future.succeededFuture();
    private int detached;

    HoldingLayer(BackingStore next) {
      super(next);
      madeOf(DELAY);
    }

    @Override
    public Future<Void> write(long offset, ByteBuf data, boolean fua) {
      held.add(() -> assertTrue(next().write(offset, data, fua).succeeded()));
      return Future.succeededFuture();
    }

    @Override
    protected Future<Void> detach() {
      detached++;
      if (answer.succeeded()) {
        held.forEach(Runnable::run);
        held.clear();
      }
      return answer;
    }
  }

  private final MemoryStore memory = new MemoryStore(1 << 20);
  private StoreGate gate;

  private void open(BackingStore store) {
    gate = new StoreGate(null, store, new StoreGate.Options(0));
  }

  @AfterEach
  void close() {
    assertTrue(gate.close().succeeded());
    assertEquals(0, gate.counters().underWay());
  }

  private static Optional<String> fit(BackingStore store) {
    return Optional.empty();
  }

  private void write(int value) {
    assertTrue(gate.write(0, Unpooled.directBuffer().writeLong(value), false).succeeded());
  }

  private long read() {
    ByteBuf data = gate.read(0, 8).result();
    long value = data.readLong();
    data.release();
    return value;
  }

  private StoreFault.Kind refusal(Future<?> change) {
    return ((StoreFault) change.cause()).kind();
  }

  @Test
  void layers_putOnAndTakenOff_leaveTheStoreOpen() {
    open(memory);
    write(42);
    assertTrue(gate.restack(List.of(DELAY, FAULT), LayerStackTest::fit).succeeded());
    assertSame(StoreFault.Kind.UNAVAILABLE, refusal(gate.read(0, 8)));
    assertTrue(gate.storeCounters().containsKey("fault.injected"));
    assertTrue(gate.restack(List.of(READ_ONLY), LayerStackTest::fit).succeeded());
    assertEquals(42, read());
    assertFalse(gate.writable());
    assertTrue(gate.storeWritable());
    assertSame(StoreFault.Kind.READ_ONLY, refusal(gate.unmap(0, 4096)));
    assertTrue(gate.restack(List.of(), LayerStackTest::fit).succeeded());
    assertTrue(gate.writable());
    write(43);
    assertEquals(43, read());
  }

  @Test
  void layers_thatAreThereAlready_areLeftAlone() {
    HoldingLayer holding = new HoldingLayer(memory);
    open(holding);
    assertTrue(gate.restack(List.of(DELAY), LayerStackTest::fit).succeeded());
    assertEquals(0, holding.detached);
  }

  @Test
  void layer_takenOff_handsOnWhatItHeldBack() {
    HoldingLayer holding = new HoldingLayer(memory);
    open(holding);
    write(42);
    assertEquals(0, read());
    assertTrue(gate.restack(List.of(), LayerStackTest::fit).succeeded());
    assertEquals(42, read());
  }

  @Test
  void layer_thatCannotHandOn_staysUnderThoseThatStoodOverIt() {
    HoldingLayer holding = new HoldingLayer(memory);
    BackingStore over = Stores.wrap(null, holding, List.of(READ_ONLY));
    open(over);
    holding.answer = Future.failedFuture(new StoreFault(StoreFault.Kind.WRITE_ERROR, "no room"));
    Future<Void> change = gate.restack(List.of(), LayerStackTest::fit);
    assertSame(StoreFault.Kind.WRITE_ERROR, refusal(change));
    assertFalse(gate.writable());
    holding.answer = Future.succeededFuture();
    assertTrue(gate.restack(List.of(DELAY), LayerStackTest::fit).succeeded());
    assertEquals(2, holding.detached);
    assertTrue(gate.writable());
  }

  @Test
  void layers_thatWereMadeTogether_goTogether() {
    HoldingLayer inner = new HoldingLayer(memory);
    ((Layer) inner).madeOf(null);
    HoldingLayer outer = new HoldingLayer(inner);
    open(outer);
    write(42);
    assertTrue(gate.restack(List.of(DELAY), LayerStackTest::fit).succeeded());
    assertEquals(0, outer.detached + inner.detached);
    assertTrue(gate.restack(List.of(), LayerStackTest::fit).succeeded());
    assertEquals(1, outer.detached);
    assertEquals(1, inner.detached);
    assertEquals(42, read());
  }

  @Test
  void layer_thatCannotBeMade_changesNothing() {
    HoldingLayer holding = new HoldingLayer(memory);
    open(holding);
    write(42);
    Future<Void> change =
        gate.restack(
            List.of(FAULT, new LayerSpec("throttle", Map.of("iops", "much"))), LayerStackTest::fit);
    assertTrue(change.failed());
    assertEquals(0, holding.detached);
    assertEquals(0, read());
    holding.detach();
    assertEquals(42, read());
  }

  @Test
  void stack_thatIsUnfit_changesNothing() {
    open(memory);
    Future<Void> change = gate.restack(List.of(FAULT), _ -> Optional.of("too large"));
    assertEquals("too large", change.cause().getMessage());
    write(1);
    assertEquals(1, read());
  }

  @Test
  void change_waitsForWhatIsUnderWay_andOthersWaitForIt() {
    DelayLayer slow = new DelayLayer(null, memory, DelayLayer.Delays.NONE);
    ((Layer) slow).madeOf(DELAY);
    open(slow);
    slow.hold(DelayLayer.Traffic.READS);
    Future<ByteBuf> before = gate.read(0, 8);
    Future<Void> change = gate.restack(List.of(FAULT), LayerStackTest::fit);
    Future<ByteBuf> after = gate.read(0, 8);
    assertFalse(change.isComplete() || after.isComplete());
    slow.release(DelayLayer.Traffic.READS);
    before.result().release();
    assertTrue(change.succeeded());
    assertSame(StoreFault.Kind.UNAVAILABLE, refusal(after));
  }

  @Test
  void throttled_whoWait_doNotHoldUpTheChange() {
    Promise<Void> never = Promise.promise();
    Layer lazy =
        new Layer(memory) {
          @Override
          public Future<Void> flush() {
            return never.future();
          }

          @Override
          protected void hurry(boolean on) {
            if (on) {
              never.tryComplete();
            }
          }
        };
    lazy.madeOf(DELAY);
    open(lazy);
    Future<Void> flush = gate.flush();
    assertFalse(flush.isComplete());
    assertTrue(gate.restack(List.of(READ_ONLY), LayerStackTest::fit).succeeded());
    assertTrue(flush.succeeded());
  }

  @Test
  void store_thatTellsThings_isHeardThroughNewLayers() {
    StoreListener[] told = new StoreListener[1];
    Layer telling =
        new Layer(memory) {
          @Override
          public void listen(StoreListener listener) {
            told[0] = listener;
          }
        };
    telling.madeOf(DELAY);
    open(telling);
    StoreState away = new StoreState(StoreState.Kind.UNREACHABLE, "away");
    told[0].stateChanged(away);
    assertEquals(away, gate.state());
    assertTrue(gate.restack(List.of(), LayerStackTest::fit).succeeded());
    told[0].stateChanged(away); // from one who is not there any more
    assertEquals(StoreState.USABLE, gate.state());
  }
}
