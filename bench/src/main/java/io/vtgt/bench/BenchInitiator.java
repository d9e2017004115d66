package io.vtgt.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.LoginResponse;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.PduFramer;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.ResponsePdu;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.iscsi.pdu.TextResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/// One session of the load generator: just enough of an initiator to read and write at full speed.
/// Everything but [#loggedIn] happens on its channel's event loop.
final class BenchInitiator extends ChannelInboundHandlerAdapter
    implements PduFramer.Sink<ResponsePdu> {
  private static final int BLOCK = 512;
  private static final int OUT_BYTES = 64 << 10;

  /// Up to here data is copied behind its header; longer data goes out from where it is.
  private static final int COPIED_BYTES = 8 << 10;

  private static final int FULL_FEATURE_PHASE = 3, OPERATIONAL = 1;

  private static final int RECEIVE_SEGMENT_LENGTH = 262_144;

  private final String target;
  private final long lun;
  private final Workload workload;
  private final long places;
  private final SplittableRandom random;
  private final CompletableFuture<Void> loggedIn = new CompletableFuture<>();
  private final PduFramer<ResponsePdu> framer = PduFramer.ofResponses(this);
  private final Map<String, String> negotiated = new HashMap<>();
  private final long[] sentNanos;
  private final ByteBuf payload;

  private ChannelHandlerContext context;
  private Histogram times = new Histogram(3);
  private ByteBuf out;
  private int cmdSn = 1, expStatSn;
  private long place;
  private boolean running;
  private String failure;
  private int sendSegmentLength, firstBurstLength;
  private boolean immediateData, initialR2t;

  /// @param seed addresses and the sequential start follow from it
  BenchInitiator(String target, int lun, Workload workload, long span, int seed) {
    this.target = target;
    this.lun = (long) lun << 48;
    this.workload = workload;
    this.places = span / workload.transferBytes();
    this.random = new SplittableRandom(seed);
    this.place = places / workload.sessions() * seed;
    this.sentNanos = new long[workload.queueDepth()];
    byte[] content = new byte[workload.transferBytes()];
    new SplittableRandom(seed).nextBytes(content);
    this.payload = Unpooled.directBuffer(content.length).writeBytes(content);
  }

  CompletableFuture<Void> loggedIn() {
    return loggedIn;
  }

  /// Fills the queue.
  void begin() {
    context.executor().execute(this::fill);
  }

  private void fill() {
    running = true;
    for (int slot = 0; slot < workload.queueDepth(); slot++) {
      command(slot);
    }
    flush();
  }

  void stop() {
    running = false;
  }

  void reset() {
    times = new Histogram(3);
  }

  Histogram times() {
    return times;
  }

  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    String keys =
        String.join(
            "\0",
            "InitiatorName=iqn.2026-11.io.vtgt:bench",
            "TargetName=" + target,
            "SessionType=Normal",
            "HeaderDigest=None",
            "DataDigest=None",
            "InitialR2T=No",
            "ImmediateData=Yes",
            "MaxRecvDataSegmentLength=" + RECEIVE_SEGMENT_LENGTH,
            "MaxBurstLength=1048576",
            "FirstBurstLength=262144",
            "MaxOutstandingR2T=1",
            "MaxConnections=1",
            "ErrorRecoveryLevel=0",
            "");
    login(keys.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    framer.feed((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    framer.close();
    if (out != null) {
      out.release();
      out = null;
    }
    payload.release();
    fail("the target closed the connection");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(cause.toString());
    var _ = ctx.close();
  }

  @Override
  public void fault(PduFramer.FramingFault fault) {
    fail(fault.message());
    var _ = context.close();
  }

  @Override
  public void pdu(ResponsePdu pdu) {
    switch (pdu) {
      case DataIn data -> {
        if (data.statusPresent()) {
          expStatSn = data.statSn() + 1;
          ended(data.itt(), data.status(), data.overflow() || data.underflow());
        }
      }
      case ScsiResponse response -> {
        expStatSn = response.statSn() + 1;
        ended(
            response.itt(),
            response.response() == 0 ? response.status() : 0xff,
            response.overflow() || response.underflow());
      }
      case R2t r2t ->
          dataOut(r2t.itt(), r2t.ttt(), (int) r2t.bufferOffset(), (int) r2t.desiredLength());
      case LoginResponse response -> login(response);
      case NopIn ping -> {
        if (ping.ttt() != Bhs.NO_TAG) {
          fail("the target pinged a session under load");
        }
      }
      case Reject reject -> fail("Reject, reason " + reject.reason());
      case AsyncMessage event -> fail("asynchronous event " + event.event());
      case TaskManagementResponse _, TextResponse _, LogoutResponse _ ->
          fail("an answer to nothing: opcode " + pdu.opcode());
    }
  }

  private void login(LoginResponse response) {
    expStatSn = response.statSn() + 1;
    if (response.status() != 0) {
      loggedIn.completeExceptionally(
          new IllegalStateException(
              "login refused, status 0x" + Integer.toHexString(response.status())));
      return;
    }
    for (String pair : response.data().toString(StandardCharsets.UTF_8).split("\0", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        negotiated.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    if (!response.transit() || response.nextStage() != FULL_FEATURE_PHASE) {
      login(new byte[0]);
      return;
    }
    sendSegmentLength =
        Integer.parseInt(negotiated.getOrDefault("MaxRecvDataSegmentLength", "8192"));
    firstBurstLength = Integer.parseInt(negotiated.getOrDefault("FirstBurstLength", "65536"));
    immediateData = !"No".equals(negotiated.get("ImmediateData"));
    initialR2t = !"No".equals(negotiated.get("InitialR2T"));
    framer.maxDataSegmentLength(RECEIVE_SEGMENT_LENGTH);
    loggedIn.complete(null);
  }

  private void login(byte[] text) {
    var request = LoginRequest.on(header());
    request
        .isid(0x80_0000_0000_00L | (System.identityHashCode(this) & 0xffffffL))
        .transit(true)
        .currentStage(OPERATIONAL)
        .nextStage(FULL_FEATURE_PHASE)
        .itt(0)
        .cmdSn(cmdSn)
        .expStatSn(expStatSn);
    request.bytes().setByte(0, LoginRequest.OPCODE | 0x40);
    request.bytes().setMedium(5, text.length);
    out.writeBytes(text).writeZero(Bhs.padding(text.length));
    flush();
  }

  /// Sends the next command in a free slot; its tag is the slot's number.
  private void command(int slot) {
    int length = workload.transferBytes();
    long at;
    if (workload.random()) {
      at = random.nextLong(places);
    } else {
      at = place;
      place = (place + 1) % places;
    }
    long lba = at * (length / BLOCK);
    int immediate = 0;
    boolean unsolicited = false;
    if (workload.write()) {
      int first = Math.min(length, firstBurstLength);
      immediate = immediateData ? Math.min(first, sendSegmentLength) : 0;
      unsolicited = !initialR2t && immediate < first;
    }

    var command = ScsiCommand.on(header());
    ByteBuf bytes = command.bytes();
    command
        .read(!workload.write())
        .write(workload.write())
        .attribute(1)
        .lun(lun)
        .itt(slot)
        .expectedDataLength(length)
        .cmdSn(cmdSn++)
        .expStatSn(expStatSn);
    bytes.setByte(1, (bytes.getByte(1) & 0x7f) | (unsolicited ? 0 : 0x80));
    bytes.setByte(ScsiCommand.CDB, workload.write() ? 0x2a : 0x28);
    bytes.setInt(ScsiCommand.CDB + 2, (int) lba);
    bytes.setShort(ScsiCommand.CDB + 7, length / BLOCK);
    bytes.setMedium(5, immediate);
    sentNanos[slot] = System.nanoTime();
    if (immediate > 0) {
      data(0, immediate);
    }
    if (unsolicited) {
      dataOut(slot, Bhs.NO_TAG, immediate, Math.min(length, firstBurstLength) - immediate);
    }
  }

  /// One burst of Data-Out.
  private void dataOut(int itt, int ttt, int offset, int length) {
    int end = offset + length;
    for (int dataSn = 0; offset < end; dataSn++) {
      int piece = Math.min(sendSegmentLength, end - offset);
      var data = DataOut.on(header());
      ByteBuf bytes = data.bytes();
      data.lun(lun).itt(itt).ttt(ttt).expStatSn(expStatSn).dataSn(dataSn).bufferOffset(offset);
      bytes.setByte(1, offset + piece == end ? 0x80 : 0);
      bytes.setMedium(5, piece);
      data(offset, piece);
      offset += piece;
    }
  }

  /// A part of the payload goes out behind the header.
  private void data(int offset, int length) {
    if (length <= COPIED_BYTES) {
      out.writeBytes(payload, offset, length);
    } else {
      var _ = context.write(out.readRetainedSlice(out.readableBytes()), context.voidPromise());
      var _ = context.write(payload.retainedSlice(offset, length), context.voidPromise());
    }
  }

  private void ended(int slot, int status, boolean residual) {
    times.recordValue(System.nanoTime() - sentNanos[slot]);
    if (status != 0 || residual) {
      // A new session's first command meets its unit attention: sent again, not counted as a fault.
      if (status == 2 && cmdSn <= 2 * workload.queueDepth() + 2) {
        command(slot);
        return;
      }
      fail("status 0x" + Integer.toHexString(status) + (residual ? " with a residual" : ""));
      return;
    }
    if (running) {
      command(slot);
    }
  }

  private void fail(String why) {
    if (running && failure == null) {
      failure = why;
    }
    loggedIn.completeExceptionally(new IllegalStateException(why));
  }

  /// 48 more bytes at the end of what goes out next.
  private ByteBuf header() {
    if (out != null && out.writableBytes() < Bhs.LENGTH + COPIED_BYTES) {
      var _ = context.write(out, context.voidPromise());
      out = null;
    }
    if (out == null) {
      out = context.alloc().directBuffer(OUT_BYTES);
    }
    int at = out.writerIndex();
    out.writeZero(Bhs.LENGTH);
    return out.slice(at, Bhs.LENGTH);
  }

  private void flush() {
    if (out != null) {
      ByteBuf ready = out;
      out = null;
      var _ = context.writeAndFlush(ready, context.voidPromise());
    }
  }
}
