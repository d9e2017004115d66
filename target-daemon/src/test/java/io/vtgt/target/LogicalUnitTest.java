package io.vtgt.target;

import static io.vtgt.target.ScsiFixture.PROFILE;
import static io.vtgt.target.ScsiFixture.await;
import static io.vtgt.target.ScsiFixture.on;
import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.store.Layer;
import io.vtgt.store.Limits;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicalUnitTest {
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00",
      INQUIRY = "12 00 00 00 05 00",
      REQUEST_SENSE = "03 00 00 00 ff 00",
      READ_DEFECT_DATA = "37 00 00 00 00 00 00 00 04 00";

  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void space_ofAStoreThatAnswersAtOnce_isKnown() {
    LogicalUnit unit = fixture.addUnit(7);
    ScsiFixture.await(unit.spaceWatch().look());
    assertEquals(0, unit.spaceWatch().last().allocatedBytes());
  }

  @Test
  void unknownOperationCode_isRefused() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("ILLEGAL_REQUEST 2000", a.send(0, "ff 00 00 00 00 00").status());
  }

  @Test
  void unknownServiceAction_isPointedAt() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals(
        "ILLEGAL_REQUEST 2400 cc 00 01", a.send(0, "a3 1f 00 00 00 00 00 00 00 00 00 00").status());
  }

  @Test
  void commandNotOffered_isUnknown() {
    fixture.addUnit(0, profile(false, false, false));
    Initiator a = fixture.ready("a");
    assertEquals("ILLEGAL_REQUEST 2000", a.send(0, "1e 00 00 00 00 00").status());
  }

  @Test
  void attention_goesBeforeEverythingButWhatIsAlwaysAllowed() {
    fixture.addUnit(0);
    Initiator a = fixture.login("a");
    assertEquals("GOOD", a.send(0, INQUIRY).status());
    assertEquals("UNIT_ATTENTION 2900", a.send(0, "ff 00 00 00 00 00").status());
    assertEquals("ILLEGAL_REQUEST 2000", a.send(0, "ff 00 00 00 00 00").status());
  }

  @Test
  void requestSense_tellsAndClearsTheAttention() {
    fixture.addUnit(0);
    Initiator a = fixture.login("a");
    assertEquals(
        "70 00 06 00 00 00 00 0a 00 00 00 00 29 00 00 00 00 00", a.send(0, REQUEST_SENSE).data());
    assertEquals(
        "70 00 00 00 00 00 00 0a 00 00 00 00 00 00 00 00 00 00", a.send(0, REQUEST_SENSE).data());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void withoutMedium_onlyWhatNeedsItIsRefused() {
    LogicalUnit unit = fixture.addUnit(0, profile(false, true, false));
    Initiator a = fixture.ready("a");
    unit.publish(unit.state().withMediumPresent(false));
    assertEquals("NOT_READY 3a00", a.send(0, TEST_UNIT_READY).status());
    assertEquals("NOT_READY 3a00", a.send(0, READ_DEFECT_DATA).status());
    assertEquals("GOOD", a.send(0, "1a 00 3f 00 ff 00").status());
    assertEquals("GOOD", a.send(0, "1e 00 00 00 00 00").status());
    assertEquals(
        "70 00 02 00 00 00 00 0a 00 00 00 00 3a 00 00 00 00 00", a.send(0, REQUEST_SENSE).data());
    unit.publish(unit.state().withMediumPresent(true).withStarted(false));
    assertEquals("NOT_READY 0402", a.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void capacityChanged_isToldToEveryNexus() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    unit.capacityChanged();
    unit.capacityChanged();
    assertEquals("UNIT_ATTENTION 2a09", a.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2a09", b.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void attention_isMadePendingWhereAsked() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    unit.attention(Asc.RESERVATIONS_RELEASED, nexus -> nexus.equals(b.nexus));
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2a04", b.send(0, TEST_UNIT_READY).status());
    assertEquals(List.of(a.nexus, b.nexus), unit.nexuses());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          READ_ERROR   | MEDIUM_ERROR 1100
          WRITE_ERROR  | MEDIUM_ERROR 0c00
          OUT_OF_SPACE | DATA_PROTECT 2707
          READ_ONLY    | DATA_PROTECT 2700
          UNAVAILABLE  | NOT_READY 0401
          TIMEOUT      | ABORTED_COMMAND 0801
          OUT_OF_RANGE | ILLEGAL_REQUEST 2100
          UNSUPPORTED  | HARDWARE_ERROR 4400
          CLOSED       | ILLEGAL_REQUEST 2500
          """)
  void storeFault_isToldAsSense(StoreFault.Kind kind, String sense) {
    LogicalUnit unit = fixture.addUnit(0);
    assertEquals(sense, Answer.of(unit.failed(new StoreFault(kind, "a test"))).status());
  }

  @Test
  void everyStoreFault_hasItsSense() {
    LogicalUnit unit = fixture.addUnit(0);
    for (StoreFault.Kind kind : StoreFault.Kind.values()) {
      assertInstanceOf(
          Completion.CheckCondition.class, unit.failed(new StoreFault(kind, "a test")));
    }
  }

  @Test
  void anyOtherFailure_isOurs() {
    LogicalUnit unit = fixture.addUnit(0);
    assertEquals(
        "HARDWARE_ERROR 4400",
        Answer.of(unit.failed(new IllegalStateException("a test"))).status());
  }

  @Test
  void failingStore_endsTheCommandWithSenseInTheUnitsFormat() {
    StoreFault fault = new StoreFault(StoreFault.Kind.READ_ERROR, "a test");
    LogicalUnit unit = fixture.addUnit(0, PROFILE, failing(Future.failedFuture(fault)));
    Initiator a = fixture.ready("a");
    assertEquals("MEDIUM_ERROR 1100", a.send(0, "28 00 00 00 00 00 00 00 01 00").status());
    unit.publish(unit.state().withMode(unit.state().mode().withDescriptorSense(true)));
    assertEquals("MEDIUM_ERROR 1100", a.send(0, "28 00 00 00 00 00 00 00 01 00").status());
  }

  @Test
  void handlerThatThrows_isAHardwareError() {
    var broken = new AtomicBoolean();
    var store =
        new Layer(new MemoryStore(ScsiFixture.BYTES)) {
          @Override
          public Limits limits() {
            if (broken.get()) {
              throw new IllegalStateException("a test");
            }
            return super.limits();
          }
        };
    fixture.addUnit(0, PROFILE, store);
    Initiator a = fixture.ready("a");
    broken.set(true);
    assertEquals("HARDWARE_ERROR 4400", a.send(0, "12 01 b0 00 ff 00").status());
    broken.set(false);
    assertEquals("GOOD", a.send(0, "12 01 b0 00 ff 00").status());
  }

  private static Layer failing(Future<ByteBuf> answer) {
    return new Layer(new MemoryStore(ScsiFixture.BYTES)) {
      @Override
      public Future<ByteBuf> read(long offset, int length) {
        return answer;
      }
    };
  }

  @Test
  void sense_isInTheFormatTheControlPageAsksFor() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertFalse(refused(a).descriptorFormat());
    unit.publish(unit.state().withMode(unit.state().mode().withDescriptorSense(true)));
    assertEquals(true, refused(a).descriptorFormat());
  }

  private static Completion.CheckCondition refused(Initiator a) {
    Step.Done done =
        on(
            a.nexus.context(),
            () -> Future.succeededFuture((Step.Done) a.begin(0, "ff 00 00 00 00 00", 0)));
    return (Completion.CheckCondition) done.completion();
  }

  @Test
  void controlCommands_runOneAfterTheOtherOnTheOwner() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    var log = new CopyOnWriteArrayList<String>();
    Promise<Completion> first = Promise.promise();
    Future<Completion> one =
        control(
            unit,
            a,
            () -> {
              log.add("first begins");
              assertSame(unit.owner(), Vertx.currentContext());
              return first.future().onComplete(_ -> log.add("first ends"));
            });
    Future<Completion> two =
        control(
            unit,
            b,
            () -> {
              log.add("second");
              return Future.succeededFuture(Completion.good());
            });
    on(unit.owner(), Future::<Void>succeededFuture);
    assertEquals(List.of("first begins"), log);
    first.complete(Completion.good());
    await(one);
    await(two);
    assertEquals(List.of("first begins", "first ends", "second"), log);
  }

  @Test
  void controlCommand_completesOnTheTasksContext() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Context seen =
        on(
            a.nexus.context(),
            () ->
                control(unit, a, () -> Future.succeededFuture(Completion.good()))
                    .map(_ -> Vertx.currentContext()));
    assertSame(a.nexus.context(), seen);
  }

  @Test
  void controlCommandThatThrows_failsAndTheNextOneRuns() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Future<Completion> one =
        control(
            unit,
            a,
            () -> {
              throw new IllegalStateException("a test");
            });
    Future<Completion> two = control(unit, a, () -> Future.succeededFuture(Completion.good()));
    await(two);
    assertEquals("a test", one.cause().getMessage());
  }

  @Test
  void abortedNexus_losesItsControlCommandsThatHaveNotBegun() {
    LogicalUnit unit = fixture.addUnit(0, profile(false, true, false));
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    b.send(0, "1e 00 00 00 01 00");
    Promise<Completion> running = Promise.promise();
    Future<Completion> one = control(unit, a, running::future);
    Future<Completion> two =
        control(
            unit,
            b,
            () -> {
              throw new AssertionError("must not begin");
            });
    Promise<Void> tasksEnd = Promise.promise();
    b.transport.tasksEnded = tasksEnd.future();
    Future<Void> aborted = unit.aborts().tasksOf(b.nexus.id());
    Future<Completion> three = control(unit, b, () -> two);
    assertEquals("BUSY", Answer.of(await(two)).status());
    assertEquals("BUSY", Answer.of(await(three)).status(), "or the abort would wait for itself");
    tasksEnd.complete();
    await(aborted);
    assertEquals(List.of("abort unit 0"), b.transport.calls);
    assertEquals(List.of(), a.transport.calls);
    assertFalse(unit.removalPrevented());
    running.complete(Completion.good());
    await(one);
    Future<Completion> four = control(unit, b, () -> Future.succeededFuture(Completion.good()));
    assertEquals("GOOD", Answer.of(await(four)).status());
  }

  private static Future<Completion> control(
      LogicalUnit unit, Initiator by, Supplier<Future<Completion>> command) {
    Task task = new Task(by.nexus, 0, 1, Cdb.of(TEST_UNIT_READY), TaskAttribute.SIMPLE, 0, 0);
    return ((Step.Running) unit.onOwner(task, command)).completion();
  }
}
