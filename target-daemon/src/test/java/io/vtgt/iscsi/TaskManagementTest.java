package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Promise;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Task management (RFC 7143 section 11.5, RFC 7144 section 6).
class TaskManagementTest {
  private IscsiFixture fixture;

  @BeforeEach
  void listen() throws Exception {
    fixture = new IscsiFixture().listen();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static int manage(TestInitiator initiator, int function, long lun, int tag)
      throws Exception {
    var request = initiator.manage(function, lun, tag);
    initiator.send(request);
    var response = initiator.receive(TaskManagementResponse.class);
    assertEquals(request.itt(), response.itt());
    return response.response();
  }

  @Test
  void abortTask_running_answeredWhenItIsOver() throws Exception {
    var initiator = fixture.loggedIn();
    var held = initiator.command(FakeTarget.HELD);
    initiator.send(held);
    var task = fixture.target.heldTask();
    var abort = initiator.manage(1, 0, held.itt());
    initiator.send(abort);
    initiator.sync(); // no answer yet
    task.complete(Completion.good());
    var response = initiator.receive(TaskManagementResponse.class);
    assertEquals(abort.itt(), response.itt());
    assertEquals(0, response.response());
    initiator.sync(); // and none for the task
  }

  @Test
  void abortTask_thatWaitsForData_endsAtOnce() throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    var write = initiator.write(FakeTarget.write(0, 8), 4096);
    initiator.send(write);
    var r2t = initiator.receive(R2t.class);
    assertEquals(0, manage(initiator, 1, 0, write.itt()));
    initiator.send(initiator.dataOut(write.itt(), r2t.ttt(), 0, 0, true), new byte[4096]);
    initiator.sync(); // what comes late is dropped without a word
  }

  /// A unit below 256 has two addresses (SAM-5, peripheral device and flat space addressing).
  @ParameterizedTest
  @CsvSource({
    "1, 4000000000000000, 0",
    "1, 0, 4000000000000000",
    "2, 4000000000000000, 0",
    "2, 0, 4000000000000000"
  })
  void abort_byTheOtherAddressOfTheUnit_findsTheTask(int function, String commandLun, String lun)
      throws Exception {
    var initiator = fixture.loggedIn();
    var held = initiator.command(FakeTarget.HELD).lun(Long.parseLong(commandLun, 16));
    initiator.send(held);
    var task = fixture.target.heldTask();
    var abort = initiator.manage(function, Long.parseLong(lun, 16), held.itt());
    initiator.send(abort);
    initiator.sync(); // the task is found, and still under way
    task.complete(Completion.good());
    assertEquals(0, initiator.receive(TaskManagementResponse.class).response());
    initiator.sync();
  }

  @Test
  void abortTask_unknown_doesNotExist() throws Exception {
    var initiator = fixture.loggedIn();
    var abort = initiator.manage(1, 0, 0x9999).refCmdSn(initiator.cmdSn - 1);
    initiator.send(abort);
    assertEquals(1, initiator.receive(TaskManagementResponse.class).response());
  }

  @Test
  void abortTask_notReceivedYet_plugsTheGap() throws Exception {
    var initiator = fixture.loggedIn();
    var lost = initiator.command(FakeTarget.READY);
    var later = initiator.command(FakeTarget.READY);
    initiator.send(later);
    var abort = initiator.manage(1, 0, lost.itt()).refCmdSn(lost.cmdSn());
    initiator.send(abort);
    assertEquals(later.itt(), initiator.receive(ScsiResponse.class).itt());
    assertEquals(0, initiator.receive(TaskManagementResponse.class).response());
    initiator.sync();
  }

  /// PREEMPT AND ABORT of the nexus' own key.
  @Test
  void abortTasksBeside_endsAllOfTheUnitButOne() throws Exception {
    var initiator = fixture.loggedIn();
    var kept = initiator.command(FakeTarget.HELD);
    initiator.send(kept);
    var keptTask = fixture.target.heldTask();
    initiator.send(initiator.command(FakeTarget.HELD));
    var otherTask = fixture.target.heldTask();
    var transport = fixture.target.nexuses.getFirst().transport();
    var ended = transport.abortTasksBeside(0, kept.itt());
    initiator.sync();
    assertFalse(ended.isComplete());
    otherTask.complete(Completion.good());
    IscsiFixture.await(ended);
    keptTask.complete(Completion.good());
    assertEquals(kept.itt(), initiator.receive(ScsiResponse.class).itt());
    initiator.sync(); // no answer for the other
  }

  @Test
  void abortTaskSet_endsAllOfTheUnit() throws Exception {
    var initiator = fixture.loggedIn();
    for (int i = 0; i < 5; i++) {
      initiator.send(initiator.command(FakeTarget.HELD));
    }
    var abort = initiator.manage(2, 0, Bhs.NO_TAG);
    initiator.send(abort);
    initiator.sync();
    for (int i = 0; i < 5; i++) {
      fixture.target.heldTask().complete(Completion.good());
    }
    assertEquals(0, initiator.receive(TaskManagementResponse.class).response());
    initiator.sync();
  }

