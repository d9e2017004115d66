package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.ScsiFixture;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Task attributes over several sessions and event loops (SAM-5, Task attributes).
class TaskAttributeTest {
  private static final int SIMPLE = 1, ORDERED = 2, HEAD_OF_QUEUE = 3, ACA = 4;
  private static final String READY = "00 00 00 00 00 00";

  private final ScsiFixture scsi = new ScsiFixture();
  private final DelayLayer delays =
      new DelayLayer(null, new MemoryStore(ScsiFixture.BYTES), DelayLayer.Delays.NONE);
  private IscsiFixture fixture;
  private TestInitiator a;
  private TestInitiator b;
  private TestInitiator c;

  @BeforeEach
  void logIn() throws Exception {
    scsi.addUnit(0, ScsiFixture.PROFILE, delays);
    fixture = new IscsiFixture();
    fixture.others.put(ScsiFixture.TARGET, new TargetPort.Scsi(scsi.target()));
    fixture.listen();
    a = ready("a");
    b = ready("b");
    c = ready("c");
  }

  private TestInitiator ready(String name) throws Exception {
    var initiator = fixture.loggedIn(name, ScsiFixture.TARGET, 1);
    initiator.send(initiator.command(READY));
    initiator.receive(ScsiResponse.class); // POWER ON
    return initiator;
  }

  @AfterEach
  void close() throws Exception {
    delays.release(Traffic.WRITES);
    fixture.close();
    scsi.close();
  }

  private static ScsiCommand sent(TestInitiator by, int attribute) throws Exception {
    var command = by.command(READY).attribute(attribute);
    by.send(command);
    by.sync(); // it is there; and whatever came before is answered by now, unless it waits
    return command;
  }

  private static void answered(TestInitiator by, ScsiCommand command, int status) throws Exception {
    var response = by.receive(ScsiResponse.class);
    assertEquals(command.itt(), response.itt());
    assertEquals(status, response.status());
  }

  private ScsiCommand heldWrite() throws Exception {
    delays.hold(Traffic.WRITES);
    var write = a.write("2a 00 00 00 00 00 00 00 01 00", 512);
    a.send(write, new byte[512]);
    a.sync();
    return write;
  }

  @Test
  void ordered_waitsForTheOlderOfEverySession_andTheYoungerForIt() throws Exception {
    var write = heldWrite();
    var ordered = sent(b, ORDERED);
    var younger = sent(c, SIMPLE);
    b.sync();
    c.sync(); // no answer yet
    var head = c.command(READY).attribute(HEAD_OF_QUEUE);
    c.send(head);
    answered(c, head, 0);
    delays.release(Traffic.WRITES);
    answered(a, write, 0);
    answered(b, ordered, 0);
    answered(c, younger, 0);
  }

  @Test
  void abortOfAnOrderedTaskThatWaits_isAnsweredAndLetsOthersOn() throws Exception {
    var write = heldWrite();
    var ordered = sent(b, ORDERED);
    var younger = sent(c, SIMPLE);
    b.send(b.manage(1, 0, ordered.itt()));
    assertEquals(0, b.receive(TaskManagementResponse.class).response());
    answered(c, younger, 0);
    delays.release(Traffic.WRITES);
    answered(a, write, 0);
  }

  @Test
  void lostSessionOfAnOrderedTask_letsOthersOn() throws Exception {
    var write = heldWrite();
    sent(b, ORDERED);
    var younger = sent(c, SIMPLE);
    b.close();
    answered(c, younger, 0);
    delays.release(Traffic.WRITES);
    answered(a, write, 0);
  }

