package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TextResponse;
import io.vtgt.scsi.Completion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The command window (RFC 7143 section 4.2.2.1).
class CommandOrderTest {
  private IscsiFixture fixture;

  @BeforeEach
  void listen() throws Exception {
    fixture = new IscsiFixture().listen();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, -100, 32, 1000, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void outsideTheWindow_ignored(int distance) throws Exception {
    var initiator = fixture.loggedIn();
    var command = initiator.command(FakeTarget.READY);
    initiator.cmdSn--;
    command.cmdSn(initiator.cmdSn + distance);
    initiator.send(command);
    initiator.sync();
  }

  @Test
  void gap_commandsWaitForTheirTurn() throws Exception {
    var initiator = fixture.loggedIn();
    var first = initiator.command(FakeTarget.READY);
    var second = initiator.write(FakeTarget.write(1, 1), 512);
    var third = initiator.nop();
    initiator.send(third, (byte) 1);
    initiator.send(second, new byte[512]);
    initiator.send(first);
    assertEquals(first.itt(), initiator.receive(ScsiResponse.class).itt());
    assertEquals(second.itt(), initiator.receive(ScsiResponse.class).itt());
    assertEquals(third.itt(), initiator.receive(NopIn.class).itt());
  }

  @Test
  void gap_neverFilled_costsNothingAtTheEnd() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.command(FakeTarget.READY);
    initiator.send(initiator.write(FakeTarget.write(1, 1), 512), new byte[512]);
    initiator.close();
    fixture.awaitNoSessions(); // the budget is checked at the end
  }

  @Test
  void immediate_takesNoTurn() throws Exception {
    var initiator = fixture.loggedIn();
    var command = initiator.command(FakeTarget.READY);
    initiator.cmdSn--;
    command.immediate(true);
    initiator.send(command);
    assertEquals(initiator.cmdSn, initiator.receive(ScsiResponse.class).expCmdSn());
    initiator.sync();
  }

  @Test
  void window_full_closesAndOpensAgain() throws Exception {
    var initiator = fixture.loggedIn();
    for (int i = 0; i < 32; i++) {
      initiator.send(initiator.command(FakeTarget.HELD));
    }
    var ping = initiator.nop();
    initiator.cmdSn--;
    ping.immediate(true);
    initiator.send(ping);
    var answer = initiator.receive(NopIn.class);
    assertEquals(initiator.cmdSn, answer.expCmdSn());
    assertEquals(initiator.cmdSn - 1, answer.maxCmdSn(), "closed");
    initiator.send(initiator.command(FakeTarget.READY)); // beyond: ignored
    initiator.cmdSn--;
    initiator.send(ping);
    initiator.receive(NopIn.class);
    for (int i = 0; i < 32; i++) {
      fixture.target.heldTask().complete(Completion.good());
      var response = initiator.receive(ScsiResponse.class);
      assertEquals(initiator.cmdSn + i, response.maxCmdSn());
    }
    initiator.sync();
  }

  @Test
  void requestsThatAreNoTasks_doNotUseUpTheWindow() throws Exception {
    var initiator = fixture.loggedIn();
    for (int i = 0; i < 100; i++) {
      initiator.sync();
      initiator.send(initiator.text(), "InitiatorAlias=a\0".getBytes(StandardCharsets.UTF_8));
      initiator.receive(TextResponse.class);
      initiator.send(initiator.command(FakeTarget.READY).attribute(7));
      initiator.receive(Reject.class);
    }
  }

  @Test
  void tag_inUse_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    var held = initiator.command(FakeTarget.HELD);
    initiator.send(held);
    initiator.send(initiator.command(FakeTarget.READY).itt(held.itt()));
    assertEquals(7, initiator.receive(Reject.class).reason());
    fixture.target.heldTask().complete(Completion.good());
    assertEquals(held.itt(), initiator.receive(ScsiResponse.class).itt());
    initiator.sync();
  }

  @Test
  void immediate_tooMany_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    for (int i = 0; i < 65; i++) {
      var command = initiator.command(FakeTarget.HELD);
      initiator.cmdSn--;
      command.immediate(true);
      initiator.send(command);
    }
    assertEquals(6, initiator.receive(Reject.class).reason());
    initiator.sync();
  }

  @Test
  void manyCommands_inOneWrite_eachAnsweredOnce() throws Exception {
    var initiator = fixture.loggedIn();
    var batch = new ArrayList<byte[]>();
    for (int i = 0; i < 32; i++) {
      batch.add(initiator.encode(initiator.command(FakeTarget.READY)));
    }
    initiator.send(batch);
    for (int i = 0; i < 32; i++) {
      initiator.receive(ScsiResponse.class);
    }
    initiator.sync();
  }
}
