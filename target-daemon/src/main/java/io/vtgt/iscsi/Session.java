package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.iscsi.login.LoginExchange;
import io.vtgt.iscsi.login.SessionParameters;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.LogoutRequest;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.NopOut;
import io.vtgt.iscsi.pdu.Reject;
import io.vtgt.iscsi.pdu.RequestPdu;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.SnackRequest;
import io.vtgt.iscsi.pdu.TaskManagementRequest;
import io.vtgt.iscsi.pdu.TextRequest;
import io.vtgt.scsi.Sense;
import io.vtgt.target.Lun;
import io.vtgt.target.Nexus;
import io.vtgt.target.NexusTransport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// A session in its full feature phase, over its one connection: puts requests in the order of
/// their CmdSN, answers those that are the transport's own, hands the others on.
///
/// Touched on the connection's event loop only, but for what [NexusTransport] and the session table
/// say.
final class Session implements NexusTransport {
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  /// Where Reject and Asynchronous Message have the tag of no task.
  private static final int ITT = 16;

  /// Rejects of one session that the log tells as warnings; the counter has all.
  private static final int REJECTS_TOLD = 10;

  private static final int ASYNC_SCSI_EVENT = 0,
      ASYNC_LOGOUT_REQUESTED = 1,
      ASYNC_SESSION_DROPPED = 3;
  private static final int LOGOUT_CLOSES_SESSION = 0,
      LOGOUT_CLOSES_CONNECTION = 1,
      LOGOUT_FOR_RECOVERY = 2;
  private static final int LOGGED_OUT = 0,
      CID_NOT_FOUND = 1,
      RECOVERY_NOT_SUPPORTED = 2,
      CLEANUP_FAILED = 3;

  /// A request that came before its turn, copied.
  private record Kept(RequestPdu pdu, int bytes) {
    void release() {
      pdu.bytes().release();
      pdu.data().release();
    }
  }

  private final IscsiService service;
  private final Connection connection;
  private final Output output;
  private final long serial;
  private final LoginExchange.Outcome outcome;
  private final long isid;
  private final int cid;
  private final long sinceEpochMillis;
  private final Optional<TargetPort> target;
  private final Optional<SessionTable.Key> key;
  private final Nexus nexus;
  private final TaskSet tasks;
  private final TaskManagement management;
  private final TextNegotiation text;

  /// Completed with the end of the last task.
  private final Promise<Void> ended = Promise.promise();

  private volatile int tsih;
  private CommandWindow<Kept> window;
  private Future<Void> predecessorEnded = Future.succeededFuture();
  private volatile int sendSegmentLength;
  private Future<Boolean> tasksEnd;
  private boolean attached;
  private boolean lost;

  Session(
      IscsiService service,
      Connection connection,
      long serial,
      LoginExchange.Outcome outcome,
      long isid,
      int cid,
      Optional<TargetPort> target) {
    this.service = service;
    this.connection = connection;
    this.serial = serial;
    this.outcome = outcome;
    this.isid = isid;
    this.cid = cid;
    this.target = target;
    sinceEpochMillis = System.currentTimeMillis();
    output = connection.output();
    sendSegmentLength = outcome.parameters().sendSegmentLength();
    var visitor = outcome.visitor();
    key =
        visitor
            .targetName()
            .map(
                name ->
                    new SessionTable.Key(
                        visitor.initiatorName(), isid, name, visitor.portalGroup()));
    nexus =
        new Nexus(
            new Nexus.Id(
                visitor.initiatorName(),
                isid,
                visitor.targetName().orElse(""),
                visitor.portalGroup()),
            visitor.address(),
            connection.context(),
            this);
    tasks = new TaskSet(this, target.orElse(null), output, service.dataBudget()); // null: discovery
    management = new TaskManagement(this, target.orElse(null), tasks);
    text = new TextNegotiation(this, service.gateway(), connection);
  }

  // Begin and end

  /// Takes its place in the table; the future completes when nothing of a predecessor is left.
  ///
  /// @param wantedTsih of the session whose connection is replaced, or 0
  /// @param firstCmdSn the CmdSN of the login
  SessionTable.Entry enter(int wantedTsih, int firstCmdSn) {
    var settings = service.gateway().settings();
    var entry = service.table().enter(this, key, wantedTsih, settings.maxSessions());
    if (entry instanceof SessionTable.Entered(var given, var predecessor, var end)) {
      tsih = given;
      predecessorEnded = end;
      window = new CommandWindow<>(firstCmdSn, settings.commandWindow());
    }
    return entry;
  }

