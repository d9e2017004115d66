package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.store.StoreGate;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.Nexus;
import io.vtgt.target.NexusTransport;
import io.vtgt.target.Target;
import io.vtgt.target.UnitMemory;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Reservations through a real target and unit, each nexus on its own event loop.
class ReservedUnitTest {
  private static final String TUR = "00 00 00 00 00 00",
      RESERVE = "16 00 00 00 00 00",
      RELEASE = "17 00 00 00 00 00",
      MODE_SENSE = "1a 08 3f 00 ff 00",
      INQUIRY = "12 00 00 00 24 00";

  private final Vertx vertx = Vertx.vertx();
  private final Target target = new Target("iqn.2026-01.test:target");
  private LogicalUnit unit;
  private Initiator a, b;

  /// A nexus, and what its transport was asked for.
  private final class Initiator implements NexusTransport {
    final Context loop = ((VertxInternal) vertx).createEventLoopContext();
    final Promise<Void> abort = Promise.promise();
    final Promise<Void> abortAsked = Promise.promise();
    final Promise<Integer> abortBesideAsked = Promise.promise();
    final Nexus nexus;

    Initiator(Nexus.Id id) {
      nexus = new Nexus(id, loop, this);
      target.attach(nexus);
    }

    @Override
    public Future<Void> abortTasks(OptionalLong lun, boolean tellTaskAborted) {
      abortAsked.tryComplete();
      return abort.future();
    }

    @Override
    public Future<Void> abortTasksBeside(long lun, int tag) {
      abortBesideAsked.tryComplete(tag);
      return abort.future();
    }

    @Override
    public void scsiEvent(long lun, Sense sense) {}

    @Override
    public Future<Void> end(String why) {
      return Future.succeededFuture();
    }

    /// Sends a command from this nexus' loop.
    Future<Completion> send(String cdb, ByteBuf data) {
      var answer = Promise.<Completion>promise();
      loop.runOnContext(
          _ -> {
            var task = new Task(nexus, 0, 1, Cdb.of(cdb), TaskAttribute.SIMPLE, 4096, 4096);
            follow(target.begin(task), data, answer);
          });
      return answer.future();
    }

    private static void follow(Step step, ByteBuf data, Promise<Completion> answer) {
      switch (step) {
        case Step.Done(var completion) -> {
          data.release();
          answer.complete(completion);
        }
        case Step.Running(var completion) -> {
          data.release();
          completion.onComplete(answer);
        }
        case Step.NeedsData needs ->
            follow(needs.then().apply(data), Unpooled.EMPTY_BUFFER, answer);
      }
    }

    String run(String cdb) throws Exception {
      return run(cdb, Unpooled.buffer());
    }

    /// @return the status, or what was wrong
    String run(String cdb, ByteBuf data) throws Exception {
      return told(await(send(cdb, data)));
    }

    String out(ServiceAction action, int type, long key, long saKey) throws Exception {
      return run(cdb(action, type), list(key, saKey));
    }
  }

