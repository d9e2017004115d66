package io.vtgt.scsi.spc;

import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.SelfTests;
import io.vtgt.target.UnitMemory;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelfTestTest {
  private static final String IN_BACKGROUND = "1d 20 00 00 00 00",
      ABORT = "1d 80 00 00 00 00",
      IN_FOREGROUND = "1d a0 00 00 00 00",
      NO_BLOCK = "ff ff ff ff ff ff ff ff",
      NO_SENSE = "00 00 00 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final HeldReads store = new HeldReads();
  private final AtomicLong nanos = new AtomicLong();
  private final LogicalUnit unit =
      fixture.unit(
          profile(true, true, false),
          store,
          UnitMemory.volatileMemory(),
          InstantSource.system(),
          nanos::get);
  private final Initiator a;

  SelfTestTest() {
    fixture.target().addUnit(0, unit);
    a = fixture.ready("a");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /// A memory store whose reads wait, or fail from some offset on.
  private static final class HeldReads extends Layer {
    volatile Future<Void> held = Future.succeededFuture();
    volatile long failsFrom = Long.MAX_VALUE;

    HeldReads() {
      super(new MemoryStore(ScsiFixture.BYTES));
    }

    @Override
    public Future<ByteBuf> read(long offset, int length) {
      return offset >= failsFrom
          ? Future.failedFuture(new StoreFault(StoreFault.Kind.READ_ERROR, "a test"))
          : held.compose(_ -> super.read(offset, length));
    }
  }

  /// The value of one parameter of the log page.
  private String result(int number) {
    String page = a.send(0, "4d 00 50 00 00 %04x 02 00 00".formatted(number)).data();
    return page.substring(8 * 3, 24 * 3 - 1);
  }

  @Test
  void resultsPage_hasTwentyParametersOfZeroes() {
    String page = a.send(0, "4d 00 50 00 00 00 00 04 00 00").data();
    assertTrue(page.startsWith("90 00 01 90 00 01 23 10 00"), page);
    assertEquals(404 * 3 - 1, page.length());
    assertTrue(page.endsWith("00 14 23 10" + " 00".repeat(16)), page);
  }

  @Test
  void foregroundTest_readsAndIsWrittenDown() {
    nanos.set(TimeUnit.HOURS.toNanos(3));
    assertEquals("GOOD", a.send(0, IN_FOREGROUND).status());
    assertEquals("a0 00 00 03 " + NO_BLOCK + " " + NO_SENSE, result(1));
    assertEquals(3, unit.gate().counters().readOperations());
  }

  @Test
  void foregroundTest_thatFails_tellsTheBlock() {
    store.failsFrom = 1;
    assertEquals("HARDWARE_ERROR 3e03", a.send(0, IN_FOREGROUND).status());
    assertEquals("a5 00 00 00 00 00 00 00 00 00 04 00 03 11 00 00", result(1));
  }

  @Test
  void backgroundTest_isAnsweredAtOnceAndRefusesAnother() {
    Promise<Void> held = Promise.promise();
    store.held = held.future();
    assertEquals("GOOD", a.send(0, IN_BACKGROUND).status());
    assertEquals("2f 00 00 00 " + NO_BLOCK + " " + NO_SENSE, result(1));
    assertEquals("NOT_READY 0409", a.send(0, IN_FOREGROUND).status());
    assertEquals("NOT_READY 0409", a.send(0, IN_BACKGROUND).status());
    held.complete();
    ScsiFixture.await(unit.gate().drained());
    while (unit.selfTests().running()) {
      Thread.onSpinWait();
    }
    assertEquals("20 00 00 00 " + NO_BLOCK + " " + NO_SENSE, result(1));
  }

  @Test
  void backgroundTest_canBeAborted() {
    Promise<Void> held = Promise.promise();
    store.held = held.future();
    a.send(0, IN_BACKGROUND);
    assertEquals("GOOD", a.send(0, ABORT).status());
    assertEquals("21 00 00 00 " + NO_BLOCK + " " + NO_SENSE, result(1));
    Promise<Void> heldLonger = Promise.promise();
    store.held = heldLonger.future();
    assertEquals("GOOD", a.send(0, IN_BACKGROUND).status());
    store.failsFrom = 0;
    ScsiFixture.on(
        a.nexus.context(),
        () -> {
          held.complete(); // the first test ends, the second does not
          return Future.succeededFuture();
        });
    assertEquals("2f 00 00 00 " + NO_BLOCK + " " + NO_SENSE, result(1));
    assertEquals("21 00 00 00 " + NO_BLOCK + " " + NO_SENSE, result(2));
    heldLonger.complete();
  }

  @Test
  void theNewestResult_standsFirstAndTwentyAreKept() {
    a.send(0, IN_FOREGROUND);
    for (int i = 0; i < 20; i++) {
      store.failsFrom = i == 0 ? 0 : Long.MAX_VALUE;
      a.send(0, IN_FOREGROUND);
    }
    assertEquals(SelfTests.KEPT, unit.selfTests().outcomes().size());
    assertTrue(result(1).startsWith("a0"), result(1));
    assertTrue(result(20).startsWith("a5"), result(20));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1d 40", "1d 60", "1d c0", "1d e0", "1d 24", "1d a4", "1d 80"})
  void otherCodes_areRefused(String start) {
    assertEquals("ILLEGAL_REQUEST 2400 cf 00 01", a.send(0, start + " 00 00 00 00").status());
    assertEquals(0, unit.selfTests().outcomes().size());
  }

  @Test
  void withoutMedium_theDefaultTestIsGoodAndTheOthersAreNotReady() {
    unit.publish(unit.state().withMediumPresent(false));
    assertEquals("GOOD", a.send(0, "1d 04 00 00 00 00").status());
    assertEquals("NOT_READY 3a00", a.send(0, IN_FOREGROUND).status());
  }
}