  /// The full feature phase begins.
  void begin() {
    target.ifPresent(it -> it.attach(nexus));
    attached = true;
    log.info(
        "{}: logged in {}, tsih 0x{}",
        this,
        target.map(it -> "to " + it.name()).orElse("for discovery"),
        Integer.toHexString(tsih));
  }

  /// The connection is gone: ends what is under way.
  void lost() {
    if (lost) {
      return;
    }
    lost = true;
    text.reset();
    if (window != null) {
      window.removeKept(_ -> true).forEach(this::drop);
    }
    endTasks().compose(_ -> predecessorEnded).onComplete(_ -> later(this::cleanedUp));
  }

  /// Ends all tasks. What the store has not answered in time goes on in quarantine, where nobody
  /// sees or overwrites what it may still change: so the session's end can be told without waiting
  /// for a store that hangs, and an initiator that comes back reaches its other units.
  ///
  /// @return whether everything has landed
  private Future<Boolean> endTasks() {
    if (tasksEnd != null) { // by a logout, before the connection went
      return tasksEnd;
    }
    Promise<Boolean> ended = Promise.promise();
    tasksEnd = ended.future();
    var timer =
        context()
            .owner()
            .setTimer(
                patience().sessionEndMillis(),
                _ -> {
                  if (!ended.future().isComplete()) {
                    log.warn("{}: ends while the store still works for its tasks", this);
                    target.ifPresent(it -> it.abandon(nexus));
                    ended.tryComplete(false);
                  }
                });
    tasks
        .abort(OptionalLong.empty(), _ -> true, false)
        .onComplete(
            _ -> {
              context().owner().cancelTimer(timer);
              ended.tryComplete(true);
            });
    return ended.future();
  }

  private void cleanedUp() {
    try {
      if (attached) {
        target.ifPresent(it -> it.detach(nexus));
      }
    } catch (RuntimeException bug) {
      log.error("{}: detach failed", this, bug);
    }
    service.table().leave(this, key);
    connection.cleanedUp();
    ended.complete();
  }

  /// Completes when the session has ended and none of its tasks is under way.
  Future<Void> ended() {
    return ended.future();
  }

  // What the SCSI side asks for, on any thread

  @Override
  public Future<Void> abortTasks(OptionalLong lun, boolean tellTaskAborted) {
    return onLoop(
        () -> {
          if (window != null) {
            window
                .removeKept(
                    kept ->
                        kept.pdu() instanceof ScsiCommand command
                            && (lun.isEmpty() || lun.getAsLong() == Lun.canonical(command.lun())))
                .forEach(this::drop);
            deliverKept();
          }
          return tasks.abort(lun, _ -> true, tellTaskAborted);
        });
  }

  @Override
  public Future<Void> begunTasksOver(long lun) {
    return onLoop(() -> tasks.begunOver(lun));
  }

  @Override
  public Future<Void> abortTasksBeside(long lun, int tag) {
    return onLoop(() -> tasks.abort(OptionalLong.of(lun), task -> task.tag() != tag, false));
  }

  @Override
  public void scsiEvent(long lun, Sense sense) {
    later(
        () -> {
          if (connection.state().fullFeature()) {
            byte[] encoded = sense.encode(false);
            var data =
                Unpooled.buffer(2 + encoded.length).writeShort(encoded.length).writeBytes(encoded);
            output.send(async(ASYNC_SCSI_EVENT).lun(lun), data);
          }
        });
  }

  @Override
  public Future<Void> end(String why) {
    later(
        () -> {
          if (connection.state().fullFeature()) {
            output.send(async(ASYNC_SESSION_DROPPED));
          }
          connection.close(why);
        });
    return ended();
  }

  /// Asks the initiator to log out, and ends the session when it has not done so in time.
  Future<Void> retire(String why, long graceMillis) {
    later(
        () -> {
          if (!connection.state().fullFeature() || target.isEmpty() || graceMillis == 0) {
            end(why);
            return;
          }
          log.info("{}: asked to log out: {}", this, why);
          connection.logoutAskedFor();
          int seconds = Math.clamp((graceMillis + 999) / 1000, 1, 0xffff);
          output.send(async(ASYNC_LOGOUT_REQUESTED).parameter3(seconds));
          connection.setTimer(graceMillis, () -> end(why));
        });
    return ended();
  }

  private AsyncMessage async(int event) {
    var message =
        AsyncMessage.on(output.header())
            .event(event)
            .statSn(nextStatSn())
            .expCmdSn(window.expected())
            .maxCmdSn(window.max());
    message.bytes().setInt(ITT, Bhs.NO_TAG);
    return message;
  }

  // Requests, in order

