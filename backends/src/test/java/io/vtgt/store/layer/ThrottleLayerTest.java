package io.vtgt.store.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreCall;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The layer under a gate, in a time of the test's own.
class ThrottleLayerTest {

  /// A command of a nexus.
  private static final class Command implements Caller {
    private final Object party;
    private boolean aborted;

    Command(Object party) {
      this.party = party;
    }

    @Override
    public Object party() {
      return party;
    }

    @Override
    public boolean aborted() {
      return aborted;
    }
  }

  private final HandClock clock = new HandClock();
  private ThrottleLayer layer;
  private StoreGate gate;

  private void open(Map<String, Object> options, ThrottleLayer.Scope scope) {
    layer =
        new ThrottleLayer(
            null, new MemoryStore(8 << 20), ThrottleLayerProvider.rates(options), scope, clock);
    gate = new StoreGate(null, layer, new StoreGate.Options(0));
  }

  @AfterEach
  void close() {
    if (gate != null) {
      assertTrue(gate.close().succeeded());
      assertEquals(0, gate.counters().underWay());
    }
  }

  private Future<ByteBuf> read(Caller caller, int length) {
    Future<ByteBuf> read = gate.read(caller, 0, length);
    read.onSuccess(ByteBuf::release);
    return read;
  }

  private static ByteBuf data(int length) {
    return Unpooled.directBuffer(length).writeZero(length);
  }

  @Test
  void operations_beyondTheBurst_passOneByOneInTheirOrder() {
    open(Map.of("iops", 10, "iopsBurst", 2), ThrottleLayer.Scope.UNIT);
    List<Integer> ended = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      read(Caller.UNKNOWN, 512).onSuccess(_ -> ended.add(number));
    }
    assertEquals(List.of(0, 1), ended);
    clock.pass(99);
    assertEquals(List.of(0, 1), ended);
    clock.pass(2);
    assertEquals(List.of(0, 1, 2), ended);
    clock.pass(1000);
    assertEquals(List.of(0, 1, 2, 3, 4), ended);
    Map<String, Long> counters = gate.storeCounters();
    assertEquals(3, counters.get("throttle.waits"));
    assertEquals(600, counters.get("throttle.waitedMillis"));
    assertEquals(0, counters.get("throttle.waiting"));
  }

  @Test
  void bytes_moreThanTheBurst_passWithADebt() {
    open(Map.of("writeBytesPerSecond", "1MiB", "writeBytesBurst", 4096), ThrottleLayer.Scope.UNIT);
    assertTrue(gate.write(0, data(1 << 20), false).succeeded());
    Future<Void> next = gate.write(0, data(512), false);
    assertTrue(gate.flush().succeeded());
    assertTrue(read(Caller.UNKNOWN, 1 << 20).succeeded());
    assertTrue(gate.unmap(0, 4096).isComplete() == next.isComplete());
    clock.pass(990);
    assertFalse(next.isComplete());
    clock.pass(11);
    assertTrue(next.succeeded());
  }

  @Test
  void nexuses_haveARateEach_andTheGatewayHasNone() {
    open(Map.of("iops", 1), ThrottleLayer.Scope.NEXUS);
    Caller one = new Command("one");
    Caller other = new Command("other");
    assertTrue(read(one, 512).succeeded());
    assertTrue(read(other, 512).succeeded());
    Future<ByteBuf> second = read(one, 512);
    Future<Void> write = gate.write(new Command("one"), 0, data(512), false);
    assertFalse(second.isComplete());
    for (int i = 0; i < 5; i++) {
      assertTrue(read(Caller.UNKNOWN, 512).succeeded());
    }
    clock.pass(1001);
    assertTrue(second.succeeded());
    assertFalse(write.isComplete());
    clock.pass(1001);
    assertTrue(write.succeeded());
  }

  @Test
  void nexuses_thatComeAndGo_areForgotten() {
    open(Map.of("iops", 1000), ThrottleLayer.Scope.NEXUS);
    for (int i = 0; i < 10_000; i++) {
      assertTrue(read(new Command(i), 512).succeeded());
      clock.pass(1);
    }
    assertTrue(layer.parties() <= 128);
  }

  @Test
  void aborted_whileItWaits_neverReachesTheStoreAndCostsNothing() {
    open(Map.of("iops", 1), ThrottleLayer.Scope.UNIT);
    assertTrue(gate.write(0, data(512), false).succeeded());
    Command command = new Command("one");
    ByteBuf data = data(512).setByte(0, 7);
    Future<Void> write = gate.write(command, 0, data, false);
    Future<ByteBuf> behind = gate.read(0, 512);
    command.aborted = true;
    clock.pass(200);
    assertSame(StoreFault.Kind.TIMEOUT, assertInstanceOf(StoreFault.class, write.cause()).kind());
    assertEquals(0, data.refCnt());
    assertFalse(behind.isComplete());
    clock.pass(801);
    assertEquals(0, behind.result().getByte(0));
    behind.result().release();
    assertEquals(1, gate.storeCounters().get("throttle.dropped"));
  }

  @Test
  void aborted_belowALayerOfItsOwnAccount_isNotGivenUp() {
    open(Map.of("iops", 1), ThrottleLayer.Scope.UNIT);
    BackingStore shared = OwnAccount.over(layer);
    Command command = new Command("one");
    StoreGate over = new StoreGate(null, shared, new StoreGate.Options(0));
    assertTrue(over.write(command, 0, data(512), false).succeeded());
    Future<Void> write = over.write(command, 0, data(512), false);
    command.aborted = true;
    clock.pass(1001);
    assertTrue(write.succeeded());
  }

  @Test
  void detached_letsEverybodyGoOn() {
    open(Map.of("iops", 1), ThrottleLayer.Scope.UNIT);
    List<Future<ByteBuf>> reads = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      reads.add(read(Caller.UNKNOWN, 512));
    }
    assertFalse(reads.getLast().isComplete());
    assertTrue(layer.detach().succeeded());
    reads.forEach(read -> assertTrue(read.succeeded()));
    assertTrue(read(Caller.UNKNOWN, 512).succeeded());
    clock.pass(5000);
  }

  @Test
  void waiting_isToldToTheGate_soThatNoDeadlineCounts() {
    open(Map.of("iops", 1), ThrottleLayer.Scope.UNIT);
    read(Caller.UNKNOWN, 512);
    int[] told = new int[1];
    StoreCall call =
        new StoreCall() {
          @Override
          public Object party() {
            return Caller.GATEWAY;
          }

          @Override
          public boolean stopped() {
            return false;
          }

          @Override
          public void waits() {
            told[0]++;
          }
        };
    Future<ByteBuf> read = StoreCall.within(call, () -> layer.read(0, 512));
    clock.pass(450);
    assertEquals(4, told[0]);
    clock.pass(600);
    read.result().release();
  }

  @Test
  void options_thatAreWrong_areNamed() {
    ThrottleLayerProvider provider = new ThrottleLayerProvider();
    Map<String, Object> wrong =
        Map.of("per", "target", "iops", 0, "writeIopsBurst", 7, "bytesPerSecond", "1KiB");
    assertEquals(
        wrong.keySet(),
        provider.check(wrong).stream().map(OptionFault::option).collect(Collectors.toSet()));
    assertEquals("iops", provider.check(Map.of()).getFirst().option());
    assertEquals(List.of(), provider.check(Map.of("iops", 5, "bytesPerSecond", "10MiB")));
  }
}