  @Test
  void writeThatWaits_keepsItsUnsolicitedData() throws Exception {
    var held = heldWrite();
    var ordered = sent(c, ORDERED);
    var data = new byte[8192];
    new Random(1).nextBytes(data);
    b.close();
    b = fixture.connected();
    var keys = java.util.Map.of("InitialR2T", "No", "FirstBurstLength", "4096");
    b.login("b", ScsiFixture.TARGET, 1, 0, 1, keys);
    b.send(b.command(READY)); // it waits as well, and gets the POWER ON
    var write = b.write("2a 00 00 00 00 08 00 00 10 00", data.length).finalBit(false);
    b.send(write, java.util.Arrays.copyOf(data, 2048));
    b.send(
        b.dataOut(write.itt(), Bhs.NO_TAG, 0, 2048, true),
        java.util.Arrays.copyOfRange(data, 2048, 4096));
    b.sync();
    delays.release(Traffic.WRITES);
    answered(a, held, 0);
    answered(c, ordered, 0);
    assertEquals(2, b.receive(ScsiResponse.class).status());
    var r2t = b.receive(io.vtgt.iscsi.pdu.R2t.class);
    assertEquals(4096, r2t.bufferOffset());
    b.send(
        b.dataOut(write.itt(), r2t.ttt(), 0, 4096, true),
        java.util.Arrays.copyOfRange(data, 4096, 8192));
    answered(b, write, 0);
    var read = b.read("28 00 00 00 00 08 00 00 10 00", data.length);
    b.send(read);
    assertArrayEquals(data, b.receiveData(read.itt()));
  }

  /// QERR of the control mode page, 1 to end everybody's tasks, 3 to end those of the nexus.
  @ParameterizedTest
  @CsvSource({"0, true, true", "1, false, false", "3, true, false"})
  void checkCondition_endsWhatQerrSays(int qerr, boolean othersGoOn, boolean ownGoesOn)
      throws Exception {
    var select = b.write("15 10 00 00 10 00", 16);
    var list = new byte[16];
    list[4] = 0x0a;
    list[5] = 0x0a;
    list[6] = 0x02;
    list[7] = (byte) (0x10 | qerr << 1);
    b.send(select, list);
    answered(b, select, 0);
    for (var other : List.of(a, c)) {
      var attention = other.read("03 00 00 00 12 00", 18); // REQUEST SENSE, which is no error
      other.send(attention);
      var sense = other.receiveData(attention.itt());
      assertEquals(qerr == 0 ? 0 : 0x2a, sense[12]); // MODE PARAMETERS CHANGED
    }
    var write = heldWrite();
    var own = b.write("2a 00 00 00 00 01 00 00 01 00", 512);
    b.send(own, new byte[512]);
    b.sync();
    var wrong = b.command("ff 00 00 00 00 00");
    b.send(wrong);
    answered(b, wrong, 2);
    if (!ownGoesOn) {
      awaitGone(b, own);
    }
    if (!othersGoOn) {
      awaitGone(a, write);
    }
    delays.release(Traffic.WRITES);
    if (othersGoOn) {
      answered(a, write, 0);
    }
    if (ownGoesOn) {
      answered(b, own, 0);
    }
    a.sync();
    b.sync();
  }

  /// QUERY TASK does not find it any more.
  private static void awaitGone(TestInitiator by, ScsiCommand command) throws Exception {
    int response;
    do {
      by.send(by.manage(9, 0, command.itt()));
      response = by.receive(TaskManagementResponse.class).response();
    } while (response == 7);
    assertEquals(0, response);
  }

  @Test
  void reservedQerr_isRefused() throws Exception {
    var select = b.write("15 10 00 00 10 00", 16);
    var list = new byte[16];
    list[4] = 0x0a;
    list[5] = 0x0a;
    list[6] = 0x02;
    list[7] = 0x14;
    b.send(select, list);
    var response = b.receive(ScsiResponse.class);
    assertEquals(0x2600, response.data().getUnsignedShort(response.data().readerIndex() + 14));
  }

  @Test
  void aca_isRefused() throws Exception {
    var command = a.command(READY).attribute(ACA);
    a.send(command);
    var response = a.receive(ScsiResponse.class);
    assertEquals(2, response.status());
    assertEquals(5, response.data().getByte(response.data().readerIndex() + 4) & 0xf);
    assertEquals(0x4900, response.data().getUnsignedShort(response.data().readerIndex() + 14));
    var naca = a.command("00 00 00 00 00 04");
    a.send(naca);
    response = a.receive(ScsiResponse.class);
    assertEquals(0x2400, response.data().getUnsignedShort(response.data().readerIndex() + 14));
  }
}