  /// Takes a request of the full feature phase, borrowed.
  void accept(RequestPdu pdu) {
    switch (pdu) {
      case ScsiCommand command -> order(command, command.cmdSn());
      case DataOut data -> tasks.accept(data, false);
      case NopOut ping -> order(ping, ping.cmdSn());
      case TaskManagementRequest request -> order(request, request.cmdSn());
      case TextRequest request -> order(request, request.cmdSn());
      case LogoutRequest request -> order(request, request.cmdSn());
      case SnackRequest snack ->
          reject(snack, RejectReason.SNACK_REJECT, "SNACK at ErrorRecoveryLevel 0");
      case LoginRequest login -> {
        reject(login, RejectReason.PROTOCOL_ERROR, "a login after the login");
        connection.close("a Login Request came in the full feature phase");
      }
    }
  }

  private void order(RequestPdu pdu, int cmdSn) {
    if (pdu.immediate()) {
      act(pdu);
      return;
    }
    switch (window.place(cmdSn)) {
      case NOW -> {
        act(pdu);
        if (window.keptCount() > 0) {
          deliverKept();
        }
      }
      case LATER -> {
        var kept =
            new Kept(
                RequestPdu.of(pdu.opcode(), pdu.bytes().copy(), pdu.data().copy()),
                pdu.bytes().readableBytes() + pdu.data().readableBytes());
        service.dataBudget().force(kept.bytes());
        window.keep(cmdSn, kept);
        log.debug("{}: CmdSN {} before {}", this, cmdSn, window.expected());
      }
      case OUTSIDE -> {
        tally().add(Counter.IGNORED_COMMANDS, 1);
        log.debug(
            "{}: ignored CmdSN {}, expected {} to {}",
            this,
            Integer.toUnsignedString(cmdSn),
            Integer.toUnsignedString(window.expected()),
            Integer.toUnsignedString(window.max()));
      }
    }
  }

  /// Acts on what was kept and whose turn has come.
  void deliverKept() {
    for (var kept = window.next(); kept != null; kept = window.next()) {
      try {
        if (!lost) {
          act(kept.pdu());
        }
      } finally {
        drop(kept);
      }
    }
    windowOpens();
  }

  private void drop(Kept kept) {
    service.dataBudget().give(kept.bytes());
    kept.release();
  }

  private void act(RequestPdu pdu) {
    if (!connection.state().fullFeature()) {
      return; // a logout is under way
    }
    if (!(pdu instanceof ScsiCommand)) {
      windowOpens(); // its place is free again at once
    }
    if (target.isEmpty()
        && !(pdu instanceof TextRequest || pdu instanceof LogoutRequest || pdu instanceof NopOut)) {
      // RFC 7143 section 4.3: a discovery session knows SendTargets and logout
      refuse(pdu, RejectReason.COMMAND_NOT_SUPPORTED, "not in a discovery session");
      return;
    }
    switch (pdu) {
      case ScsiCommand command -> tasks.begin(command);
      case NopOut ping -> answer(ping);
      case TaskManagementRequest request -> management.begin(request);
      case TextRequest request -> text.accept(request);
      case LogoutRequest request -> logout(request);
      case DataOut _, SnackRequest _, LoginRequest _ -> throw new AssertionError(pdu);
    }
  }

  // What is the transport's own

  private void answer(NopOut ping) {
    if (ping.itt() == Bhs.NO_TAG) {
      connection.pingAnswered(ping.ttt());
      return;
    }
    int length = Math.min(ping.data().readableBytes(), sendSegmentLength);
    output.send(
        NopIn.on(output.header())
            .itt(ping.itt())
            .ttt(Bhs.NO_TAG)
            .statSn(nextStatSn())
            .expCmdSn(window.expected())
            .maxCmdSn(window.max()),
        ping.data().slice(ping.data().readerIndex(), length));
  }

  /// Looks after tasks that do not move.
  ///
  /// @param sweepMillis since it was called last
  void sweep(long sweepMillis) {
    if (tasks.sweep(sweepMillis)) {
      connection.close(
          "a WRITE waits for its data for %d ms".formatted(patience().dataOutMillis()));
      return;
    }
    int max = window.max();
    windowOpens();
    if (window.max() != max) { // nothing else may tell the initiator
      ping(Bhs.NO_TAG);
    }
  }

  /// Sends a NOP-In.
  ///
  /// @param ttt with one it wants an answer
  void ping(int ttt) {
    output.send(
        NopIn.on(output.header())
            .itt(Bhs.NO_TAG)
            .ttt(ttt)
            .statSn(statSn())
            .expCmdSn(window.expected())
            .maxCmdSn(window.max()));
  }

