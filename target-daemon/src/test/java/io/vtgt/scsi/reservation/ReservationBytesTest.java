package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.target.Nexus;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What PERSISTENT RESERVE IN answers and PERSISTENT RESERVE OUT reads, byte by byte.
class ReservationBytesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -                 | 00000007 00000000
          A=1 B=fedc        | 00000007 00000010 0000000000000001 000000000000fedc
          """)
  void readKeys(String state, String hex) {
    assertBytes(hex, ReserveIn.readKeys(Nexuses.state(state)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A=1               | 00000007 00000000
          A=1 B=2 / EA-RO B | 00000007 00000010 0000000000000002 00000000 00 06 0000
          A=1 B=2 / WE A    | 00000007 00000010 0000000000000001 00000000 00 01 0000
          A=1 B=2 / WE-AR   | 00000007 00000010 0000000000000000 00000000 00 07 0000
          """)
  void readReservation(String state, String hex) {
    assertBytes(hex, ReserveIn.readReservation(Nexuses.state(state)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A=1      | 0008 9d c0 ea01 0000
          A=1 kept | 0008 9d c1 ea01 0000
          """)
  void reportCapabilities_everyTypeAndPersistenceAsItIs(String state, String hex) {
    assertBytes(hex, ReserveIn.reportCapabilities(Nexuses.state(state)));
  }

  @Test
  void readFullStatus_namesPortsAndHolder() {
    assertBytes(
        """
        00000007 00000080
        0000000000000001 00000000 00 00 00000000 0001 00000028
        45 00 0024 69716e2e323032362d30312e746573743a61 2c692c3078 303030303030303030303031 00
        0000000000000002 00000000 01 03 00000000 0001 00000028
        45 00 0024 69716e2e323032362d30312e746573743a62 2c692c3078 303030303030303030303032 00
        """,
        ReserveIn.readFullStatus(Nexuses.state("A=1 B=2 / EA B")));
  }

  @Test
  void readFullStatus_allRegistrants_everybodyHolds() {
    var bytes = ReserveIn.readFullStatus(Nexuses.state("A=1 E=2 / WE-AR"));
    int second = 8 + 24 + bytes.getInt(8 + 20);
    assertEquals(0x0107, bytes.getUnsignedShort(8 + 12));
    assertEquals(0x0107, bytes.getUnsignedShort(second + 12));
    assertEquals(2, bytes.getUnsignedShort(second + 18), "relative target port of E");
    bytes.release();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "3, 3", "8, 8", "23, 23", "24, 24", "25, 24", "65535, 24"})
  void reserveIn_allocationLength_cutsTheAnswerOnly(int allocation, int expected) {
    var reservations = new Reservations(new FakeUnit());
    register(reservations, Nexuses.A);
    register(reservations, Nexuses.B);
    var cdb = Cdb.of("5e 00 00 00 00 00 00 %04x 00".formatted(allocation).replace(" ", ""));
    var done = (Step.Done) ReservationCommands.reserveIn(cdb, reservations, ReserveIn::readKeys);
    var data = assertInstanceOf(Completion.Good.class, done.completion()).dataIn();
    assertEquals(expected, data.readableBytes());
    if (expected >= 8) {
      assertEquals(16, data.getInt(4), "ADDITIONAL LENGTH is that of the whole");
    }
    data.release();
  }

  @Test
  void transportId_writtenAndRead_isTheSame() {
    var random = new Random(5);
    for (int i = 0; i < 300; i++) {
      String name = "iqn." + "x".repeat(random.nextInt(220));
      var id =
          new TransportId(
              name,
              random.nextBoolean()
                  ? OptionalLong.of(random.nextLong() >>> 16)
                  : OptionalLong.empty());
      var bytes = Unpooled.buffer();
      id.write(bytes);
      assertEquals(0, bytes.readableBytes() % 4);
      assertEquals(id, TransportId.parse(bytes).orElseThrow());
      bytes.release();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # what is wrong      | header   | text, then zeroes up to 24 bytes after the header
          protocol             | 46000018 | iqn.a,i,0x1
          format               | 85000018 | iqn.a,i,0x1
          length               | 45000014 | iqn.a,i,0x1
          no ISID              | 45000018 | iqn.a
          empty ISID           | 45000018 | iqn.a,i,0x
          ISID of 7 bytes      | 45000018 | iqn.a,i,0x12345678901234
          not hexadecimal      | 45000018 | iqn.a,i,0xg
          no name              | 45000018 | ,i,0x1
          not null-terminated  | 45000018 | iqn.abcdefgh,i,0x12345678
          port as a device     | 05000018 | iqn.a,i,0x1
          nothing              | 05000018 |
          """)
  void transportId_malformed_refused(String what, String header, String text) {
    byte[] name =
        text == null ? new byte[0] : text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    var bytes = Unpooled.buffer().writeBytes(HexFormat.of().parseHex(header));
    bytes.writeBytes(name, 0, Math.min(24, name.length)).writeZero(Math.max(0, 24 - name.length));
    assertTrue(TransportId.parse(bytes).isEmpty(), what);
    bytes.release();
  }

  @ParameterizedTest
  @EnumSource(ServiceAction.class)
  void list_everyOtherLength_isAnError(ServiceAction action) {
    var list = list(action, 0);
    for (int length = 0; length <= list.readableBytes() + 4; length++) {
      if (length != list.readableBytes()) {
        var data = Unpooled.buffer().writeBytes(list, 0, Math.min(length, list.readableBytes()));
        data.writeZero(length - data.readableBytes());
        var read = ReserveOutList.read(action, data, length);
        var sense = assertInstanceOf(ReserveOutList.Read.Malformed.class, read).sense();
        assertEquals(Asc.PARAMETER_LIST_LENGTH_ERROR, sense.asc(), "length " + length);
        data.release();
      }
    }
    assertInstanceOf(
        ReserveOutList.Read.Understood.class,
        ReserveOutList.read(action, list, list.readableBytes()));
    list.release();
  }

  @Test
  void list_fewerBytesCameThanAnnounced_isALengthError() {
    var data = Unpooled.buffer().writeZero(24);
    assertEquals(ReserveOutList.LENGTH_ERROR, ReserveOutList.read(ServiceAction.CLEAR, data, 28));
    data.release();
  }

  @Test
  void list_specifiedInitiatorPorts_read() {
    var data = list(ServiceAction.REGISTER, 0x0c);
    var ids = Unpooled.buffer();
    TransportId.of(Nexuses.A).write(ids);
    TransportId.of(Nexuses.B).write(ids);
    data.writeInt(ids.readableBytes()).writeBytes(ids);
    var read = ReserveOutList.read(ServiceAction.REGISTER, data, data.readableBytes());
    assertEquals(
        new ReserveOutList.Basic(
            0x0102030405060708L,
            0x1112131415161718L,
            true,
            true,
            false,
            List.of(TransportId.of(Nexuses.A), TransportId.of(Nexuses.B))),
        assertInstanceOf(ReserveOutList.Read.Understood.class, read).list());
    ids.release();
    data.release();
  }

  @Test
  void list_specifiedInitiatorPortsWithRegisterAndIgnore_refused() {
    var data = list(ServiceAction.REGISTER, 0x08).writeInt(0);
    var read =
        ReserveOutList.read(
            ServiceAction.REGISTER_AND_IGNORE_EXISTING_KEY, data, data.readableBytes());
    assertEquals(
        Asc.INVALID_FIELD_IN_PARAMETER_LIST,
        assertInstanceOf(ReserveOutList.Read.Malformed.class, read).sense().asc());
    data.release();
  }

  @Test
  void list_anyBytes_neverThrows() {
    long seed = 20260711;
    var random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      var bytes = new byte[random.nextInt(120)];
      random.nextBytes(bytes);
      if (bytes.length > 32 && random.nextBoolean()) { // get past the first lengths
        bytes[20] |= 0x08;
        bytes[24] = bytes[25] = bytes[26] = bytes[30] = 0;
        bytes[27] = (byte) (bytes.length - 28);
        bytes[28] = 0x45;
      }
      for (var action : ServiceAction.values()) {
        ReserveOutList.read(action, Unpooled.wrappedBuffer(bytes), bytes.length);
      }
    }
  }

  @Test
  void reserveOut_wantsItsListAndReleasesIt() {
    var seen = new AtomicReference<ReserveOutRules.Order>();
    var step =
        ReservationCommands.reserveOut(
            ServiceAction.RESERVE,
            Cdb.of("5f 01 15 00 00 00 00 00 18 00"),
            order -> {
              seen.set(order);
              return Step.GOOD;
            });
    var needs = assertInstanceOf(Step.NeedsData.class, step);
    assertEquals(24, needs.length());
    var data = list(ServiceAction.RESERVE, 0);
    assertEquals(Step.GOOD, needs.then().apply(data));
    assertEquals(0, data.refCnt());
    assertEquals(1, seen.get().scope());
    assertEquals(5, seen.get().type());
    assertEquals(0x1112131415161718L, seen.get().list().serviceActionKey());
  }

  @ParameterizedTest
  @CsvSource({"00000000", "00000017", "00010001", "ffffffff"})
  void reserveOut_lengthOutOfBounds_refusedBeforeItsData(String length) {
    var step =
        ReservationCommands.reserveOut(
            ServiceAction.REGISTER,
            Cdb.of("5f 00 00 00 00 " + length + " 00"),
            _ -> {
              throw new AssertionError();
            });
    var check = (Completion.CheckCondition) ((Step.Done) step).completion();
    assertEquals(Asc.PARAMETER_LIST_LENGTH_ERROR, check.sense().asc());
  }

  @Test
  void rows_haveOneKeyEachAndTheLengthOfTheirGroup() {
    var keys = new HashSet<List<Integer>>();
    for (CommandSpec row : ReservationCommands.rows()) {
      assertTrue(keys.add(List.of(row.opcode(), row.serviceAction().orElse(-1))), row.name());
      assertEquals(row.opcode() < 0x20 ? 6 : 10, row.usage().length, row.name());
      row.serviceAction().ifPresent(action -> assertEquals(action, row.usage()[1], row.name()));
    }
    assertEquals(4 + 4 + 9, keys.size());
  }

  private static void register(Reservations reservations, Nexus.Id nexus) {
    var list = new ReserveOutList.Basic(0, 1, false, false, false, List.of());
    var order = new ReserveOutRules.Order(ServiceAction.REGISTER, 0, 0, list);
    assertEquals(
        Completion.good(),
        reservations.reserveOut(nexus, order, Future::succeededFuture).result().completion());
  }

  /// A well-formed list, without the TransportIDs of SPEC_I_PT.
  private static ByteBuf list(ServiceAction action, int flags) {
    var out = Unpooled.buffer();
    out.writeLong(0x0102030405060708L).writeLong(0x1112131415161718L);
    if (action == ServiceAction.REGISTER_AND_MOVE) {
      var id = Unpooled.buffer();
      TransportId.of(Nexuses.B).write(id);
      out.writeByte(0).writeByte(2).writeShort(1).writeInt(id.readableBytes()).writeBytes(id);
      id.release();
    } else {
      out.writeZero(4).writeByte(flags).writeZero(3);
    }
    return out;
  }

  private static void assertBytes(String hex, ByteBuf got) {
    String expected = hex.replaceAll("\\s", "");
    assertEquals(expected, ByteBufUtil.hexDump(got));
    got.release();
  }
}
