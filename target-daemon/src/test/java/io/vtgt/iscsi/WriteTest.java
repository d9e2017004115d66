package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.scsi.Asc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The data of a WRITE: immediate, unsolicited, solicited, right and wrong (RFC 7143 sections
/// 4.2.5.2 and 11.7).
class WriteTest {
  private static final int GOOD = 0, CHECK_CONDITION = 2;

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

  private byte[] medium(int block, int length) {
    var bytes = new byte[length];
    fixture.target.medium.getBytes(block * FakeTarget.BLOCK, bytes);
    return bytes;
  }

  private static int asc(ScsiResponse response) {
    ByteBuf data = response.data();
    assertEquals(data.readableBytes() - 2, data.getUnsignedShort(data.readerIndex()));
    return data.getUnsignedShort(data.readerIndex() + 2 + 12);
  }

  private static byte[] part(byte[] data, long offset, long length) {
    return Arrays.copyOfRange(data, (int) offset, (int) (offset + length));
  }

  /// Answers an R2T in pieces.
  private static void fulfil(TestInitiator initiator, R2t r2t, byte[] data, int piece)
      throws Exception {
    long end = r2t.bufferOffset() + r2t.desiredLength();
    int dataSn = 0;
    for (long at = r2t.bufferOffset(); at < end; at += piece) {
      long length = Math.min(piece, end - at);
      initiator.send(
          initiator.dataOut(r2t.itt(), r2t.ttt(), dataSn++, at, at + length == end),
          part(data, at, length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void solicited_severalBurstsOutstanding_allDataArrives(int outstanding) throws Exception {
    var initiator =
        fixture.loggedIn(
            "InitialR2T",
            "Yes",
            "ImmediateData",
            "No",
            "MaxBurstLength",
            "8192",
            "MaxOutstandingR2T",
            Integer.toString(outstanding),
            "FirstBurstLength",
            "4096");
    var data = random(65536);
    var write = initiator.write(FakeTarget.write(4, 128), data.length);
    initiator.send(write);
    var asked = new ArrayList<R2t>();
    for (int i = 0; i < outstanding; i++) {
      asked.add(initiator.receive(R2t.class));
    }
    for (int burst = 0; burst < 8; burst++) {
      var r2t = asked.get(burst);
      assertEquals(write.itt(), r2t.itt());
      assertEquals(burst, r2t.r2tSn());
      assertEquals(burst * 8192L, r2t.bufferOffset());
      assertEquals(8192, r2t.desiredLength());
      fulfil(initiator, r2t, data, 3000);
      if (burst + outstanding < 8) {
        asked.add(initiator.receive(R2t.class));
      }
    }
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(GOOD, response.status());
    assertFalse(response.underflow() || response.overflow());
    assertArrayEquals(data, medium(4, data.length));
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void unsolicited_thenSolicited_allDataArrives(boolean header, boolean digest) throws Exception {
    fixture.offers.put("HeaderDigest", "CRC32C,None");
    fixture.offers.put("DataDigest", "CRC32C,None");
    var initiator =
        fixture.loggedIn(
            "InitialR2T",
            "No",
            "FirstBurstLength",
            "16384",
            "MaxBurstLength",
            "32768",
            "HeaderDigest",
            header ? "CRC32C" : "None",
            "DataDigest",
            digest ? "CRC32C" : "None");
    var data = random(65536 + 512);
    var write = initiator.write(FakeTarget.write(2, 129), data.length).finalBit(false);
    initiator.send(write, part(data, 0, 4096));
    initiator.send(
        initiator.dataOut(write.itt(), Bhs.NO_TAG, 0, 4096, false), part(data, 4096, 4097));
    initiator.send(
        initiator.dataOut(write.itt(), Bhs.NO_TAG, 1, 8193, true), part(data, 8193, 8191));
    for (long at = 16384; at < data.length; ) {
      var r2t = initiator.receive(R2t.class);
      assertEquals(at, r2t.bufferOffset());
      fulfil(initiator, r2t, data, 5001);
      at += r2t.desiredLength();
    }
    assertEquals(GOOD, initiator.receive(ScsiResponse.class).status());
    assertArrayEquals(data, medium(2, data.length));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # DataSN of first | second | wanted
          0,  0
          27, 28
          -1, 0
          1,  0
          """)
  void dataSn_wrong_writeFails(int first, int second) throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "No", "ImmediateData", "No");
    var before = medium(0, 1024);
    var write = initiator.write(FakeTarget.write(0, 2), 1024).finalBit(false);
    initiator.send(write);
    initiator.send(initiator.dataOut(write.itt(), Bhs.NO_TAG, first, 0, false), random(512));
    initiator.send(initiator.dataOut(write.itt(), Bhs.NO_TAG, second, 512, true), random(512));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(CHECK_CONDITION, response.status());
    assertEquals(Asc.PROTOCOL_SERVICE_CRC_ERROR.code, asc(response));
    assertArrayEquals(before, medium(0, 1024), "nothing was written");
    initiator.sync();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 511, 513, 0x7fffffff, 0x80000000L, 0xffffffffL})
  void solicited_wrongOffset_writeFails(long offset) throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    var write = initiator.write(FakeTarget.write(0, 2), 1024);
    initiator.send(write);
    var r2t = initiator.receive(R2t.class);
    initiator.send(initiator.dataOut(write.itt(), r2t.ttt(), 0, 0, false), random(512));
    initiator.send(initiator.dataOut(write.itt(), r2t.ttt(), 1, offset, true), random(512));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(CHECK_CONDITION, response.status());
    initiator.sync();
  }

  @Test
  void solicited_burstTooShort_writeFails() throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    var write = initiator.write(FakeTarget.write(0, 2), 1024);
    initiator.send(write);
    var r2t = initiator.receive(R2t.class);
    initiator.send(initiator.dataOut(write.itt(), r2t.ttt(), 0, 0, true), random(512));
    assertEquals(Asc.NOT_ENOUGH_UNSOLICITED_DATA.code, asc(initiator.receive(ScsiResponse.class)));
  }

  @Test
  void solicited_burstTooLong_writeFails() throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    var write = initiator.write(FakeTarget.write(0, 2), 1024);
    initiator.send(write);
    var r2t = initiator.receive(R2t.class);
    initiator.send(initiator.dataOut(write.itt(), r2t.ttt(), 0, 0, true), random(1536));
    assertEquals(CHECK_CONDITION, initiator.receive(ScsiResponse.class).status());
  }

  @Test
  void unsolicited_moreThanFirstBurst_writeFails() throws Exception {
    var initiator =
        fixture.loggedIn("InitialR2T", "No", "FirstBurstLength", "512", "ImmediateData", "Yes");
    var write = initiator.write(FakeTarget.write(0, 4), 2048).finalBit(false);
    initiator.send(write, random(512));
    initiator.send(initiator.dataOut(write.itt(), Bhs.NO_TAG, 0, 512, true), random(512));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(Asc.UNEXPECTED_UNSOLICITED_DATA.code, asc(response));
  }

  @Test
  void immediate_whereNoneMayBe_writeFails() throws Exception {
    var initiator = fixture.loggedIn("ImmediateData", "No");
    initiator.send(initiator.write(FakeTarget.write(0, 1), 512), random(512));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(Asc.UNEXPECTED_UNSOLICITED_DATA.code, asc(response));
  }

  @Test
  void immediate_moreThanAnnounced_writeFails() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.write(FakeTarget.write(0, 1), 512), random(1024));
    assertEquals(CHECK_CONDITION, initiator.receive(ScsiResponse.class).status());
  }

  @Test
  void refused_withUnsolicitedData_statusWaitsAndNothingIsSolicited() throws Exception {
    var initiator = fixture.loggedIn("InitialR2T", "No");
    var write = initiator.write(FakeTarget.REFUSED, 65536).finalBit(false);
    initiator.send(write, random(512));
    initiator.sync(); // no status before the F bit
    initiator.send(initiator.dataOut(write.itt(), Bhs.NO_TAG, 0, 512, true), random(512));
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(CHECK_CONDITION, response.status());
    assertTrue(response.underflow());
    assertEquals(65536, response.residual());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # announced | written by the CDB | overflow | residual
          1024, 1, false, 512
          512,  2, true,  512
          0,    1, true,  512
          512,  0, false, 512
          """)
  void residual_ofWrite(int announced, int blocks, boolean overflow, int residual)
      throws Exception {
    var initiator = fixture.loggedIn();
    var data = random(announced);
    initiator.send(initiator.write(FakeTarget.write(0, blocks), announced), data);
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(GOOD, response.status());
    assertEquals(overflow, response.overflow());
    assertEquals(!overflow, response.underflow());
    assertEquals(residual, response.residual());
    int written = Math.min(announced, blocks * 512);
    assertArrayEquals(part(data, 0, written), medium(0, written));
  }

  @Test
  void dataDigest_wrong_rejectedAndTheWriteFails() throws Exception {
    fixture.offers.put("DataDigest", "CRC32C,None");
    var initiator =
        fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No", "DataDigest", "CRC32C");
    var write = initiator.write(FakeTarget.write(0, 1), 512);
    initiator.send(write);
    var r2t = initiator.receive(R2t.class);
    var pdu = initiator.encode(initiator.dataOut(write.itt(), r2t.ttt(), 0, 0, true), random(512));
    pdu[100] ^= 1;
    initiator.send(pdu, pdu.length);
    assertEquals(2, initiator.receive(Reject.class).reason());
    var response = initiator.receive(ScsiResponse.class);
    assertEquals(Asc.PROTOCOL_SERVICE_CRC_ERROR.code, asc(response));
    initiator.sync();
  }

  @Test
  void dataDigest_ofCommandWrong_rejectedAndTheSessionGoesOn() throws Exception {
    fixture.offers.put("DataDigest", "CRC32C,None");
    var initiator = fixture.loggedIn("DataDigest", "CRC32C");
    var pdu = initiator.encode(initiator.write(FakeTarget.write(0, 1), 512), random(512));
    pdu[100] ^= 1;
    initiator.send(pdu, pdu.length);
    var reject = initiator.receive(Reject.class);
    assertEquals(2, reject.reason());
    assertArrayEquals(Arrays.copyOf(pdu, 48), TestInitiator.bytes(reject.data()));
    initiator.sync();
  }

  @Test
  void headerDigest_wrong_connectionEnds() throws Exception {
    fixture.offers.put("HeaderDigest", "CRC32C,None");
    var initiator = fixture.loggedIn("HeaderDigest", "CRC32C");
    var pdu = initiator.encode(initiator.command(FakeTarget.READY));
    pdu[20] ^= 1;
    initiator.send(pdu, pdu.length);
    assertEquals(0, initiator.receiveUntilClosed().size());
  }

  @Test
  void dataOut_forNoTask_rejected() throws Exception {
    var initiator = fixture.loggedIn();
    initiator.send(initiator.dataOut(0x7777, 0x1234, 0, 0, true), random(16));
    assertEquals(9, initiator.receive(Reject.class).reason());
    initiator.send(initiator.dataOut(0x7777, Bhs.NO_TAG, 0, 0, true), random(16));
    assertEquals(9, initiator.receive(Reject.class).reason());
    initiator.sync();
  }

  @Test
  void budget_heldByAnother_starvesNobody() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 0, 1000, 32, 40_000, 100);
    var hog = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    hog.send(hog.write(FakeTarget.write(0, 128), 65536)); // and never sends what the R2T asks for
    hog.receive(R2t.class);
    var other = fixture.connected();
    assertEquals(
        0,
        other
            .login(
                TestInitiator.NAME,
                FakeTarget.NAME,
                7,
                0,
                1,
                Map.of("MaxRecvDataSegmentLength", "65536"))
            .status());
    for (int i = 0; i < 20; i++) {
      var one = other.read(FakeTarget.read(0, 64), 32768);
      var two = other.read(FakeTarget.read(0, 64), 32768);
      other.send(List.of(other.encode(one), other.encode(two)));
      other.receiveData(one.itt());
      other.receiveData(two.itt());
    }
    hog.sync();
  }

  @Test
  void budget_smallerThanTheWrites_theyTakeTurns() throws Exception {
    fixture.settings = new Gateway.Settings(10_000, 0, 1000, 32, 40_000, 100);
    var initiator = fixture.loggedIn("InitialR2T", "Yes", "ImmediateData", "No");
    var writes = new ArrayList<ScsiCommand>();
    for (int i = 0; i < 8; i++) {
      var write = initiator.write(FakeTarget.write(i * 64, 64), 32768);
      writes.add(write);
      initiator.send(write);
    }
    for (int i = 0; i < 8; i++) {
      var r2t = initiator.receive(R2t.class);
      assertEquals(writes.get(i).itt(), r2t.itt());
      initiator.send(initiator.dataOut(r2t.itt(), r2t.ttt(), 0, 0, true), random(32768));
      assertEquals(GOOD, initiator.receive(ScsiResponse.class).status());
    }
    for (int i = 0; i < 8; i++) {
      assertArrayEquals(random(32768), medium(i * 64, 32768));
    }
  }
}
