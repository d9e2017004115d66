package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.ScsiResponse;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Reads, writes and pings of a session in order.
class FullFeatureTest {
  private IscsiFixture fixture;

  @BeforeEach
  void listen() throws Exception {
    fixture = new IscsiFixture().listen();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void testUnitReady_good() throws Exception {
    var initiator = fixture.loggedIn();
    assertNotEquals(0, initiator.tsih);
    var command = initiator.command(FakeTarget.READY);
    initiator.send(command);
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(command.itt(), response.itt());
    assertEquals(0, response.status());
    assertEquals(command.cmdSn() + 1, response.expCmdSn());
    assertEquals(command.cmdSn() + 32, response.maxCmdSn());
  }

  @Test
  void write_immediateThenRead_sameBytes() throws Exception {
    var initiator = fixture.loggedIn();
    var data = random(4096);
    for (int block = 0; block < 2; block++) {
      initiator.send(initiator.write(FakeTarget.write(block, 8), 4096), data);
      assertEquals(0, initiator.receive(ScsiResponse.class).status());
      var read = initiator.read(FakeTarget.read(block, 8), 4096);
      initiator.send(read);
      assertArrayEquals(data, initiator.receiveData(read.itt()));
    }
  }

  @Test
  void ping_echoesItsData() throws Exception {
    var initiator = fixture.loggedIn();
    var ping = initiator.nop();
    initiator.send(ping, random(77));
    var answer = initiator.receive(NopIn.class);
    assertEquals(ping.itt(), answer.itt());
    assertArrayEquals(random(77), TestInitiator.bytes(answer.data()));
  }
}
