package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vtgt.iscsi.ConnectionState.Event;
import io.vtgt.iscsi.login.LoginExchange;
import io.vtgt.iscsi.login.LoginStatus;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.LoginResponse;
import io.vtgt.iscsi.pdu.PduFramer;
import io.vtgt.iscsi.pdu.PduFramer.FramingFault;
import io.vtgt.iscsi.pdu.RequestPdu;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One TCP connection of an initiator: the login, then the way of every PDU to and from its
/// session, and the watch over a silent peer. Touched on its event loop only, but for addresses.
///
/// Whatever comes, it costs this connection at most, with one line in the log.
final class Connection implements PipelineAdapter.Events, PduFramer.Sink<RequestPdu> {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /// How long a peer whose connection we end may take to end it too.
  private static final long LINGER_MILLIS = 2000;

  /// How often tasks that do not move are looked for, at most.
  private static final long SWEEP_MILLIS = 1000;

  /// How long our last words to a peer that is in the wrong may take.
  private static final long LAST_WORDS_MILLIS = 200;

  private final IscsiService service;
  private final PipelineAdapter socket;
  private final int portalGroup;
  private final InetSocketAddress remoteAddress, localAddress;
  private final Counter.Tally tally = new Counter.Tally();
  private final Output output;
  private final PduFramer<RequestPdu> framer = PduFramer.ofRequests(this);
  private final List<Long> timers = new ArrayList<>();

  private ConnectionState state = ConnectionState.XPT_UP;
  private int statSn = 1;

  /// The end is near: what comes is dropped.
  private boolean closing;

  // Login
  private LoginExchange exchange;
  private LoginRequestId first;
  private boolean loginEnds;

  /// What all Login Requests of one login have in common.
  private record LoginRequestId(long isid, int tsih, int cid, int cmdSn) {}

  // Full feature phase
  private Session session;
  private boolean heard;
  private int pingTtt = Bhs.NO_TAG;
  private int lastPingTtt;

  Connection(IscsiService service, PipelineAdapter socket, int portalGroup) {
    this.service = service;
    this.socket = socket;
    this.portalGroup = portalGroup;
    remoteAddress = socket.remoteAddress();
    localAddress = socket.localAddress();
    output = new Output(socket, tally);
  }

  /// The socket has been accepted: the initiator has so long to log in.
  void open() {
    log.debug("{}: accepted", this);
    long timeoutMillis = service.gateway().settings().loginTimeoutMillis();
    setTimer(
        timeoutMillis,
        () -> {
          if (session == null || loginEnds) {
            close("no login within %d ms".formatted(timeoutMillis));
          }
        });
  }

  // What comes

  @Override
  public void received(ByteBuf bytes) {
    if (closing) {
      bytes.release();
      return;
    }
    heard = true;
    tally.add(Counter.RX_BYTES, bytes.readableBytes());
    output.readBegins();
    framer.feed(bytes);
  }

  @Override
  public void receivedAll() {
    output.readEnds();
  }

  @Override
  public void writabilityChanged() {
    if (!closing) {
      socket.reading(socket.writable());
    }
  }

  @Override
  public void pdu(RequestPdu pdu) {
    if (closing) {
      return;
    }
    tally.add(Counter.RX_PDUS, 1);
    if (log.isTraceEnabled()) {
      log.trace("{}: {}", this, pdu);
    }
    if (session != null && !loginEnds) {
      session.accept(pdu);
    } else if (loginEnds) {
      close("a PDU came before the last Login Response");
    } else if (pdu instanceof LoginRequest request) {
      login(request);
    } else {
      close("expected a Login Request, got opcode 0x%x".formatted(pdu.opcode()));
    }
  }

  @Override
  public void fault(FramingFault fault) {
    if (closing) {
      return;
    }
    if (fault.kind() == FramingFault.Kind.HEADER_DIGEST
        || fault.kind() == FramingFault.Kind.DATA_DIGEST) {
      tally.add(Counter.DIGEST_ERRORS, 1);
    }
    if (session == null || loginEnds) {
      close("not a login: " + fault.message());
    } else if (fault.connectionLost()) {
      if (fault.kind() == FramingFault.Kind.TOO_LONG) {
        session.reject(fault.header(), RejectReason.PROTOCOL_ERROR, fault.message());
      }
      close(fault.message());
    } else {
      session.damaged(fault.header(), reason(fault.kind()), fault.message());
    }
  }

  private static RejectReason reason(FramingFault.Kind kind) {
    return switch (kind) {
      case DATA_DIGEST -> RejectReason.DATA_DIGEST_ERROR;
      case UNKNOWN_OPCODE -> RejectReason.COMMAND_NOT_SUPPORTED;
      case TOO_LONG, INVALID_FIELD -> RejectReason.INVALID_PDU_FIELD;
      case HEADER_DIGEST -> throw new AssertionError(kind); // the connection is lost
    };
  }

  @Override
  public void failed(Throwable bug) {
    log.error("{}: closed after an error of ours", this, bug);
    close("an error of ours");
  }

