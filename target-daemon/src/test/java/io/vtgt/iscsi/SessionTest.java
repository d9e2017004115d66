package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vtgt.iscsi.login.LoginPolicy;
import io.vtgt.iscsi.login.LoginStatus;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.NopOut;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.SnackRequest;
import io.vtgt.iscsi.pdu.TextResponse;
import io.vtgt.scsi.Completion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// The life of sessions and connections: login rules, logout, pings, text, garbage, stopping.
class SessionTest {
  private static final long ISID = 0x400000000001L;

  private IscsiFixture fixture;

  @BeforeEach
  void listen() throws Exception {
    fixture = new IscsiFixture().listen();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static int login(TestInitiator initiator, long isid, int tsih, int cid)
      throws IOException {
    return initiator.login(TestInitiator.NAME, FakeTarget.NAME, isid, tsih, cid, Map.of()).status();
  }

  @Test
  void redirect_isLogged_andIsNoWarning() throws Exception {
    fixture.admission = new LoginPolicy.Redirected("192.0.2.1:3260", false);
    var log = (Logger) LoggerFactory.getLogger(Connection.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.list = new CopyOnWriteArrayList<>();
    lines.start();
    log.addAppender(lines);
    try {
      var initiator = fixture.connected();
      assertEquals(LoginStatus.TARGET_MOVED_TEMPORARILY.code, login(initiator, ISID, 0, 1));
      initiator.receiveUntilClosed();
    } finally {
      log.detachAppender(lines);
    }
    assertTrue(
        lines.list.stream()
            .anyMatch(it -> it.getFormattedMessage().endsWith(": redirected to 192.0.2.1:3260")));
    assertTrue(lines.list.stream().allMatch(it -> Level.INFO.isGreaterOrEqual(it.getLevel())));
  }

  @Test
  void sameIsid_takesTheSessionsPlace_afterItsTasks() throws Exception {
    var old = fixture.loggedIn();
    old.send(old.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    assertEquals("attach", fixture.target.event());
    var next = fixture.connected();
    var request =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    assertEquals(0, login(next, ISID, 0, 1));
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    old.receiveUntilClosed();
    task.complete(Completion.good());
    request.join();
    assertEquals("detach", fixture.target.event());
    assertEquals("attach", fixture.target.event());
    assertNotEquals(0, next.tsih);
    assertNotEquals(old.tsih, next.tsih);
    next.sync();
    assertEquals(1, fixture.service.sessions().size());
  }

  @Test
  void otherIsid_isAnotherSession() throws Exception {
    var one = fixture.loggedIn();
    var two = fixture.connected();
    assertEquals(0, login(two, ISID + 1, 0, 1));
    assertNotEquals(one.tsih, two.tsih);
    one.sync();
    two.sync();
    assertEquals(2, fixture.service.sessions().size());
  }

  @Test
  void tsih_ofNoSession_refused() throws Exception {
    assertEquals(
        LoginStatus.SESSION_DOES_NOT_EXIST.code, login(fixture.connected(), ISID, 0x1234, 1));
  }

  @Test
  void secondConnection_refused() throws Exception {
    var first = fixture.loggedIn();
    var second = fixture.connected();
    assertEquals(LoginStatus.TOO_MANY_CONNECTIONS.code, login(second, ISID, first.tsih, 2));
    assertTrue(second.receiveUntilClosed().isEmpty());
    first.sync();
  }

  @Test
  void sameCid_reinstatesTheConnection() throws Exception {
    var first = fixture.loggedIn();
    first.sync();
    first.sync();
    var second = fixture.connected();
    second.cmdSn = first.cmdSn;
    assertEquals(0, login(second, ISID, first.tsih, 1));
    assertEquals(first.tsih, second.tsih);
    first.receiveUntilClosed();
    second.sync();
    assertEquals(1, fixture.service.sessions().size());
  }

  @Test
  void tooManySessions_refused() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 0, 1000, 32, 1 << 20, 1);
    var first = fixture.loggedIn();
    assertEquals(LoginStatus.OUT_OF_RESOURCES.code, login(fixture.connected(), ISID + 1, 0, 1));
    first.sync();
  }

  @Test
  void unknownTarget_refused() throws Exception {
    var response =
        fixture
            .connected()
            .login(TestInitiator.NAME, "iqn.2026-11.test:nobody", ISID, 0, 1, Map.of());
    assertEquals(LoginStatus.NOT_FOUND.code, response.status());
  }

  @Test
  void noLogin_connectionEnds() throws Exception {
    fixture.settings = new Gateway.Settings(50, 0, 1000, 32, 1 << 20, 100);
    fixture.connected().receiveUntilClosed();
  }

  @Test
  void logout_ofTheSession() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    initiator.send(initiator.logout(0));
    while (fixture.service.sessions().getFirst().counters().get("abortedTasks") == 0) {
      Thread.onSpinWait(); // the logout waits for the task
    }
    task.complete(Completion.good());
    assertEquals(0, initiator.receive(LogoutResponse.class).response());
    assertTrue(initiator.receiveUntilClosed().isEmpty());
    fixture.awaitNoSessions();
  }

