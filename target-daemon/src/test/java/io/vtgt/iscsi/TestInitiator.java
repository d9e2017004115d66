package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.LoginResponse;
import io.vtgt.iscsi.pdu.LogoutRequest;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.NopOut;
import io.vtgt.iscsi.pdu.Pdu;
import io.vtgt.iscsi.pdu.PduFramer;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.PduWriter;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.RequestPdu;
import io.vtgt.iscsi.pdu.ResponsePdu;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TaskManagementRequest;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.iscsi.pdu.TextRequest;
import io.vtgt.iscsi.pdu.TextResponse;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/// An initiator for tests, on a blocking socket: sends what a test wants sent, right or wrong, and
/// hands over what the target answers, in order. It keeps CmdSN and StatSN as an initiator does; a
/// test may set any field of a PDU before it is sent.
final class TestInitiator implements AutoCloseable {
  static final String NAME = "iqn.2026-11.test:initiator";

  /// A target that has not answered after this long never will.
  private static final int PATIENCE_MILLIS = 20_000;

  /// Where every PDU that carries status has its StatSN.
  private static final int STAT_SN = 24;

  private final Socket socket = new Socket();
  private final PduWriter writer = new PduWriter();
  private final Queue<ResponsePdu> answers = new ArrayDeque<>();
  private final byte[] chunk = new byte[65536];
  private final PduFramer<ResponsePdu> framer =
      PduFramer.ofResponses(
          new PduFramer.Sink<>() {
            @Override
            public void pdu(ResponsePdu pdu) {
              answers.add(
                  ResponsePdu.of(
                      pdu.opcode(),
                      Unpooled.copiedBuffer(pdu.bytes()),
                      Unpooled.copiedBuffer(pdu.data())));
            }

            @Override
            public void fault(PduFramer.FramingFault fault) {
              throw new AssertionError("the target sent: " + fault.message());
            }
          });

  /// The next CmdSN.
  int cmdSn = 1;

  /// The StatSN expected next.
  int expStatSn;

  int nextItt = 0x100;
  int tsih;

  /// What was settled: our declarations and the target's answers.
  Map<String, String> settled = new LinkedHashMap<>();

