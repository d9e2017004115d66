package io.vtgt.store.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.layer.TraceLayer.Clocks;
import io.vtgt.store.layer.TraceLayer.Sample;
import io.vtgt.store.memory.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is written of operations, with clocks of the test's own.
class TraceLayerTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456789Z");
  private static final long STEP_MICROS = 1500;

  @TempDir Path folder;
  private final Vertx vertx = Vertx.vertx();
  private StoreGate gate;
  private FaultLayer faults;

  /// Every look at the clock finds it a step further.
  private void open(Sample sample, String file) {
    AtomicLong nanos = new AtomicLong();
    long step = TimeUnit.MICROSECONDS.toNanos(STEP_MICROS);
    faults = new FaultLayer(new MemoryStore(1 << 20), FaultLayer.Plan.NONE);
    gate =
        new StoreGate(
            null,
            new TraceLayer(
                faults,
                sample,
                new TraceLines(vertx, Optional.of(folder.resolve(file))),
                new Clocks(() -> NOON, () -> nanos.addAndGet(step))),
            new StoreGate.Options(0));
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static void await(Future<?> future) throws Exception {
    future.await(30, TimeUnit.SECONDS);
  }

  private List<String> written(String file) throws Exception {
    await(gate.close());
    try {
      return Files.readAllLines(folder.resolve(file));
    } catch (IOException e) {
      return List.of();
    }
  }

  @Test
  void operations_areWrittenWithPlaceTimeOutcomeAndParty() throws Exception {
    open(new Sample(1, 0), "trace");
    Caller nexus =
        new Caller() {
          @Override
          public boolean aborted() {
            return false;
          }

          @Override
          public Object party() {
            return "nexus-1";
          }
        };
    assertTrue(gate.write(nexus, 4096, Unpooled.directBuffer().writeZero(512), false).succeeded());
    gate.read(nexus, 0, 1024).result().release();
    faults.failNext(FaultLayer.Operation.FLUSH, StoreFault.Kind.WRITE_ERROR);
    assertTrue(gate.flush().failed());
    Map<String, Long> counters = gate.storeCounters();
    assertEquals(3, counters.get("trace.operations"));
    assertEquals(3, counters.get("trace.lines"));
    assertEquals(1, counters.get("fault.injected"));
    assertEquals(
        List.of(
            "2026-11-21T12:00:00.123456Z write 4096 512 1500 ok nexus-1",
            "2026-11-21T12:00:00.123456Z read 0 1024 1500 ok nexus-1",
            "2026-11-21T12:00:00.123456Z flush 0 0 1500 write-error gateway"),
        written("trace"));
  }

  @Test
  void sample_ofOneInThree_writesAThird() throws Exception {
    open(new Sample(3, 0), "trace");
    for (int i = 0; i < 9; i++) {
      gate.read(512L * i, 512).result().release();
    }
    assertEquals(9, gate.storeCounters().get("trace.operations"));
    assertEquals(
        List.of("1024", "2560", "4096"),
        written("trace").stream().map(it -> it.split(" ", -1)[2]).toList());
  }

  @Test
  void quickOnes_areLeftOut_whereOnlySlowOnesAreAsked_butNotFailures() throws Exception {
    open(new Sample(1, STEP_MICROS + 1), "trace");
    gate.read(0, 512).result().release();
    faults.failNext(FaultLayer.Operation.READ, StoreFault.Kind.READ_ERROR);
    assertTrue(gate.read(512, 512).failed());
    assertEquals(1, written("trace").size());
  }

  @Test
  void file_thatCannotBeWritten_costsTheLinesOnly() throws Exception {
    open(new Sample(1, 0), "no-folder/trace");
    gate.read(0, 512).result().release();
    assertEquals(List.of(), written("no-folder/trace"));
    assertEquals(1, gate.storeCounters().get("trace.dropped"));
  }

  @Test
  void options_thatAreWrong_areNamed() {
    assertEquals(
        List.of("every", "file", "slowMillis"),
        new TraceLayerProvider()
            .check(Map.of("file", "trace", "every", 0, "slowMillis", -1)).stream()
                .map(OptionFault::option)
                .sorted(Comparator.naturalOrder())
                .toList());
  }
}