  @ParameterizedTest
  @CsvSource({"4,clear", "5,resetUnit", "6,warmReset", "7,coldReset"})
  void reset_goesToTheTarget(int function, String event) throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.write(FakeTarget.HELD_WRITE, 4096), new byte[4096]);
    assertEquals("attach", fixture.target.event());
    var task = fixture.target.heldTask();
    initiator.send(initiator.manage(function, 0, Bhs.NO_TAG));
    assertEquals(event, fixture.target.event());
    initiator.sync();
    task.complete(Completion.good());
    assertEquals(0, initiator.receive(TaskManagementResponse.class).response());
    initiator.sync();
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # function | lun | response
          2,  0x0001000000000000, 2
          4,  0x0001000000000000, 2
          5,  0x0001000000000000, 2
          3,  0, 5
          8,  0, 4
          9,  0, 5
          12, 0, 5
          13, 0, 5
          127, 0, 5
          """)
  void refused(int function, String lun, int response) throws Exception {
    assertEquals(response, manage(fixture.loggedIn(), function, Long.decode(lun), Bhs.NO_TAG));
  }

  @Test
  void rfc7144_queriesAndNexusReset() throws Exception {
    var initiator = fixture.loggedIn("iSCSIProtocolLevel", "2");
    assertEquals("2", initiator.settled.get("iSCSIProtocolLevel"));
    var held = initiator.command(FakeTarget.HELD);
    initiator.send(held);
    var task = fixture.target.heldTask();
    assertEquals(7, manage(initiator, 9, 0, held.itt()));
    assertEquals(0, manage(initiator, 9, 0, 0x7777));
    assertEquals(7, manage(initiator, 10, 0, Bhs.NO_TAG));
    initiator.send(initiator.manage(11, 0, Bhs.NO_TAG));
    initiator.sync();
    task.complete(Completion.good());
    assertEquals(0, initiator.receive(TaskManagementResponse.class).response());
    assertEquals(0, manage(initiator, 10, 0, Bhs.NO_TAG));
    assertEquals("attach", fixture.target.event());
    assertEquals("detach", fixture.target.event());
    assertEquals("attach", fixture.target.event());
  }

  @Test
  void queryAsyncEvent_tellsTheAttentionThatComesFirst() throws Exception {
    var initiator = fixture.loggedIn("iSCSIProtocolLevel", "2");
    assertEquals(0, manage(initiator, 12, 0, Bhs.NO_TAG));
    fixture.target.attentions = List.of(Asc.CAPACITY_DATA_HAS_CHANGED);
    initiator.send(initiator.manage(12, 0, Bhs.NO_TAG));
    var one = initiator.receive(TaskManagementResponse.class);
    assertEquals(7, one.response());
    assertEquals(0x162a09, one.additional());
    fixture.target.attentions = List.of(Asc.I_T_NEXUS_LOSS_OCCURRED, Asc.CAPACITY_DATA_HAS_CHANGED);
    initiator.send(initiator.manage(12, 0, Bhs.NO_TAG));
    var more = initiator.receive(TaskManagementResponse.class);
    assertEquals(7, more.response());
    assertEquals(0x262907, more.additional());
    assertEquals(2, manage(initiator, 12, 0x0001000000000000L, Bhs.NO_TAG));
  }

  @Test
  void truthNotKnownInTime_isRejected() throws Exception {
    fixture.settings = impatient(20, 5_000, 60_000, 5_000);
    var initiator = fixture.loggedIn();
    var held = initiator.command(FakeTarget.HELD);
    initiator.send(held);
    var task = fixture.target.heldTask();
    assertEquals(255, manage(initiator, 1, 0, held.itt()));
    task.complete(Completion.good());
    int response;
    do { // it may be on its way still
      response = manage(initiator, 1, 0, held.itt());
    } while (response != 1);
  }

  @Test
  void lostSession_ofAStoreThatHangs_givesItsPlaceUpInTime() throws Exception {
    fixture.settings = impatient(30_000, 20, 60_000, 5_000);
    var first = fixture.loggedIn();
    first.send(first.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    var second = fixture.loggedIn(); // in its place
    second.sync();
    while (!fixture.target.event().equals("abandon")) {
      assertFalse(task.future().isComplete());
    }
    task.complete(Completion.good());
  }

  @Test
  void logout_withAStoreThatHangs_isToldThatCleanupFailed() throws Exception {
    fixture.settings = impatient(30_000, 20, 60_000, 5_000);
    var initiator = fixture.loggedIn();
    initiator.send(initiator.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    initiator.send(initiator.logout(0));
    assertEquals(3, initiator.receive(LogoutResponse.class).response());
    task.complete(Completion.good());
  }

  private Gateway.Settings impatient(
      long managementMillis, long sessionEndMillis, long dataOutMillis, long slowMillis) {
    var it = fixture.settings;
    return new Gateway.Settings(
        it.loginTimeoutMillis(),
        it.nopIntervalMillis(),
        it.nopTimeoutMillis(),
        4,
        it.dataBudgetBytes(),
        it.maxSessions(),
        new Gateway.Patience(managementMillis, sessionEndMillis, dataOutMillis, slowMillis));
  }

  @Test
  void writeWhoseDataNeverComes_endsTheConnection() throws Exception {
    fixture.settings = impatient(30_000, 5_000, 20, 40);
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    initiator.send(initiator.write(FakeTarget.write(0, 8), 4096));
    initiator.receive(R2t.class);
    initiator.receiveUntilClosed();
  }

  @Test
  void windowFullOfSlowCommands_opensAgainAndTheCrowdedUnitIsBusy() throws Exception {
    fixture.settings = impatient(30_000, 5_000, 60_000, 20);
    var initiator = fixture.loggedIn();
    var held = new ArrayList<Promise<Completion>>();
    for (int i = 0; i < 4; i++) {
      initiator.send(initiator.command(FakeTarget.HELD));
      held.add(fixture.target.heldTask());
    }
    do {
      var ping = initiator.receive(NopIn.class); // wants no answer, and tells the window
      assertEquals(Bhs.NO_TAG, ping.ttt());
    } while (initiator.maxCmdSn - initiator.cmdSn < 0);
    int crowded;
    do { // as long as only one of them is slow, others are taken
      var crowding = initiator.command(FakeTarget.READY);
      initiator.send(crowding);
      crowded = receive(initiator, crowding.itt()).status();
    } while (crowded == 0);
    assertEquals(8, crowded);
    var elsewhere = initiator.command(FakeTarget.READY).lun(0x0001000000000000L);
    initiator.send(elsewhere);
    assertEquals(2, receive(initiator, elsewhere.itt()).status());
    held.forEach(task -> task.complete(Completion.good()));
    for (int i = 0; i < 4; i++) {
      assertEquals(0, receive(initiator, -1).status());
    }
    var ready = initiator.command(FakeTarget.READY);
    initiator.send(ready);
    assertEquals(0, receive(initiator, ready.itt()).status());
  }

  @Test
  void dataBudgetThatSlowCommandsHold_isLentToOthers() throws Exception {
    fixture.settings = impatient(30_000, 5_000, 60_000, 20);
    var hung = fixture.loggedIn();
    var held = new ArrayList<Promise<Completion>>();
    for (int i = 0; i < 2; i++) {
      hung.send(hung.read(FakeTarget.HELD, 1L << 31)); // charged with what a command may return
      held.add(fixture.target.heldTask());
    }
    assertEquals(64 << 20, fixture.service.dataBudget().usedBytes());
    var other = fixture.connected();
    other.login("iqn.other", FakeTarget.NAME, 1, 0, 1, Map.of());
    for (int i = 0; i < 2; i++) { // the first is granted in any case
      other.send(other.read(FakeTarget.HELD, 1 << 20));
      var task = fixture.target.heldTask();
      assertNotNull(task);
      held.add(task);
    }
    held.forEach(task -> task.complete(Completion.good()));
  }

  /// A response, past pings that want no answer.
  private static ScsiResponse receive(TestInitiator initiator, int itt) throws Exception {
    var pdu = initiator.receive();
    while (pdu instanceof NopIn) {
      pdu = initiator.receive();
    }
    var response = (ScsiResponse) pdu;
    assertTrue(itt == -1 || itt == response.itt());
    return response;
  }

  @Test
  void abortedByAnother_toldTaskAborted() throws Exception {
    var initiator = fixture.loggedIn();
    var held = initiator.command(FakeTarget.HELD);
    initiator.send(held);
    var task = fixture.target.heldTask();
    initiator.sync(); // it is running, not beginning
    var nexus = fixture.target.nexuses.getFirst();
    var end = nexus.transport().abortTasks(OptionalLong.of(0), true);
    task.complete(Completion.good());
    IscsiFixture.await(end);
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(held.itt(), response.itt());
    assertEquals(0x40, response.status());
    initiator.sync();
  }

  @Test
  void scsiEvent_isAnAsyncMessage() throws Exception {
    var initiator = fixture.loggedIn();
    fixture
        .target
        .nexuses
        .getFirst()
        .transport()
        .scsiEvent(0, Sense.unitAttention(Asc.CAPACITY_DATA_HAS_CHANGED));
    var message = initiator.receive(AsyncMessage.class);
    assertEquals(0, message.event());
    assertEquals(0x2a09, message.data().getUnsignedShort(message.data().readerIndex() + 14));
    initiator.sync();
  }

  @Test
  void connectionLost_detachWaitsForTheTasks() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    assertEquals("attach", fixture.target.event());
    initiator.close();
    assertTrue(fixture.target.events.isEmpty());
    task.complete(Completion.good());
    assertEquals("detach", fixture.target.event());
  }
}
