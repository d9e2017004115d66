package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The data of a READ (RFC 7143 section 11.7).
class ReadTest {
  private IscsiFixture fixture;
  private byte[] content;

  @BeforeEach
  void listen() throws Exception {
    fixture = new IscsiFixture().listen();
    content = new byte[FakeTarget.BLOCK * FakeTarget.BLOCKS];
    new Random(1).nextBytes(content);
    fixture.target.medium.setBytes(0, content);
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # MaxRecvDataSegmentLength | MaxBurstLength | blocks
          512,    512,     5
          512,    1024,    5
          4096,   262144,  8
          8192,   12288,   100
          65536,  262144,  2048
          262144, 1048576, 4096
          """)
  void data_inPiecesAndBursts_isWhole(int segment, int burst, int blocks) throws Exception {
    var initiator =
        fixture.loggedIn(
            "MaxRecvDataSegmentLength",
            "" + segment,
            "MaxBurstLength",
            "" + burst,
            "FirstBurstLength",
            "512");
    for (int block = 0; block < 2; block++) {
      var read = initiator.read(FakeTarget.read(block, blocks), blocks * 512L);
      initiator.send(read);
      int inBurst = 0;
      for (int at = 0; at < blocks * 512; ) {
        var in = initiator.receive(DataIn.class);
        int length = in.data().readableBytes();
        assertEquals(at, in.bufferOffset());
        assertTrue(length <= segment);
        assertArrayEquals(
            java.util.Arrays.copyOfRange(content, block * 512 + at, block * 512 + at + length),
            TestInitiator.bytes(in.data()));
        at += length;
        inBurst += length;
        boolean last = at == blocks * 512;
        assertEquals(last, in.statusPresent());
        assertEquals(last || inBurst == burst, in.finalBit());
        inBurst = in.finalBit() ? 0 : inBurst;
      }
    }
  }

  /// Sent in pieces so small that they are copied, data takes memory until it has left all the
  /// same.
  @Test
  void data_ofAnInitiatorThatDoesNotRead_holdsTheBudget() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 0, 1000, 32, 1 << 20, 100);
    var initiator = fixture.loggedIn("MaxRecvDataSegmentLength", "8192");
    var reads = new ArrayList<ScsiCommand>();
    var encoded = new ArrayList<byte[]>();
    for (int i = 0; i < 32; i++) {
      var read = initiator.read(FakeTarget.read(0, FakeTarget.BLOCKS), content.length);
      reads.add(read);
      encoded.add(initiator.encode(read));
    }
    initiator.send(encoded);
    for (int i = 0; !fixture.service.dataBudget().exhausted(); i++) {
      assertTrue(i < 2000, "nothing waits, 128 MiB are queued");
      Thread.sleep(5);
    }
    for (var read : reads) {
      assertArrayEquals(content, initiator.receiveData(read.itt()));
    }
  }

  @Test
  void dataDigest_isRight() throws Exception {
    fixture.offers.put("DataDigest", "CRC32C,None");
    fixture.offers.put("HeaderDigest", "CRC32C,None");
    var initiator =
        fixture.loggedIn(
            "DataDigest", "CRC32C", "HeaderDigest", "CRC32C", "MaxRecvDataSegmentLength", "10000");
    var read = initiator.read(FakeTarget.read(0, 100), 51200);
    initiator.send(read); // the framer checks
    assertArrayEquals(java.util.Arrays.copyOf(content, 51200), initiator.receiveData(read.itt()));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # expected | blocks | overflow | residual
          1024, 1, false, 512
          512,  2, true,  512
          100,  1, true,  412
          1,    1, true,  511
          """)
  void residual_comesWithTheLastData(int expected, int blocks, boolean overflow, int residual)
      throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.read(FakeTarget.read(0, blocks), expected));
    var in = initiator.receive(DataIn.class);
    assertTrue(in.statusPresent());
    assertEquals(Math.min(expected, blocks * 512), in.data().readableBytes());
    assertEquals(overflow, in.overflow());
    assertEquals(!overflow, in.underflow());
    assertEquals(residual, in.residual());
  }

  @ParameterizedTest
  @CsvSource({"0,1,true,512", "512,0,false,512"})
  void residual_withoutData(int expected, int blocks, boolean overflow, int residual)
      throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.read(FakeTarget.read(0, blocks), expected));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(0, response.status());
    assertEquals(overflow, response.overflow());
    assertEquals(residual, response.residual());
  }

  @Test
  void readWithoutBits_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.command(FakeTarget.read(0, 1)).expectedDataLength(512));
    assertEquals(9, initiator.receive(Reject.class).reason());
    initiator.sync();
  }

  @Test
  void failures_areSense() throws Exception {
    var initiator = fixture.loggedIn();
    for (var cdb : new String[] {FakeTarget.BROKEN, FakeTarget.FAILING, FakeTarget.REFUSED}) {
      initiator.send(initiator.read(cdb, 512));
      var response = initiator.receive(ScsiResponse.class);
      assertEquals(2, response.status());
      assertTrue(response.underflow());
      assertEquals(512, response.residual());
    }
  }

  @Test
  void slowReader_getsEverything() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 0, 1000, 64, 4 << 20, 100);
    var initiator = fixture.loggedIn("MaxRecvDataSegmentLength", "262144");
    var commands = new ArrayList<byte[]>();
    var waiting = new HashMap<Integer, Integer>();
    for (int i = 0; i < 60; i++) {
      ScsiCommand read = initiator.read(FakeTarget.read(i, 2048), 2048 * 512L);
      waiting.put(read.itt(), i);
      commands.add(initiator.encode(read));
    }
    initiator.send(commands); // 60 MiB asked for, nothing taken yet
    var received = new HashMap<Integer, Integer>();
    while (!waiting.isEmpty()) {
      var in = initiator.receive(DataIn.class);
      int block = waiting.get(in.itt());
      int at = block * 512 + (int) in.bufferOffset();
      assertEquals(content[at], in.data().getByte(in.data().readerIndex()));
      received.merge(in.itt(), in.data().readableBytes(), Integer::sum);
      if (in.statusPresent()) {
        assertEquals(2048 * 512, received.get(in.itt()));
        waiting.remove(in.itt());
      }
    }
  }
}