  TestInitiator(InetSocketAddress portal) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(portal);
    framer.maxDataSegmentLength(0xffffff);
  }

  /// Logs in to a target in one request, without authentication.
  ///
  /// @param keys besides the names
  static TestInitiator loggedIn(InetSocketAddress portal, String target, Map<String, String> keys)
      throws IOException {
    var initiator = new TestInitiator(portal);
    var response = initiator.login(NAME, target, 0x400000000001L, 0, 1, keys);
    if (response.status() != 0) {
      initiator.close();
      throw new AssertionError("login: 0x%04x".formatted(response.status()));
    }
    return initiator;
  }

  /// Sends one Login Request that asks for the full feature phase, and receives the answer.
  ///
  /// @param target null for a discovery session
  LoginResponse login(
      String name, String target, long isid, int tsih, int cid, Map<String, String> keys)
      throws IOException {
    var pairs = new ArrayList<PduText.Pair>();
    pairs.add(new PduText.Pair("InitiatorName", name));
    pairs.add(new PduText.Pair("SessionType", target == null ? "Discovery" : "Normal"));
    if (target != null) {
      pairs.add(new PduText.Pair("TargetName", target));
    }
    keys.forEach((key, value) -> pairs.add(new PduText.Pair(key, value)));
    settled.putAll(keys);
    var request =
        LoginRequest.on(header())
            .transit(true)
            .currentStage(1)
            .nextStage(3)
            .isid(isid)
            .tsih(tsih)
            .cid(cid)
            .itt(nextItt++)
            .cmdSn(cmdSn)
            .expStatSn(expStatSn);
    request.immediate(true);
    send(request, PduText.encode(pairs));
    var response = receive(LoginResponse.class);
    if (response.status() == 0) {
      for (var pair : PduText.decode(bytes(response.data())).pairs()) {
        settled.put(pair.key(), pair.value());
      }
      this.tsih = response.tsih();
      boolean header = "CRC32C".equals(settled.get("HeaderDigest"));
      boolean data = "CRC32C".equals(settled.get("DataDigest"));
      writer.digests(header, data);
      framer.digests(header, data);
    }
    return response;
  }

  /// Room for a header of its own.
  static ByteBuf header() {
    return Unpooled.buffer(Bhs.LENGTH, Bhs.LENGTH).writerIndex(Bhs.LENGTH);
  }

  static byte[] bytes(ByteBuf data) {
    var bytes = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), bytes);
    return bytes;
  }

  // Requests, with their sequence numbers filled in

  /// A command without data; `cdb` in hex.
  ScsiCommand command(String cdb) {
    var command =
        ScsiCommand.on(header())
            .finalBit(true)
            .attribute(1)
            .itt(nextItt++)
            .cmdSn(cmdSn++)
            .expStatSn(expStatSn);
    command.bytes().setBytes(ScsiCommand.CDB, HexFormat.of().parseHex(cdb.replace(" ", "")));
    return command;
  }

  ScsiCommand read(String cdb, long expected) {
    return command(cdb).read(true).expectedDataLength(expected);
  }

  ScsiCommand write(String cdb, long expected) {
    return command(cdb).write(true).expectedDataLength(expected);
  }

  /// Data for a WRITE.
  ///
  /// @param ttt of the R2T that asked for it, or [Bhs#NO_TAG]
  DataOut dataOut(int itt, int ttt, int dataSn, long offset, boolean last) {
    return DataOut.on(header())
        .finalBit(last)
        .itt(itt)
        .ttt(ttt)
        .dataSn(dataSn)
        .bufferOffset(offset)
        .expStatSn(expStatSn);
  }

  TaskManagementRequest manage(int function, long lun, int referencedTag) {
    var request =
        TaskManagementRequest.on(header())
            .function(function)
            .lun(lun)
            .itt(nextItt++)
            .referencedTaskTag(referencedTag)
            .cmdSn(cmdSn)
            .expStatSn(expStatSn);
    request.immediate(true);
    return request;
  }

  NopOut nop() {
    return NopOut.on(header()).itt(nextItt++).ttt(Bhs.NO_TAG).cmdSn(cmdSn++).expStatSn(expStatSn);
  }

  TextRequest text() {
    return TextRequest.on(header())
        .finalBit(true)
        .itt(nextItt++)
        .ttt(Bhs.NO_TAG)
        .cmdSn(cmdSn++)
        .expStatSn(expStatSn);
  }

  LogoutRequest logout(int reason) {
    return LogoutRequest.on(header())
        .reason(reason)
        .itt(nextItt++)
        .cid(1)
        .cmdSn(cmdSn++)
        .expStatSn(expStatSn);
  }

  // Sending and receiving

  /// Sends a PDU; several become one write with [#send(List)].
  void send(RequestPdu pdu, byte... data) throws IOException {
    socket.getOutputStream().write(encode(pdu, data));
  }

  /// Sends bytes as they are.
  void send(byte[] bytes, int length) throws IOException {
    socket.getOutputStream().write(bytes, 0, length);
  }

  /// Sends what [#encode] made, in one write.
  void send(List<byte[]> pdus) throws IOException {
    var all = new ByteArrayOutputStream();
    pdus.forEach(all::writeBytes);
    socket.getOutputStream().write(all.toByteArray());
  }

  /// A PDU as the wire has it, with its digests.
  byte[] encode(Pdu pdu, byte... data) {
    var out = Unpooled.buffer(Bhs.LENGTH + data.length + 16);
    writer.append(out, pdu, Unpooled.wrappedBuffer(data));
    return bytes(out);
  }

  /// The next PDU of the target, of the kind expected; its StatSN is checked and taken over.
  <P extends ResponsePdu> P receive(Class<P> kind) throws IOException {
    var pdu = receive();
    if (!kind.isInstance(pdu)) {
      throw new AssertionError("expected %s, got %s".formatted(kind.getSimpleName(), pdu));
    }
    return kind.cast(pdu);
  }

  ResponsePdu receive() throws IOException {
    while (answers.isEmpty()) {
      int length = socket.getInputStream().read(chunk);
      if (length < 0) {
        throw new EOFException("the target closed the connection");
      }
      framer.feed(Unpooled.copiedBuffer(chunk, 0, length));
    }
    var pdu = answers.remove();
    follow(pdu);
    return pdu;
  }

  /// Checks that status comes without gap or repetition (RFC 7143 section 4.2.2.2).
  private void follow(ResponsePdu pdu) {
    boolean status =
        switch (pdu) {
          case NopIn it -> it.itt() != Bhs.NO_TAG;
          case DataIn it -> it.statusPresent();
          case R2t _ -> false;
          case LoginResponse it -> {
            expStatSn = it.statSn(); // the target begins where it likes
            yield true;
          }
          case ScsiResponse _,
              TaskManagementResponse _,
              TextResponse _,
              LogoutResponse _,
              AsyncMessage _,
              Reject _ ->
              true;
        };
    if (status) {
      int statSn = pdu.bytes().getInt(STAT_SN);
      if (statSn != expStatSn) {
        throw new AssertionError("StatSN %d, expected %d: %s".formatted(statSn, expStatSn, pdu));
      }
      expStatSn++;
    }
  }

  /// The data of a READ that ends GOOD with its last Data-In; checks DataSN and offsets.
  byte[] receiveData(int itt) throws IOException {
    var data = new ByteArrayOutputStream();
    for (int dataSn = 0; ; dataSn++) {
      var in = receive(DataIn.class);
      if (in.itt() != itt || in.dataSn() != dataSn || in.bufferOffset() != data.size()) {
        throw new AssertionError("DataSN %d expected: %s".formatted(dataSn, in));
      }
      data.writeBytes(bytes(in.data()));
      if (in.statusPresent()) {
        if (in.status() != 0) {
          throw new AssertionError("status " + in.status());
        }
        return data.toByteArray();
      }
    }
  }

  /// Reads until the target has closed the connection.
  ///
  /// @return what it still sent
  List<ResponsePdu> receiveUntilClosed() throws IOException {
    var last = new ArrayList<ResponsePdu>();
    try {
      while (true) {
        last.add(receive());
      }
    } catch (SocketTimeoutException patienceIsOver) {
      throw new AssertionError("the target keeps the connection open", patienceIsOver);
    } catch (IOException _) { // the end, or a reset
      return last;
    }
  }

  /// A ping and its answer: everything sent before has been handled.
  void sync() throws IOException {
    var ping = nop();
    send(ping);
    var answer = receive(NopIn.class);
    if (answer.itt() != ping.itt()) {
      throw new AssertionError("another's ping: " + answer);
    }
  }

  @Override
  public void close() throws IOException {
    framer.close();
    socket.close();
  }
}