  private void logout(LogoutRequest request) {
    int itt = request.itt();
    switch (request.reason()) {
      case LOGOUT_CLOSES_SESSION -> logOut(itt);
      case LOGOUT_CLOSES_CONNECTION -> {
        if (request.cid() == cid) {
          logOut(itt);
        } else {
          logoutResponse(itt, CID_NOT_FOUND);
        }
      }
      case LOGOUT_FOR_RECOVERY -> logoutResponse(itt, RECOVERY_NOT_SUPPORTED);
      default ->
          refuse(
              request,
              RejectReason.INVALID_PDU_FIELD,
              "unknown reason %d of a logout".formatted(request.reason()));
    }
  }

  private void logOut(int itt) {
    connection.logoutBegins();
    window.removeKept(_ -> true).forEach(this::drop);
    endTasks()
        .onComplete(
            landed ->
                later(
                    () -> {
                      logoutResponse(itt, landed.result() ? LOGGED_OUT : CLEANUP_FAILED);
                      connection.closeGently("logged out");
                    }));
  }

  private void logoutResponse(int itt, int response) {
    output.send(
        LogoutResponse.on(output.header())
            .itt(itt)
            .response(response)
            .statSn(nextStatSn())
            .expCmdSn(window.expected())
            .maxCmdSn(window.max()));
  }

  // Refusals

  /// Rejects a PDU.
  ///
  /// @param pdu borrowed; its header goes back with the Reject
  void reject(RequestPdu pdu, RejectReason reason, String why) {
    reject(pdu.bytes(), reason, why);
  }

  /// Rejects a PDU whose turn in the CmdSN order has been taken.
  private void refuse(RequestPdu pdu, RejectReason reason, String why) {
    reject(pdu.bytes(), reason, why);
  }

  /// @param header 48 bytes or more, borrowed
  void reject(ByteBuf header, RejectReason reason, String why) {
    tally().add(Counter.REJECTS, 1);
    windowOpens();
    long rejects = tally().of(Counter.REJECTS);
    log.atLevel(rejects <= REJECTS_TOLD ? Level.WARN : Level.DEBUG)
        .log(
            "{}: rejected, {}: {} (opcode 0x{}, itt 0x{}){}",
            this,
            reason,
            why,
            Integer.toHexString(Bhs.opcode(header)),
            Integer.toHexString(header.getInt(ITT)),
            rejects == REJECTS_TOLD ? "; no more of this session is told" : "");
    var reject =
        Reject.on(output.header())
            .reason(reason.code)
            .statSn(nextStatSn())
            .expCmdSn(window.expected())
            .maxCmdSn(window.max());
    reject.bytes().setInt(ITT, Bhs.NO_TAG);
    output.send(reject, header.slice(0, Bhs.LENGTH));
  }

  /// A PDU came that must not be acted on. Its CmdSN counts as received: RFC 7143 section 7.3 wants
  /// a gap and the initiator to fill it, which those we know do not; they would wait for ever.
  ///
  /// @param header 48 bytes, borrowed
  void damaged(ByteBuf header, RejectReason reason, String why) {
    var pdu = RequestPdu.of(Bhs.opcode(header), header, Unpooled.EMPTY_BUFFER);
    if (pdu == null) {
      reject(header, reason, why);
      return;
    }
    switch (pdu) {
      case ScsiCommand it -> plug(it, it.cmdSn());
      case NopOut it -> plug(it, it.cmdSn());
      case TaskManagementRequest it -> plug(it, it.cmdSn());
      case TextRequest it -> plug(it, it.cmdSn());
      case LogoutRequest it -> plug(it, it.cmdSn());
      case DataOut _, SnackRequest _, LoginRequest _ -> {}
    }
    reject(header, reason, why);
    if (pdu instanceof DataOut data) {
      tasks.accept(data, true);
    }
    deliverKept();
  }

  private void plug(RequestPdu pdu, int cmdSn) {
    if (!pdu.immediate()) {
      window.plug(cmdSn);
    }
  }

  // For its parts

  /// A task has ended, or a CmdSN was spent on none: there may be room for more.
  void windowOpens() {
    int underWay = tasks.windowCount();
    if (underWay == 0 || !service.dataBudget().exhausted()) {
      window.open(underWay);
    }
  }

  CommandWindow<?> window() {
    return window;
  }

  /// Takes back the command with this tag if it waits for its turn.
  boolean removeKeptCommand(int itt) {
    var removed =
        window.removeKept(
            kept -> kept.pdu() instanceof ScsiCommand command && command.itt() == itt);
    removed.forEach(this::drop);
    return !removed.isEmpty();
  }

