package io.vtgt.daemon;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.iscsi.IscsiService;
import io.vtgt.mgmt.ProgramVersion;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.HostPort;
import io.vtgt.mgmt.document.Problem;
import io.vtgt.mgmt.document.Reading;
import io.vtgt.mgmt.http.MgmtVerticle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One iSCSI gateway: made, started, stopped, once each. Several may live in one process, each with
/// its own data folder.
public final class Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /// How long tasks under way may go on when the daemon stops.
  private static final long GRACE_MILLIS = 5_000;

  /// How old what is known of the space behind a unit gets, where there are not very many units.
  private static final long SPACE_LOOK_MILLIS = 5_000;

  /// No step of stopping takes longer.
  private static final int STOP_STEP_SECONDS = 10;

  /// @param config the configuration file; none is the embedded default
  /// @param data folder of the state and of relative paths
  /// @param overrides what the command line says in place of the document
  public record Settings(
      Optional<Path> config, Path data, Overrides overrides, TransportChoice transport) {}

  private final Settings settings;
  private final Promise<Void> started = Promise.promise();
  private final Promise<Boolean> stopped = Promise.promise();
  private final EventLog events = new EventLog(InstantSource.system());
  private final AtomicBoolean starting = new AtomicBoolean(), stopping = new AtomicBoolean();

  // Set by the steps of the start, in this order, on the control context; what a step did not reach
  // is null. Read by the stop, which begins when the start is over.
  private Vertx vertx;
  private Context control;
  private DataFolder folder;
  private FolderStateStore state;
  private DocumentInForce inForce;
  private Units units;
  private Reconciler reconciler;
  private DaemonAdmin admin;
  private MgmtVerticle management;
  private String managementId;

  public Daemon(Settings settings) {
    this.settings = settings;
  }

  /// Starts; what was opened is closed again when a step fails.
  ///
  /// @return fails with the reason in words for the person who starts the daemon
  public Future<Void> start() {
    if (!starting.compareAndSet(false, true)) {
      return started.future();
    }
    try {
      var made = settings.transport().make();
      vertx = made.vertx();
      LOG.info("vtgtd {} on transport {}", ProgramVersion.TEXT, made.transport());
    } catch (RuntimeException e) {
      stopping.set(true);
      stopped.complete(true);
      started.fail(e);
      return started.future();
    }
    control = ((VertxInternal) vertx).createEventLoopContext();
    control.runOnContext(
        _ ->
            Steps.start(startSteps())
                .onComplete(
                    done -> {
                      if (done.succeeded()) {
                        started.complete();
                      } else {
                        stopNow().onComplete(_ -> started.fail(done.cause()));
                      }
                    }));
    return started.future();
  }

  private List<Steps.Step> startSteps() {
    return List.of(
        new Steps.Step("take the data folder " + settings.data(), this::takeFolder),
        new Steps.Step("read what was saved", this::readState),
        new Steps.Step("decide which document rules", this::chooseDocument),
        new Steps.Step("open the units", this::openUnits),
        new Steps.Step("bind the portals", this::bindPortals),
        new Steps.Step("start the management interface", this::startManagement));
  }

  private List<Steps.Step> stopSteps() {
    return List.of(
        new Steps.Step("stop the management interface", this::stopManagement),
        new Steps.Step("end the sessions", this::endSessions),
        new Steps.Step("flush and close the stores", this::closeUnits),
        new Steps.Step("close the state", this::closeState),
        new Steps.Step("give the data folder back", this::giveFolderBack));
  }

  /// Drains, flushes and closes everything. A start under way ends first. Any context.
  ///
  /// @return whether every byte that was acknowledged is where it belongs and nothing was left open
  public Future<Boolean> stop() {
    if (starting.compareAndSet(false, true)) {
      stopping.set(true);
      stopped.complete(true);
      started.fail(new StartFault("stopped before it was started"));
      return stopped.future();
    }
    return started.future().transform(_ -> stopNow());
  }

  /// Completes when the daemon has stopped, however that came.
  public Future<Boolean> stopped() {
    return stopped.future();
  }

  private Future<Boolean> stopNow() {
    if (stopping.compareAndSet(false, true)) {
      control.runOnContext(
          _ ->
              Steps.stop(stopSteps(), STOP_STEP_SECONDS)
                  .onComplete(
                      well ->
                          vertx
                              .close()
                              .onComplete(
                                  closed ->
                                      stopped.complete(
                                          well.succeeded()
                                              && well.result()
                                              && closed.succeeded()))));
    }
    return stopped.future();
  }

  // Start.

  private Future<Void> takeFolder() {
    return vertx
        .executeBlocking(() -> DataFolder.take(settings.data()))
        .map(
            taken -> {
              folder = taken;
              return null;
            });
  }

  private Future<Void> readState() {
    return FolderStateStore.open(vertx, folder.state())
        .compose(
            opened -> {
              state = opened;
              inForce = new DocumentInForce(opened);
              var identities = new Identities(opened, UUID::randomUUID);
              units = new Units(vertx, folder.path(), identities, opened, events);
              return identities.load();
            });
  }

  private Future<Void> chooseDocument() {
    return vertx
        .executeBlocking(this::readConfig)
        .compose(inForce::load)
        .compose(
            document -> {
              var violations = units.check(document);
              return violations.isEmpty()
                  ? units.remember(document)
                  : Future.failedFuture(
                      new StartFault(
                          "the document cannot be served:"
                              + violations.stream()
                                  .map(it -> "\n  " + it.pointer() + ": " + it.message())
                                  .collect(Collectors.joining())));
            });
  }

  private Optional<DocumentInForce.ConfigFile> readConfig() {
    if (settings.config().isEmpty()) {
      return Optional.empty();
    }
    var file = settings.config().get();
    try {
      if (Files.size(file) > DocumentFormat.MAX_BYTES) {
        throw new StartFault(
            "config "
                + file
                + " has "
                + Files.size(file)
                + " bytes, at most "
                + DocumentFormat.MAX_BYTES);
      }
      var content = Files.readAllBytes(file);
      var format = file.toString().endsWith(".json") ? DocumentFormat.JSON : DocumentFormat.YAML;
      return switch (format.readValid(content)) {
        case Reading.Good<Document> good ->
            Optional.of(DocumentInForce.ConfigFile.of(file.toString(), content, good.value()));
        case Reading.Bad<Document> bad ->
            throw new StartFault(
                "config "
                    + file
                    + " cannot be used:"
                    + bad.problems().stream()
                        .map(Problem::toString)
                        .collect(Collectors.joining("\n  ", "\n  ", "")));
      };
    } catch (IOException e) {
      throw new StartFault("the configuration cannot be read: " + IoWords.of(e), e);
    }
  }

  private Future<Void> openUnits() {
    var document = inForce.document();
    reconciler =
        new Reconciler(control, view -> new IscsiService(vertx, view), units, document, events);
    return reconciler.startTargets(document.targets());
  }

  private Future<Void> bindPortals() {
    return reconciler.startPortals(settings.overrides().over(inForce.document()).portals());
  }

  private Future<Void> startManagement() {
    admin =
        new DaemonAdmin(
            control,
            reconciler,
            inForce,
            units,
            settings.overrides(),
            events,
            InstantSource.system());
    retryBrokenLater();
    // Whether or not the look before has ended: a store that does not answer holds up no other.
    vertx.setPeriodic(SPACE_LOOK_MILLIS, _ -> admin.lookAtSpace());
    var http = settings.overrides().over(inForce.document()).http();
    management = new MgmtVerticle(admin, http);
    return vertx
        .deployVerticle(management)
        .recover(
            failure ->
                Future.failedFuture(
                    new StartFault(
                        "management address "
                            + http.listen()
                            + " cannot be bound: "
                            + Reconciler.bindWords(failure),
                        failure)))
        .map(
            id -> {
              managementId = id;
              return null;
            });
  }

  /// One attempt, and the next some time after it has ended, however long it took.
  private void retryBrokenLater() {
    vertx.setTimer(
        Reconciler.RETRY_MILLIS, _ -> admin.retryBroken().onComplete(_ -> retryBrokenLater()));
  }

  // Stop. A step whose counterpart was never reached has nothing to do.

  private Future<Void> stopManagement() {
    var changesOver = admin == null ? Future.<Void>succeededFuture() : admin.close();
    return changesOver.compose(
        _ -> managementId == null ? Future.succeededFuture() : vertx.undeploy(managementId));
  }

  private Future<Void> endSessions() {
    return reconciler == null
        ? Future.succeededFuture()
        : reconciler.iscsi().shutdown(GRACE_MILLIS);
  }

  private Future<Void> closeUnits() {
    return reconciler == null
        ? Future.succeededFuture()
        : reconciler
            .closeUnits()
            .compose(
                well ->
                    well
                        ? Future.succeededFuture()
                        : Future.failedFuture("a store was not closed well"));
  }

  private Future<Void> closeState() {
    return state == null ? Future.succeededFuture() : state.close();
  }

  private Future<Void> giveFolderBack() {
    return folder == null
        ? Future.succeededFuture()
        : vertx.executeBlocking(
            () -> {
              folder.close();
              return null;
            });
  }

  // What a person is told, and tests ask. Valid once started.

  /// What runs now. After the start.
  Running running() {
    return reconciler.running();
  }

  /// Where the management interface listens: `ADDR:PORT`.
  public String http() {
    var wanted = HostPort.parse(settings.overrides().over(inForce.document()).http().listen());
    return new HostPort(wanted.orElseThrow().host(), management.port()).toString();
  }

  /// The port for the management of this daemon.
  public DaemonAdmin admin() {
    return admin;
  }

  /// Waits for a future of the daemon from a thread that may block.
  ///
  /// @throws RuntimeException what the future failed with
  static <T> T await(Future<T> future, long seconds) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw new StartFault("no answer in " + seconds + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