  // Login

  private void login(LoginRequest request) {
    var id = new LoginRequestId(request.isid(), request.tsih(), request.cid(), request.cmdSn());
    if (first == null) {
      enter(Event.LOGIN_REQUEST);
      first = id;
      exchange =
          new LoginExchange(
              service.gateway().loginPolicy(),
              remoteAddress.getAddress(),
              portalGroup,
              service.random());
    } else if (id.isid() != first.isid() || id.tsih() != first.tsih() || id.cid() != first.cid()) {
      refuse(request, LoginStatus.INITIATOR_ERROR, "ISID, TSIH or CID changed during the login");
      return;
    }
    if (first.tsih() != 0) {
      var live = service.table().find(first.tsih());
      if (live.isEmpty() || live.get().isid() != first.isid()) {
        refuse(
            request,
            LoginStatus.SESSION_DOES_NOT_EXIST,
            "no session with tsih 0x%x".formatted(first.tsih()));
        return;
      }
      if (live.get().cid() != first.cid()) { // MaxConnections=1
        refuse(request, LoginStatus.TOO_MANY_CONNECTIONS, "a second connection for " + live.get());
        return;
      }
    }
    var answer = exchange.on(request);
    if (answer.status() != LoginStatus.SUCCESS) {
      respond(request.itt(), answer, 0);
      if (answer.status().redirects()) {
        closeGently(answer.why());
      } else {
        refused(answer.status(), answer.why());
      }
    } else if (answer.outcome().isPresent()) {
      logIn(request, answer, answer.outcome().get());
    } else {
      respond(request.itt(), answer, 0);
    }
  }

  /// The negotiation ended well: takes a place among the sessions, waits until a predecessor is
  /// gone, and answers.
  private void logIn(
      LoginRequest request, LoginExchange.Answer answer, LoginExchange.Outcome outcome) {
    var name = outcome.visitor().targetName();
    Optional<TargetPort> target = name.flatMap(service::target);
    if (name.isPresent() && target.isEmpty()) {
      refuse(request, LoginStatus.NOT_FOUND, "no target " + name.get());
      return;
    }
    var candidate =
        new Session(
            service, this, service.nextSerial(), outcome, first.isid(), first.cid(), target);
    if (first.tsih() != 0
        && !service
            .table()
            .find(first.tsih())
            .map(live -> live.key().equals(candidate.key()))
            .orElse(false)) {
      refuse(
          request,
          LoginStatus.SESSION_DOES_NOT_EXIST,
          "tsih 0x%x is another's session".formatted(first.tsih()));
      return;
    }
    switch (candidate.enter(first.tsih(), first.cmdSn())) {
      case SessionTable.Full(var sessions) ->
          refuse(
              request, LoginStatus.OUT_OF_RESOURCES, sessions + " sessions, and no more allowed");
      case SessionTable.Entered(var tsih, var predecessor, var predecessorEnded) -> {
        session = candidate;
        loginEnds = true;
        int itt = request.itt();
        predecessor.ifPresent(it -> log.info("{}: waits for the end of {}", this, it));
        predecessorEnded.onComplete(
            _ -> candidate.later(() -> loggedIn(itt, answer, outcome, tsih)));
      }
    }
  }

  private void loggedIn(
      int itt, LoginExchange.Answer answer, LoginExchange.Outcome outcome, int tsih) {
    if (closing) {
      return;
    }
    loginEnds = false;
    enter(Event.LOGIN_DONE);
    respond(itt, answer, tsih);
    var parameters = outcome.parameters();
    output.digests(parameters.headerDigest(), parameters.dataDigest());
    framer.digests(parameters.headerDigest(), parameters.dataDigest());
    framer.maxDataSegmentLength(parameters.receiveSegmentLength());
    session.begin();
    watch();
    long patience = session.patience().slowMillis();
    sweepLater(Math.clamp(patience / 4, 1, SWEEP_MILLIS));
  }

  private void sweepLater(long millis) {
    setTimer(
        millis,
        () -> {
          session.sweep(millis);
          if (!closing) {
            sweepLater(millis);
          }
        });
  }

  private void respond(int itt, LoginExchange.Answer answer, int tsih) {
    var response =
        LoginResponse.on(output.header())
            .status(answer.status().code)
            .transit(answer.transit())
            .continues(answer.continues())
            .currentStage(answer.currentStage())
            .isid(first.isid())
            .tsih(answer.outcome().isPresent() ? tsih : first.tsih())
            .itt(itt);
    if (answer.transit()) {
      response.nextStage(answer.nextStage());
    }
    send(response, answer.text());
  }

  private void refuse(LoginRequest request, LoginStatus status, String why) {
    send(
        LoginResponse.on(output.header())
            .status(status.code)
            .currentStage(request.currentStage())
            .isid(request.isid())
            .tsih(request.tsih())
            .itt(request.itt()),
        new byte[0]);
    refused(status, why);
  }