  @BeforeEach
  void start() throws Exception {
    var gate = new StoreGate(vertx, new MemoryStore(1 << 20), new StoreGate.Options(0));
    var profile =
        new LogicalUnit.Profile(
            "unit",
            new UUID(1, 2),
            new byte[8],
            "1",
            "VTGT",
            "DISK",
            "1",
            512,
            512,
            true,
            true,
            0,
            false,
            false,
            1);
    var owner = ((VertxInternal) vertx).createEventLoopContext();
    unit =
        new LogicalUnit(
            profile, gate, LogicalUnitState.INITIAL, owner, UnitMemory.volatileMemory());
    target.addUnit(0, unit);
    a = new Initiator(Nexuses.A);
    b = new Initiator(Nexuses.B);
    for (var initiator : new Initiator[] {a, b}) {
      while (!initiator.run(TUR).equals("GOOD")) {
        // takes the unit attentions of a new nexus
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void release_ofRegistrantsOnly_tellsTheOther() throws Exception {
    assertEquals("GOOD", a.out(ServiceAction.REGISTER, 0, 0, 1));
    assertEquals("GOOD", b.out(ServiceAction.REGISTER, 0, 0, 2));
    assertEquals("GOOD", a.out(ServiceAction.RESERVE, 5, 1, 0));
    assertEquals("GOOD", a.out(ServiceAction.RELEASE, 5, 1, 0));
    assertEquals("RESERVATIONS_RELEASED", b.run(TUR));
    assertEquals("GOOD", a.run(TUR));
    assertEquals("GOOD", b.run(TUR));
  }

  @Test
  void persistentReserveIn_answersTheKeys() throws Exception {
    a.out(ServiceAction.REGISTER, 0, 0, 0xabc);
    var answer = await(b.send("5e 00 00 00 00 00 00 00 ff 00", Unpooled.buffer()));
    var data = assertInstanceOf(Completion.Good.class, answer).dataIn();
    assertEquals("00000001000000080000000000000abc", ByteBufUtil.hexDump(data));
    data.release();
  }

  @Test
  void preemptAndAbort_waitsForTheTransportOfThePreempted() throws Exception {
    a.out(ServiceAction.REGISTER, 0, 0, 1);
    b.out(ServiceAction.REGISTER, 0, 0, 2);
    b.out(ServiceAction.RESERVE, 3, 2, 0);
    var answer = a.send(cdb(ServiceAction.PREEMPT_AND_ABORT, 3), list(1, 2));
    await(b.abortAsked.future());
    assertFalse(answer.isComplete());
    b.abort.complete();
    assertEquals("GOOD", told(await(answer)));
    assertEquals("REGISTRATIONS_PREEMPTED", b.run(TUR));
    assertEquals("RESERVATION_CONFLICT", b.run(MODE_SENSE));
  }

  @Test
  void preemptAndAbort_waiting_otherControlCommandsOfTheUnitGoOn() throws Exception {
    a.out(ServiceAction.REGISTER, 0, 0, 1);
    b.out(ServiceAction.REGISTER, 0, 0, 2);
    b.out(ServiceAction.RESERVE, 3, 2, 0);
    var answer = a.send(cdb(ServiceAction.PREEMPT_AND_ABORT, 3), list(1, 2));
    await(b.abortAsked.future());
    assertEquals("GOOD", a.out(ServiceAction.RELEASE, 3, 1, 0));
    assertEquals("GOOD", a.out(ServiceAction.REGISTER, 0, 1, 7));
    assertFalse(answer.isComplete());
    b.abort.complete();
    assertEquals("GOOD", told(await(answer)));
  }

  @Test
  void preemptAndAbort_ofOwnKey_endsOwnTasksButItself() throws Exception {
    a.out(ServiceAction.REGISTER, 0, 0, 1);
    b.out(ServiceAction.REGISTER, 0, 0, 1);
    a.out(ServiceAction.RESERVE, 1, 1, 0);
    b.abort.complete();
    var answer = a.send(cdb(ServiceAction.PREEMPT_AND_ABORT, 3), list(1, 1));
    assertEquals(1, await(a.abortBesideAsked.future()), "the tag of the command itself");
    assertFalse(answer.isComplete());
    assertFalse(a.abortAsked.future().isComplete());
    a.abort.complete();
    assertEquals("GOOD", told(await(answer)));
    assertEquals("A=1 / EA A", Nexuses.text(unit.reservations().state()));
  }

  @Test
  void reserve_keepsOthersOutUntilTheHolderIsGone() throws Exception {
    assertEquals("GOOD", a.run(RESERVE));
    assertEquals("RESERVATION_CONFLICT", b.run(MODE_SENSE));
    assertEquals("RESERVATION_CONFLICT", b.run(TUR));
    assertEquals("RESERVATION_CONFLICT", b.run(RESERVE));
    assertEquals("GOOD", b.run(RELEASE));
    assertEquals("GOOD", b.run(INQUIRY));
    assertEquals("RESERVATION_CONFLICT", b.run(TUR));
    target.detach(a.nexus);
    assertEquals("GOOD", b.run(RESERVE)); // behind the loss of the nexus on the unit's owner
  }

  @Test
  void reserve_thirdPartyAndExtents_refused() throws Exception {
    assertEquals("INVALID_FIELD_IN_CDB", a.run("16 10 00 00 00 00"));
    assertEquals("INVALID_FIELD_IN_CDB", a.run("16 01 00 00 00 00"));
    assertEquals("INVALID_FIELD_IN_CDB", a.run("56 10 00 00 00 00 00 00 00 00"));
    assertEquals("INVALID_FIELD_IN_CDB", a.run("57 01 00 00 00 00 00 00 00 00"));
  }

  @Test
  void replaceLostReservation_nothingIsLost_refused() throws Exception {
    assertEquals(
        "INVALID_RELEASE_OF_PERSISTENT_RESERVATION",
        a.run("5f 08 01 00 00 00 00 00 18 00", list(0, 1)));
  }

  private static String cdb(ServiceAction action, int type) {
    return "5f %02x %02x 00 00 00 00 00 18 00".formatted(action.code, type);
  }

  private static ByteBuf list(long key, long saKey) {
    return Unpooled.buffer().writeLong(key).writeLong(saKey).writeZero(8);
  }

  private static String told(Completion completion) {
    if (completion instanceof Completion.CheckCondition check) {
      return check.sense().asc().name();
    }
    if (completion instanceof Completion.Good good) {
      good.dataIn().release();
    }
    return completion.status().name();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
