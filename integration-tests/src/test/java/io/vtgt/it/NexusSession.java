package io.vtgt.it;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.LoginResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.NopOut;
import io.vtgt.iscsi.pdu.PduFramer;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.PduWriter;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.RequestPdu;
import io.vtgt.iscsi.pdu.ResponsePdu;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/// A session of an initiator whose name and ISID the test chooses, which the programs at hand do
/// not let it, at unit 0: one blocking command at a time, or several by [#begin] and [#answer].
final class NexusSession implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  /// What every target takes in one PDU (MaxRecvDataSegmentLength, RFC 7143 section 13.12).
  private static final int SEGMENT_BYTES = 8192;

  private static final int UNIT_ATTENTION = 6, CHECK_CONDITION = 0x02;

  private final Socket socket;
  private final PduWriter writer = new PduWriter();
  private final Queue<ResponsePdu> answers = new ArrayDeque<>();
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
  private final Map<Integer, ByteArrayOutputStream> received = new HashMap<>();
  private final Map<Integer, byte[]> sending = new HashMap<>();
  private int cmdSn = 1, maxCmdSn, expStatSn, itt;
  private String sense = "";

  private NexusSession(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    framer.maxDataSegmentLength(0xffffff);
  }

  /// Logs in and takes the unit attentions of a new nexus.
  static NexusSession login(int port, String target, String initiator, long isid) {
    try {
      var session = new NexusSession(port);
      session.login(target, initiator, isid);
      while (session.run("00 00 00 00 00 00").equals("UNIT ATTENTION")) {
        // the next one, if there is
      }
      return session;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void login(String target, String initiator, long isid) throws IOException {
    var request =
        LoginRequest.on(header())
            .transit(true)
            .currentStage(1)
            .nextStage(3)
            .isid(isid)
            .cid(1)
            .itt(itt++)
            .cmdSn(cmdSn);
    request.immediate(true);
    send(
        request,
        PduText.encode(
            List.of(
                new PduText.Pair("InitiatorName", initiator),
                new PduText.Pair("SessionType", "Normal"),
                new PduText.Pair("TargetName", target))));
    var response = (LoginResponse) receive();
    if (response.status() != 0) {
      throw new AssertionError("login: 0x%04x".formatted(response.status()));
    }
    expStatSn = response.statSn() + 1;
    maxCmdSn = response.maxCmdSn();
  }

  /// Runs a command without data.
  String run(String cdb) {
    return run(cdb, 0, new byte[0]);
  }

  /// Runs a command that sends data.
  String write(String cdb, byte[] data) {
    return run(cdb, 0, data);
  }

  /// Runs a command that receives at most `length` bytes.
  String read(String cdb, int length) {
    return run(cdb, length, new byte[0]);
  }

  /// @return `GOOD` with the data in hex behind it where there is any, `RESERVATION CONFLICT`,
  ///   `UNIT ATTENTION`, or sense key and code in hex
  private String run(String cdb, int dataIn, byte[] dataOut) {
    try {
      int sent = begin(HexFormat.of().parseHex(cdb.replace(" ", "")), dataIn, dataOut);
      var answer = answer();
      if (answer.itt() != sent) {
        throw new AssertionError("an answer to %x instead of %x".formatted(answer.itt(), sent));
      }
      boolean data = dataIn > 0 && answer.told().equals("GOOD");
      return data ? "GOOD " + HexFormat.of().formatHex(answer.data()) : answer.told();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The end of a command.
  ///
  /// @param told as [#run] tells it, without the data
  /// @param data what was received
  record Answer(int itt, String told, byte[] data) {}

  /// Whether the target's window lets another command in.
  boolean windowOpen() {
    return maxCmdSn - cmdSn >= 0; // RFC 1982
  }

  /// Sends a command.
  ///
  /// @return its tag
  int begin(byte[] cdb, int dataIn, byte[] dataOut) throws IOException {
    int immediate = Math.min(dataOut.length, SEGMENT_BYTES);
    var command =
        ScsiCommand.on(header())
            .finalBit(true)
            .attribute(1)
            .read(dataIn > 0)
            .write(dataOut.length > 0)
            .expectedDataLength(dataIn + dataOut.length)
            .itt(itt++)
            .cmdSn(cmdSn++)
            .expStatSn(expStatSn);
    command.bytes().setBytes(ScsiCommand.CDB, cdb);
    received.put(command.itt(), new ByteArrayOutputStream());
    sending.put(command.itt(), dataOut);
    send(command, Arrays.copyOf(dataOut, immediate));
    return command.itt();
  }

  /// Receives until a command ends.
  Answer answer() throws IOException {
    while (true) {
      switch (receive()) {
        case DataIn in -> {
          received.get(in.itt()).writeBytes(ByteBufUtil.getBytes(in.data()));
          if (in.statusPresent()) {
            expStatSn = in.statSn() + 1;
            maxCmdSn = in.maxCmdSn();
            return ended(in.itt(), in.status() == 0 ? "GOOD" : "status in Data-In");
          }
        }
        case ScsiResponse response -> {
          expStatSn = response.statSn() + 1;
          maxCmdSn = response.maxCmdSn();
          return ended(response.itt(), told(response));
        }
        case R2t r2t -> send(r2t);
        case NopIn ping -> {
          maxCmdSn = ping.maxCmdSn();
          if (ping.ttt() != Bhs.NO_TAG) {
            var pong = NopOut.on(header()).lun(ping.lun()).itt(Bhs.NO_TAG).ttt(ping.ttt());
            pong.cmdSn(cmdSn).expStatSn(expStatSn).immediate(true);
            send(pong);
          }
        }
        case ResponsePdu other -> throw new EOFException("the target says " + other);
      }
    }
  }

  private Answer ended(int tag, String told) {
    sending.remove(tag);
    return new Answer(tag, told, received.remove(tag).toByteArray());
  }

  /// One burst.
  private void send(R2t r2t) throws IOException {
    byte[] all = sending.get(r2t.itt());
    int offset = (int) r2t.bufferOffset();
    int end = offset + (int) r2t.desiredLength();
    for (int dataSn = 0; offset < end; dataSn++) {
      int next = Math.min(end, offset + SEGMENT_BYTES);
      var data = DataOut.on(header()).lun(r2t.lun()).itt(r2t.itt()).ttt(r2t.ttt());
      data.expStatSn(expStatSn).dataSn(dataSn).bufferOffset(offset).finalBit(next == end);
      send(data, Arrays.copyOfRange(all, offset, next));
      offset = next;
    }
  }

  /// Sense key and code in hex that the last CHECK CONDITION had; empty before there was one.
  String sense() {
    return sense;
  }

  private String told(ScsiResponse response) {
    return switch (response.status()) {
      case 0x00 -> "GOOD";
      case CHECK_CONDITION -> {
        ByteBuf bytes = response.data(); // a length of two bytes, then fixed format
        int key = bytes.getByte(2 + 2) & 0xf;
        sense = "%x %04x".formatted(key, bytes.getUnsignedShort(2 + 12));
        yield key == UNIT_ATTENTION ? "UNIT ATTENTION" : sense;
      }
      case 0x18 -> "RESERVATION CONFLICT";
      default -> "status 0x%02x".formatted(response.status());
    };
  }

  private static ByteBuf header() {
    return Unpooled.buffer(Bhs.LENGTH, Bhs.LENGTH).writerIndex(Bhs.LENGTH);
  }

  private void send(RequestPdu pdu, byte... data) throws IOException {
    var out = Unpooled.buffer(Bhs.LENGTH + data.length + 16);
    writer.append(out, pdu, Unpooled.wrappedBuffer(data));
    socket.getOutputStream().write(ByteBufUtil.getBytes(out));
  }

  private ResponsePdu receive() throws IOException {
    var chunk = new byte[65536];
    while (answers.isEmpty()) {
      int length = socket.getInputStream().read(chunk);
      if (length < 0) {
        throw new EOFException("the target closed the connection");
      }
      framer.feed(Unpooled.copiedBuffer(chunk, 0, length));
    }
    return answers.remove();
  }

  /// Cuts the connection.
  @Override
  public void close() {
    try {
      framer.close();
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