  Gateway.Patience patience() {
    return service.gateway().settings().patience();
  }

  int statSn() {
    return connection.statSn();
  }

  int nextStatSn() {
    return connection.nextStatSn();
  }

  Output output() {
    return output;
  }

  ByteBufAllocator alloc() {
    return connection.alloc();
  }

  Context context() {
    return connection.context();
  }

  Nexus nexus() {
    return nexus;
  }

  SessionParameters parameters() {
    return outcome.parameters();
  }

  LoginExchange.Outcome outcome() {
    return outcome;
  }

  /// The longest data segment the initiator takes, bytes.
  int sendSegmentLength() {
    return sendSegmentLength;
  }

  /// The initiator has declared another MaxRecvDataSegmentLength.
  void sendSegmentLength(int bytes) {
    sendSegmentLength = bytes;
  }

  Counter.Tally tally() {
    return connection.tally();
  }

  boolean isLost() {
    return lost;
  }

  boolean onEventLoop() {
    return connection.onEventLoop();
  }

  /// Runs `action` on the session's event loop: now, when this is it.
  void later(Runnable action) {
    if (onEventLoop()) {
      action.run();
    } else {
      context().runOnContext(_ -> action.run());
    }
  }

  /// Does something on the session's event loop; the future completes on the context of the caller.
  private <T> Future<T> onLoop(Supplier<Future<T>> action) {
    if (onEventLoop()) {
      return action.get();
    }
    Promise<T> promise = Promise.promise();
    var caller = Vertx.currentContext();
    context()
        .runOnContext(
            _ ->
                action
                    .get()
                    .onComplete(
                        result -> {
                          if (caller == null) {
                            promise.handle(result);
                          } else {
                            caller.runOnContext(_ -> promise.handle(result));
                          }
                        }));
    return promise.future();
  }

  // For the session table and the admin interface, on any thread

  int tsih() {
    return tsih;
  }

  int cid() {
    return cid;
  }

  long isid() {
    return isid;
  }

  Optional<SessionTable.Key> key() {
    return key;
  }

  String id() {
    return Long.toString(serial);
  }

  IscsiService.SessionStatus status() {
    var visitor = outcome.visitor();
    return new IscsiService.SessionStatus(
        id(),
        visitor.targetName().orElse(""),
        visitor.discovery(),
        visitor.initiatorName(),
        Connection.print(connection.remoteAddress()),
        Connection.print(connection.localAddress()),
        visitor.portalGroup(),
        isid,
        tsih,
        sinceEpochMillis,
        negotiated(),
        tally().snapshot());
  }

  private Map<String, String> negotiated() {
    var it = outcome.parameters();
    var keys = new LinkedHashMap<String, String>();
    keys.put("HeaderDigest", it.headerDigest() ? "CRC32C" : "None");
    keys.put("DataDigest", it.dataDigest() ? "CRC32C" : "None");
    keys.put("MaxConnections", Integer.toString(it.maxConnections()));
    keys.put("InitialR2T", yesNo(it.initialR2t()));
    keys.put("ImmediateData", yesNo(it.immediateData()));
    keys.put("MaxRecvDataSegmentLength", Integer.toString(it.receiveSegmentLength()));
    keys.put("MaxXmitDataSegmentLength", Integer.toString(sendSegmentLength));
    keys.put("MaxBurstLength", Integer.toString(it.maxBurstLength()));
    keys.put("FirstBurstLength", Integer.toString(it.firstBurstLength()));
    keys.put("DefaultTime2Wait", Integer.toString(it.defaultTime2Wait()));
    keys.put("DefaultTime2Retain", Integer.toString(it.defaultTime2Retain()));
    keys.put("MaxOutstandingR2T", Integer.toString(it.maxOutstandingR2t()));
    keys.put("DataPDUInOrder", yesNo(it.dataPduInOrder()));
    keys.put("DataSequenceInOrder", yesNo(it.dataSequenceInOrder()));
    keys.put("ErrorRecoveryLevel", Integer.toString(it.errorRecoveryLevel()));
    keys.put("iSCSIProtocolLevel", Integer.toString(it.protocolLevel()));
    keys.put("TaskReporting", it.taskReporting());
    return keys;
  }

  private static String yesNo(boolean yes) {
    return yes ? "Yes" : "No";
  }

  @Override
  public String toString() {
    return "session %d (%s, %s)"
        .formatted(
            serial,
            outcome.visitor().initiatorName(),
            Connection.print(connection.remoteAddress()));
  }
}