  private void refused(LoginStatus status, String why) {
    log.warn("{}: login refused, {}: {}", this, status, why);
    endGently();
  }

  private void send(LoginResponse response, byte[] text) {
    int expected = session == null ? first.cmdSn() : session.window().expected();
    int max = session == null ? first.cmdSn() : session.window().max();
    response.statSn(nextStatSn()).expCmdSn(expected).maxCmdSn(max);
    output.send(response, Unpooled.wrappedBuffer(text));
  }

  // Keepalive

  /// Pings a silent initiator, and ends the connection of a dead one.
  private void watch() {
    var settings = service.gateway().settings();
    if (settings.nopIntervalMillis() > 0) {
      heard = true;
      setTimer(settings.nopIntervalMillis(), () -> tick(settings));
    }
  }

  private void tick(Gateway.Settings settings) {
    if (heard || !state.fullFeature()) {
      heard = false;
      setTimer(settings.nopIntervalMillis(), () -> tick(settings));
      return;
    }
    lastPingTtt = lastPingTtt + 1 == Bhs.NO_TAG ? 1 : lastPingTtt + 1;
    pingTtt = lastPingTtt;
    session.ping(pingTtt);
    setTimer(settings.nopTimeoutMillis(), () -> pinged(settings));
  }

  private void pinged(Gateway.Settings settings) {
    if (heard) { // the answer, or other proof of life
      heard = false;
      setTimer(settings.nopIntervalMillis(), () -> tick(settings));
    } else {
      close("no answer to a ping within %d ms".formatted(settings.nopTimeoutMillis()));
    }
  }

  /// A NOP-Out came that answers a ping of ours, or nobody's.
  void pingAnswered(int ttt) {
    if (ttt == pingTtt) {
      pingTtt = Bhs.NO_TAG;
    } else if (ttt != Bhs.NO_TAG) {
      log.debug("{}: an answer to no ping of ours, ttt 0x{}", this, Integer.toHexString(ttt));
    }
  }

  // The end

  void logoutBegins() {
    enter(Event.LOGOUT_REQUEST);
  }

  void logoutAskedFor() {
    enter(Event.LOGOUT_ASKED_FOR);
  }

  /// Lets what is queued arrive, then ends the connection.
  void closeGently(String why) {
    if (closing) {
      return;
    }
    log.info("{}: {}", this, why);
    endGently();
  }

  private void endGently() {
    output.flush();
    leave();
    socket.reading(true); // to see the peer's end
    socket.endOutput();
    socket.setTimer(LINGER_MILLIS, socket::close);
  }

  /// Ends the connection at once. Any thread but the event loop's posts it there.
  void close(String why) {
    if (closing) {
      return;
    }
    log.warn("{}: closed: {}", this, why);
    output.flush();
    leave();
    socket.closeAfterWrites(LAST_WORDS_MILLIS);
  }

  /// The gateway stops: who has not logged in yet need not go on.
  void closeUnlessLoggedIn() {
    if (session == null || loginEnds) {
      close("the gateway stops");
    }
  }

  @Override
  public void closed() {
    if (!closing) {
      log.info("{}: the initiator closed the connection", this);
      leave();
    }
  }

  private void leave() {
    closing = true;
    output.end();
    framer.close();
    timers.forEach(socket::cancelTimer);
    timers.clear();
    enter(Event.TRANSPORT_LOST);
    service.left(this);
    if (session != null) {
      session.lost();
    }
  }

  void cleanedUp() {
    enter(Event.CLEANED_UP);
  }

  /// Runs `action` on the event loop, unless the connection ends before.
  void setTimer(long delayMillis, Runnable action) {
    var id = new long[1];
    id[0] =
        socket.setTimer(
            delayMillis,
            () -> {
              timers.remove(id[0]);
              if (!closing) {
                action.run();
              }
            });
    timers.add(id[0]);
  }

  // For its session

  ConnectionState state() {
    return state;
  }

  private void enter(Event event) {
    var next = state.on(event);
    if (next != state) {
      log.debug("{}: {} to {} by {}", this, state, next, event);
      state = next;
    }
  }

  /// The StatSN of the next answer that carries status.
  int statSn() {
    return statSn;
  }

  int nextStatSn() {
    return statSn++;
  }

  Output output() {
    return output;
  }

  ByteBufAllocator alloc() {
    return socket.alloc();
  }

  Context context() {
    return socket.context();
  }

  boolean onEventLoop() {
    return socket.onEventLoop();
  }

  Counter.Tally tally() {
    return tally;
  }

  InetSocketAddress remoteAddress() {
    return remoteAddress;
  }

  InetSocketAddress localAddress() {
    return localAddress;
  }

  /// `ADDR:PORT`, an IPv6 address in brackets.
  static String print(InetSocketAddress address) {
    var text = address.getAddress().getHostAddress();
    return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + address.getPort();
  }

  @Override
  public String toString() {
    return session == null ? print(remoteAddress) : session.toString();
  }
}