  @Test
  void logout_ofAnotherConnectionOrForRecovery_refused() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.logout(1).cid(7));
    assertEquals(1, initiator.receive(LogoutResponse.class).response());
    initiator.send(initiator.logout(2));
    assertEquals(2, initiator.receive(LogoutResponse.class).response());
    initiator.send(initiator.logout(5));
    assertEquals(9, initiator.receive(Reject.class).reason());
    initiator.sync();
    initiator.send(initiator.logout(1));
    assertEquals(0, initiator.receive(LogoutResponse.class).response());
    initiator.receiveUntilClosed();
  }

  @Test
  void snack_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(SnackRequest.on(TestInitiator.header()).itt(5));
    assertEquals(3, initiator.receive(Reject.class).reason());
    initiator.sync();
  }

  @Test
  void unknownOpcode_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    var header = new byte[48];
    header[0] = 0x1c;
    initiator.send(header, 48);
    var reject = initiator.receive(Reject.class);
    assertEquals(5, reject.reason());
    assertEquals(48, reject.data().readableBytes());
    initiator.sync();
  }

  @Test
  void ping_withoutTag_notAnswered() throws Exception {
    var initiator = fixture.loggedIn();
    var ping = initiator.nop().itt(Bhs.NO_TAG);
    initiator.cmdSn--;
    ping.immediate(true);
    initiator.send(ping);
    initiator.send(ping.ttt(0x55)); // answers no ping of ours
    initiator.sync();
  }

  @Test
  void silentInitiator_isPingedAndEndsWhenItStaysSilent() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 50, 500, 32, 1 << 20, 100);
    var initiator = fixture.loggedIn();
    var ping = initiator.receive(NopIn.class);
    assertEquals(Bhs.NO_TAG, ping.itt());
    assertNotEquals(Bhs.NO_TAG, ping.ttt());
    var answer = NopOut.on(TestInitiator.header()).itt(Bhs.NO_TAG).ttt(ping.ttt());
    answer.cmdSn(initiator.cmdSn);
    answer.immediate(true);
    initiator.send(answer);
    var second = initiator.receive(NopIn.class);
    assertNotEquals(ping.ttt(), second.ttt());
    assertTrue(initiator.receiveUntilClosed().isEmpty());
    fixture.awaitNoSessions();
  }

  private static List<PduText.Pair> ask(TestInitiator initiator, String... pairs)
      throws IOException {
    var text = String.join("\0", pairs) + "\0";
    var request = initiator.text();
    initiator.send(request, text.getBytes(StandardCharsets.UTF_8));
    var all = new ByteArrayOutputStream();
    while (true) {
      var response = initiator.receive(TextResponse.class);
      assertEquals(request.itt(), response.itt());
      all.writeBytes(TestInitiator.bytes(response.data()));
      if (response.finalBit()) {
        assertEquals(Bhs.NO_TAG, response.ttt());
        return pairs(all.toString(StandardCharsets.UTF_8));
      }
      assertNotEquals(Bhs.NO_TAG, response.ttt());
      var next = initiator.text().itt(request.itt()).ttt(response.ttt());
      initiator.send(next);
    }
  }

  private static void rejected(TestInitiator initiator, String pair) throws IOException {
    initiator.send(initiator.text(), (pair + "\0").getBytes(StandardCharsets.UTF_8));
    assertEquals(4, initiator.receive(Reject.class).reason());
  }

  /// Without the limits of an answer's reader.
  private static List<PduText.Pair> pairs(String text) {
    var pairs = new ArrayList<PduText.Pair>();
    for (int start = 0; start < text.length(); ) {
      int equals = text.indexOf('=', start), end = text.indexOf('\0', start);
      pairs.add(new PduText.Pair(text.substring(start, equals), text.substring(equals + 1, end)));
      start = end + 1;
    }
    return pairs;
  }

  @Test
  void discovery_sendTargets_longAnswersGoOn() throws Exception {
    var many = new ArrayList<Gateway.Discovered>();
    for (int i = 0; i < 500; i++) {
      many.add(new Gateway.Discovered("iqn.2026-11.test:t" + i, List.of("127.0.0.1:3260,1")));
    }
    fixture.discovered = many;
    var initiator = fixture.connected();
    assertEquals(0, initiator.login(TestInitiator.NAME, null, ISID, 0, 1, Map.of()).status());
    assertEquals(1000, ask(initiator, "SendTargets=All").size());
    assertEquals(2, ask(initiator, "SendTargets=iqn.2026-11.test:t7").size());
    rejected(initiator, "SendTargets=");
    initiator.send(initiator.command(FakeTarget.READY));
    assertEquals(5, initiator.receive(Reject.class).reason());
    initiator.sync();
    initiator.send(initiator.logout(0));
    assertEquals(0, initiator.receive(LogoutResponse.class).response());
  }

  @Test
  void text_inANormalSession() throws Exception {
    var initiator = fixture.loggedIn();
    assertEquals(FakeTarget.NAME, ask(initiator, "SendTargets=").getFirst().value());
    assertEquals(FakeTarget.NAME, ask(initiator, "SendTargets=All").getFirst().value());
    rejected(initiator, "SendTargets=Alle");
    rejected(initiator, "sendtargets=All");
    rejected(initiator, "MaxBurstLength=512");
    assertEquals(List.of(), ask(initiator, "MaxRecvDataSegmentLength=512"));
    var read = initiator.read(FakeTarget.read(0, 2), 1024);
    initiator.send(read);
    assertEquals(512, initiator.receive(io.vtgt.iscsi.pdu.DataIn.class).data().readableBytes());
    initiator.receive(io.vtgt.iscsi.pdu.DataIn.class);
    initiator.send(initiator.text().ttt(0x77));
    assertEquals(9, initiator.receive(Reject.class).reason());
    initiator.sync();
  }

  @Test
  void garbage_costsItsConnectionOnly() throws Exception {
    var good = fixture.loggedIn();
    var random = new Random(7);
    for (int i = 0; i < 50; i++) {
      var initiator = fixture.connected();
      if (i % 2 == 0) {
        login(initiator, ISID + 2, 0, 1);
      }
      var bytes = new byte[1 + random.nextInt(2000)];
      random.nextBytes(bytes);
      try {
        initiator.send(bytes, bytes.length);
      } catch (IOException _) { // closed already
      }
      initiator.close();
    }
    good.sync();
  }

  @Test
  void endSession_asksForALogout() throws Exception {
    var initiator = fixture.loggedIn();
    var status = fixture.service.sessions().getFirst();
    assertEquals(TestInitiator.NAME, status.initiatorName());
    assertEquals(FakeTarget.NAME, status.targetName());
    assertEquals(initiator.tsih, status.tsih());
    var ended = fixture.service.endSession(status.id(), "a test");
    var message = initiator.receive(AsyncMessage.class);
    assertEquals(1, message.event());
    assertTrue(message.parameter3() > 0);
    initiator.send(initiator.logout(0));
    assertEquals(0, initiator.receive(LogoutResponse.class).response());
    assertTrue(IscsiFixture.await(ended));
    assertFalse(IscsiFixture.await(fixture.service.endSession(status.id(), "again")));
  }

  @Test
  void endSessionsOf_endsThem() throws Exception {
    var initiator = fixture.loggedIn();
    IscsiFixture.await(fixture.service.endSessionsOf(FakeTarget.NAME, "a test"));
    var last = initiator.receiveUntilClosed();
    assertInstanceOf(AsyncMessage.class, last.getFirst());
    assertTrue(fixture.service.sessions().isEmpty());
  }

  @Test
  void shutdown_waitsForTasksUpToTheGrace() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.command(FakeTarget.HELD));
    var task = fixture.target.heldTask();
    var stopped = fixture.service.shutdown(20_000);
    assertEquals(1, initiator.receive(AsyncMessage.class).event());
    task.complete(Completion.good());
    assertEquals(0, initiator.receive(ScsiResponse.class).status());
    initiator.send(initiator.logout(0));
    initiator.receive(LogoutResponse.class);
    IscsiFixture.await(stopped);
    assertThrows(IOException.class, fixture::connected);
  }

  @Test
  void unlisten_sessionsGoOn() throws Exception {
    var initiator = fixture.loggedIn();
    IscsiFixture.await(fixture.service.unlisten(fixture.portal));
    assertThrows(IOException.class, fixture::connected);
    initiator.sync();
  }

  @Test
  void listen_onATakenPort_failsWithWords() {
    var failure =
        assertThrows(
            ExecutionException.class,
            () -> IscsiFixture.await(fixture.service.listen(1, fixture.portal)));
    assertTrue(failure.getMessage().contains("cannot listen on"), failure.getMessage());
  }
}
