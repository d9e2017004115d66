package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The iSCSI side of the daemon: portals and the sessions that came through them. Any thread.
public final class IscsiService {
  private static final Logger log = LoggerFactory.getLogger(IscsiService.class);

  /// How long an initiator that is asked to log out may take.
  private static final long LOGOUT_GRACE_MILLIS = 5000;

  /// How long tasks that the store does not answer may hold up a shutdown.
  private static final long DRAIN_MILLIS = 2000;

  private final Vertx vertx;
  private final Gateway gateway;
  private final Function<String, Optional<TargetPort>> targets;
  private final SessionTable table = new SessionTable();
  private final DataBudget dataBudget;
  private final RandomGenerator random = new SecureRandom();
  private final AtomicLong serial = new AtomicLong();
  private final Map<InetSocketAddress, String> portals = new ConcurrentHashMap<>();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  public IscsiService(Vertx vertx, Gateway gateway) {
    this(vertx, gateway, name -> gateway.target(name).map(TargetPort.Scsi::new));
  }

  IscsiService(Vertx vertx, Gateway gateway, Function<String, Optional<TargetPort>> targets) {
    this.vertx = vertx;
    this.gateway = gateway;
    this.targets = targets;
    dataBudget = new DataBudget(() -> gateway.settings().dataBudgetBytes());
  }

  /// Binds a portal; its connections spread over every event loop.
  ///
  /// @return the address bound (the port where 0 was asked); fails with the reason when it cannot
  ///   be bound
  public Future<InetSocketAddress> listen(int portalGroup, InetSocketAddress address) {
    var portal = new PortalVerticle(address, socket -> accept(socket, portalGroup));
    return vertx
        .deployVerticle(portal)
        .map(
            deployment -> {
              var bound = portal.address();
              portals.put(bound, deployment);
              log.info("listening on {}, portal group {}", Connection.print(bound), portalGroup);
              return bound;
            });
  }

  /// Stops accepting on a bound portal. Its sessions go on.
  public Future<Void> unlisten(InetSocketAddress bound) {
    var deployment = portals.remove(bound);
    if (deployment == null) {
      return Future.failedFuture(
          new IllegalArgumentException("not listening on " + Connection.print(bound)));
    }
    log.info("no longer listening on {}", Connection.print(bound));
    return vertx.undeploy(deployment);
  }

  private Connection accept(PipelineAdapter socket, int portalGroup) {
    var connection = new Connection(this, socket, portalGroup);
    connections.add(connection);
    connection.open();
    return connection;
  }

  /// A snapshot of live sessions, discovery sessions too.
  public List<SessionStatus> sessions() {
    return table.all().stream().map(Session::status).toList();
  }

  /// Asks the initiator to log out (Async Message), then ends the session.
  ///
  /// @return false when there is no such session
  public Future<Boolean> endSession(String id, String why) {
    return table.all().stream()
        .filter(session -> session.id().equals(id))
        .findAny()
        .map(session -> session.retire(why, LOGOUT_GRACE_MILLIS).map(true))
        .orElse(Future.succeededFuture(false));
  }

  /// Ends every session of a target: it was removed or its rules changed.
  public Future<Void> endSessionsOf(String targetName, String why) {
    List<Future<Void>> ends = new ArrayList<>();
    for (var session : table.all()) {
      if (session.key().map(key -> key.targetName().equals(targetName)).orElse(false)) {
        ends.add(session.end(why));
      }
    }
    return ends.isEmpty() ? Future.succeededFuture() : Future.join(ends).mapEmpty();
  }

  /// Stops accepting, asks every initiator to log out, waits for tasks under way up to
  /// `graceMillis`, ends what is left.
  public Future<Void> shutdown(long graceMillis) {
    stopping = true;
    List<Future<Void>> closed = List.copyOf(portals.keySet()).stream().map(this::unlisten).toList();
    var portalsClosed =
        closed.isEmpty() ? Future.<Void>succeededFuture() : Future.join(closed).<Void>mapEmpty();
    List<Future<Void>> ends = new ArrayList<>();
    for (var session : table.all()) {
      ends.add(session.retire("the gateway stops", graceMillis));
    }
    for (var connection : connections) {
      connection.context().runOnContext(_ -> connection.closeUnlessLoggedIn());
    }
    Promise<Void> done = Promise.promise();
    long timer =
        vertx.setTimer(
            graceMillis + DRAIN_MILLIS,
            _ -> {
              if (done.tryComplete()) {
                log.warn("stopped with {} sessions whose tasks have not ended", table.all().size());
              }
            });
    portalsClosed
        .transform(_ -> ends.isEmpty() ? Future.succeededFuture() : Future.join(ends))
        .onComplete(
            _ -> {
              vertx.cancelTimer(timer);
              done.tryComplete();
            });
    return done.future();
  }

  // For connections and sessions

  Gateway gateway() {
    return gateway;
  }

  Optional<TargetPort> target(String name) {
    return targets.apply(name);
  }

  SessionTable table() {
    return table;
  }

  DataBudget dataBudget() {
    return dataBudget;
  }

  RandomGenerator random() {
    return random;
  }

  long nextSerial() {
    return serial.incrementAndGet();
  }

  boolean stopping() {
    return stopping;
  }

  void left(Connection connection) {
    connections.remove(connection);
  }

  /// @param id unique among live sessions
  /// @param portalAddress where the initiator came to
  /// @param negotiated key to value
  /// @param counters such as `rxBytes`, `txBytes`, `commands`, `readBytes`, `writeBytes`, `rejects`
  public record SessionStatus(
      String id,
      String targetName,
      boolean discovery,
      String initiatorName,
      String initiatorAddress,
      String portalAddress,
      int portalGroup,
      long isid,
      int tsih,
      long sinceEpochMillis,
      Map<String, String> negotiated,
      Map<String, Long> counters) {}
}
