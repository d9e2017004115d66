package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ChangeWatchTest {
  private static final int BYTES = 1 << 20;

  private final DelayLayer store =
      new DelayLayer(null, new MemoryStore(BYTES), DelayLayer.Delays.NONE);
  private final StoreGate gate = new StoreGate(null, store, new StoreGate.Options(0));

  private ChangeWatch watch() {
    return gate.watch(
        List.of(new ChangeWatch.Range(8192, 4096), new ChangeWatch.Range(65536, 4096)));
  }

  /// Each on a range.
  private static final Map<String, Function<StoreGate, Future<?>>> CHANGES =
      Map.of(
          "write", gate -> gate.write(12287, Unpooled.wrappedBuffer(new byte[1]), false),
          "unmap", gate -> gate.unmap(65536, 4096),
          "zeroes", gate -> gate.writeZeroes(0, BYTES, true),
          "same", gate -> gate.writeSame(8000, 200, Unpooled.wrappedBuffer(new byte[100])),
          "compare",
              gate ->
                  gate.compareAndWrite(
                      8192,
                      Unpooled.wrappedBuffer(new byte[1]),
                      Unpooled.wrappedBuffer(new byte[1]),
                      false),
          "update", gate -> gate.update(65536, 1, _ -> Optional.empty(), false));

  @Test
  void everyChange_breaksTheWatchOfItsRange() {
    CHANGES.forEach(
        (name, change) -> {
          ChangeWatch watch = watch();
          assertTrue(change.apply(gate).succeeded(), name);
          assertTrue(watch.broken(), name);
        });
  }

  @Test
  void whatChangesNothing_orOtherBytes_leavesItWhole() {
    ChangeWatch watch = watch();
    gate.read(8192, 4096).result().release();
    gate.flush();
    gate.extents(0, BYTES);
    gate.write(8191, Unpooled.wrappedBuffer(new byte[1]), false);
    gate.write(12288, Unpooled.wrappedBuffer(new byte[65536 - 12288]), false);
    gate.writeZeroes(65536 + 4096, 4096, true);
    assertFalse(watch.broken());
    gate.unwatch(watch);
    gate.write(8192, Unpooled.wrappedBuffer(new byte[1]), false);
    assertFalse(watch.broken());
  }

  @Test
  void itBreaks_beforeTheChangeReachesTheStore() {
    ChangeWatch watch = watch();
    store.hold(Traffic.WRITES);
    gate.write(8192, Unpooled.wrappedBuffer(new byte[] {1}), false);
    assertTrue(watch.broken());
    store.release(Traffic.WRITES);
  }

  @Test
  void aChangeUnderWayBefore_isOverWhenTheGateHasDrained() {
    store.hold(Traffic.WRITES);
    gate.write(8192, Unpooled.wrappedBuffer(new byte[] {1}), false);
    ChangeWatch watch = watch();
    Future<Void> settled = gate.drained();
    assertFalse(settled.isComplete());
    store.release(Traffic.WRITES);
    assertTrue(settled.succeeded());
    assertFalse(watch.broken());
    var data = gate.read(8192, 1).result();
    assertEquals(1, data.getByte(data.readerIndex()));
    data.release();
  }

  @Test
  void anotherSize_breaksEveryWatch() {
    ChangeWatch watch = watch();
    gate.resize(BYTES * 2L);
    assertTrue(watch.broken());
  }
}
