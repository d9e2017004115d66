package io.vtgt.daemon;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.daemon.Reconciler.Shrinking;
import io.vtgt.daemon.Running.BoundPortal;
import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.daemon.Running.ServedUnit;
import io.vtgt.iscsi.IscsiService;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.MediaAdmin;
import io.vtgt.mgmt.ProgramVersion;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Diff;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Validation;
import io.vtgt.mgmt.document.Violation;
import io.vtgt.scsi.alua.AccessState;
import io.vtgt.store.Size;
import io.vtgt.store.StoreGate;
import io.vtgt.store.TakeOver;
import io.vtgt.target.Announcer;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Upkeep;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the management interface may ask of the daemon. Reading is answered at once from snapshots;
/// changes run on the control context, one at a time, in the order they came.
final class DaemonAdmin implements TargetAdmin {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonAdmin.class);

  /// Changes that may wait for the one under way; more are refused, so that a stuck store does not
  /// fill the memory.
  private static final int MAX_WAITING_CHANGES = 64;

  /// Units that look at their space at once.
  private static final int MAX_LOOKS = 64;

  private static final String SIZE = "size", STORE_SIZE = "store.size";

  private final Context control;
  private final Reconciler reconciler;
  private final DocumentInForce inForce;
  private final Units units;
  private final Overrides overrides;
  private final EventLog events;
  private final InstantSource clock;
  private final Instant started;
  private final UnitSnapshots snapshots;
  private final StoreMedia media;

  // Touched only by the timer's context.
  private int nextLook;

  // Touched only on the control context.
  private Future<Void> last = Future.succeededFuture();
  private int waiting;

  // Written on the control context, read from anywhere.
  private volatile boolean closed;

  DaemonAdmin(
      Context control,
      Reconciler reconciler,
      DocumentInForce inForce,
      Units units,
      Overrides overrides,
      EventLog events,
      InstantSource clock) {
    this.control = control;
    this.reconciler = reconciler;
    this.inForce = inForce;
    this.units = units;
    this.overrides = overrides;
    this.events = events;
    this.clock = clock;
    this.started = clock.instant();
    this.snapshots = new UnitSnapshots(reconciler::running);
    this.media = units.media(inForce::document);
  }

  @Override
  public Versioned current() {
    var document = inForce.document();
    return new Versioned(document, DocumentInForce.version(document));
  }

  @Override
  public List<Violation> check(Document wanted) {
    return units.check(wanted);
  }

  @Override
  public Future<Applied> apply(Document wanted, String ifVersion, boolean dryRun) {
    return inTurn(() -> applyNow(wanted, ifVersion, dryRun, Shrinking.REFUSED));
  }

  /// A size that the document has is changed there too, so that a restart keeps it; a store whose
  /// size is what it finds keeps it by itself.
  @Override
  public Future<Applied> resize(UnitAddress address, String size, boolean force, boolean dryRun) {
    return inTurn(
        () -> {
          if (Size.parse(size).isEmpty()) {
            return refused(
                AdminError.Kind.INVALID, "\"" + size + "\" is no size; allowed are " + Size.SYNTAX);
          }
          var shrinking = force ? Shrinking.ALLOWED : Shrinking.REFUSED;
          var unit = documented(address);
          if (unit.isEmpty()) {
            return noUnit(address);
          }
          var store = new LinkedHashMap<>(unit.get().store());
          boolean sizeIsWritten = store.put(SIZE, size) != null;
          var sized = unit.get().withStore(store);
          return sizeIsWritten
              ? applyNow(with(address, sized), "", dryRun, shrinking)
              : resizeNow(address, unit.get(), sized, dryRun, shrinking);
        });
  }

  private Future<Applied> resizeNow(
      UnitAddress address,
      Document.Unit unit,
      Document.Unit sized,
      boolean dryRun,
      Shrinking shrinking) {
    var resize = new Change.ResizeUnit(address.target(), sized);
    var applied = new Applied(List.of(resize), current().version(), dryRun);
    var asBefore = new Change.ChangeUnit(address.target(), unit, List.of(STORE_SIZE));
    return dryRun
        ? refusal(applied.changes(), shrinking)
            .<Future<Applied>>map(Future::failedFuture)
            .orElseGet(() -> Future.succeededFuture(applied))
        : reconciler.apply(List.of(resize, asBefore), shrinking).map(applied);
  }

  @Override
  public Future<Void> eject(UnitAddress address, boolean force) {
    return inTurn(() -> upkeep(address, unit -> new Upkeep(unit).eject(force)));
  }

  @Override
  public Future<Void> load(UnitAddress address) {
    return inTurn(() -> upkeep(address, unit -> new Upkeep(unit).load()));
  }

  /// Not in turn with the changes of the document: others must be able to change while a cluster
  /// takes its time.
  @Override
  public Future<Void> takeOver(UnitAddress address) {
    return upkeep(
        address,
        unit ->
            unit.gate()
                .takeOver()
                .map(TakeOver::takeOver)
                .orElseGet(
                    () ->
                        Future.failedFuture(
                            new IllegalStateException(
                                "no client can hold its medium for itself"))));
  }

  private Future<Void> upkeep(UnitAddress address, Function<LogicalUnit, Future<Void>> work) {
    var served =
        Optional.ofNullable(reconciler.running().targets().get(address.target()))
            .map(it -> it.units().get(address.lun()));
    if (served.isEmpty()) {
      return noUnit(address);
    }
    var name = served.get().name();
    return served
        .get()
        .unit()
        .map(work)
        .orElseGet(() -> Future.failedFuture(new IllegalStateException(served.get().reason())))
        .recover(
            failure ->
                refused(
                    failure instanceof IllegalStateException
                        ? AdminError.Kind.CONFLICT
                        : AdminError.Kind.FAILED,
                    "unit " + name + ": " + Reconciler.words(failure)));
  }

  private Optional<Document.Unit> documented(UnitAddress address) {
    return inForce.document().targets().stream()
        .filter(target -> target.name().equals(address.target()))
        .flatMap(target -> target.units().stream())
        .filter(unit -> unit.lun() == address.lun())
        .findFirst();
  }

  /// The document in force with another unit in the place of one.
  private Document with(UnitAddress address, Document.Unit unit) {
    var document = inForce.document();
    return document.withTargets(
        document.targets().stream()
            .map(
                target ->
                    target.name().equals(address.target())
                        ? target.withUnits(
                            target.units().stream()
                                .map(it -> it.lun() == unit.lun() ? unit : it)
                                .toList())
                        : target)
            .toList());
  }

  static <T> Future<T> noUnit(UnitAddress address) {
    return refused(
        AdminError.Kind.NOT_FOUND,
        "there is no unit " + address.lun() + " of target \"" + address.target() + "\"");
  }

  private Optional<AdminError> refusal(List<Change> changes, Shrinking shrinking) {
    return reconciler.refusal(changes, shrinking);
  }

  /// First what runs changes, then the document is saved; if it cannot be saved, what runs changes
  /// back. So a crash in between leaves the old document, and nobody was told of the new one.
  private Future<Applied> applyNow(
      Document wanted, String ifVersion, boolean dryRun, Shrinking shrinking) {
    var current = current();
    if (!ifVersion.isEmpty() && !ifVersion.equals(current.version())) {
      return refused(
          AdminError.Kind.CONFLICT,
          "the document is at version " + current.version() + ", expected " + ifVersion);
    }
    var violations = new ArrayList<>(Validation.check(wanted));
    if (violations.isEmpty()) {
      violations.addAll(check(wanted));
    }
    if (!violations.isEmpty()) {
      return Future.failedFuture(
          new AdminError(AdminError.Kind.INVALID, "the document is not valid", violations));
    }
    var from = overrides.over(current.document());
    var to = overrides.over(wanted);
    var changes = Diff.of(from, to);
    if (dryRun) {
      return refusal(changes, shrinking)
          .<Future<Applied>>map(Future::failedFuture)
          .orElseGet(
              () ->
                  Future.succeededFuture(
                      new Applied(changes, DocumentInForce.version(wanted), true)));
    }
    if (!overrides.portals().isEmpty() && !wanted.portals().equals(current.document().portals())) {
      LOG.warn("the portals of the document are saved but not used in this run: --portal is given");
    }
    return units
        .remember(wanted)
        .compose(_ -> reconciler.apply(changes, shrinking))
        .compose(_ -> save(wanted, changes))
        .map(
            _ -> {
              events.announce(
                  "document",
                  Announcer.Severity.INFO,
                  "version " + inForce.version() + " is in force");
              return new Applied(changes, inForce.version(), false);
            });
  }

  private Future<Void> save(Document wanted, List<Change> changes) {
    var before = overrides.over(inForce.document());
    return wanted.equals(inForce.document())
        ? Future.succeededFuture()
        : inForce
            .save(wanted)
            .recover(
                failure -> {
                  LOG.error("the document cannot be saved: {}", Reconciler.words(failure));
                  return reconciler
                      .apply(Diff.of(overrides.over(wanted), before), Shrinking.LEFT_OUT)
                      .transform(
                          _ ->
                              refused(
                                  AdminError.Kind.FAILED,
                                  "the document cannot be saved, so nothing was changed: "
                                      + Reconciler.words(failure)));
                });
  }

  /// Tries the units whose store could not be opened.
  Future<Void> retryBroken() {
    return broken().findAny().isEmpty()
        ? Future.succeededFuture()
        : inTurn(reconciler::retryBroken);
  }

  /// Refuses changes from now on.
  ///
  /// @return completes when the last one under way is over
  Future<Void> close() {
    Promise<Void> promise = Promise.promise();
    control.runOnContext(
        _ -> {
          closed = true;
          last.onComplete(promise);
        });
    return promise.future();
  }

  private <T> Future<T> inTurn(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    control.runOnContext(
        _ -> {
          if (closed) {
            promise.fail(new AdminError(AdminError.Kind.FAILED, "the daemon is stopping"));
          } else if (waiting >= MAX_WAITING_CHANGES) {
            promise.fail(
                new AdminError(
                    AdminError.Kind.CONFLICT, waiting + " changes are waiting; try again later"));
          } else {
            waiting++;
            last =
                last.compose(_ -> work.get())
                    .onComplete(promise)
                    .transform(
                        _ -> {
                          waiting--;
                          return Future.succeededFuture();
                        });
          }
        });
    return promise.future();
  }

  static <T> Future<T> refused(AdminError.Kind kind, String message) {
    return Future.failedFuture(new AdminError(kind, message));
  }

  @Override
  public SnapshotAdmin snapshots() {
    return snapshots;
  }

  @Override
  public MediaAdmin media() {
    return media;
  }

  @Override
  public List<Session> sessions() {
    return reconciler.iscsi().sessions().stream().map(DaemonAdmin::session).toList();
  }

  private static Session session(IscsiService.SessionStatus session) {
    return new Session(
        session.id(),
        session.discovery() ? "" : session.targetName(),
        session.initiatorName(),
        session.initiatorAddress(),
        session.portalAddress(),
        HexFormat.of().toHexDigits(session.isid(), 12),
        HexFormat.of().toHexDigits(session.tsih(), 4),
        session.discovery(),
        Instant.ofEpochMilli(session.sinceEpochMillis()).toString(),
        session.negotiated(),
        session.counters());
  }

  @Override
  public Future<Void> endSession(String id) {
    return reconciler
        .iscsi()
        .endSession(id, "ended through the management interface")
        .compose(
            ended ->
                ended
                    ? Future.succeededFuture()
                    : refused(AdminError.Kind.NOT_FOUND, "there is no session " + id));
  }

  @Override
  public List<UnitStatus> units() {
    return reconciler.running().targets().values().stream()
        .flatMap(
            target ->
                target.units().values().stream().map(unit -> status(target.target().name(), unit)))
        .toList();
  }

  private UnitStatus status(String target, ServedUnit served) {
    var identity = units.identity(served.name(), served.entry());
    return new UnitStatus(
        target,
        served.entry().lun(),
        served.name(),
        served.unit().map(UnitView::state).orElseGet(served::reason),
        served.unit().map(it -> it.gate().geometry().bytes()).orElse(0L),
        served.entry().blockSize(),
        HexFormat.of().formatHex(identity.naa()),
        identity.serial(),
        served.unit().map(UnitView::medium),
        served.unit().map(UnitView::space),
        served.unit().map(UnitView::mode).orElse(Map.of()),
        served.unit().map(it -> counters(it.gate())).orElse(Map.of()));
  }

  /// Those of the gate, then those of the layers and the store by their names.
  private static Map<String, Long> counters(StoreGate gate) {
    var counters = gate.counters();
    var named = new LinkedHashMap<String, Long>();
    named.put("readOperations", counters.readOperations());
    named.put("readBytes", counters.readBytes());
    named.put("writeOperations", counters.writeOperations());
    named.put("writeBytes", counters.writeBytes());
    named.put("flushOperations", counters.flushOperations());
    named.put("unmapOperations", counters.unmapOperations());
    named.put("unmapBytes", counters.unmapBytes());
    named.put("otherOperations", counters.otherOperations());
    named.put("faults", counters.faults());
    named.put("timeouts", counters.timeouts());
    named.put("underWay", (long) counters.underWay());
    named.putAll(new TreeMap<>(gate.storeCounters()));
    return named;
  }

  @Override
  public Future<List<PortGroup>> portGroups(String target) {
    var running = reconciler.running();
    return served(running, target).map(it -> PortGroups.list(running, it));
  }

  /// Not in turn with the changes of the document: each unit makes its own wait, and while one
  /// drains, others must be able to change.
  @Override
  public Future<Void> changeAccess(String target, int group, String state, List<Integer> luns) {
    var wanted = AccessState.of(state);
    if (wanted.isEmpty() && !state.isEmpty()) {
      return refused(AdminError.Kind.INVALID, "there is no access state \"" + state + "\"");
    }
    var running = reconciler.running();
    return served(running, target)
        .compose(
            it ->
                PortGroups.reachable(running, it.entry()).contains(group)
                    ? PortGroups.change(it, group, wanted, luns)
                    : refused(
                        AdminError.Kind.NOT_FOUND,
                        "target " + target + " is not reached through port group " + group));
  }

  private static Future<ServedTarget> served(Running running, String target) {
    var served = running.targets().get(target);
    return served == null
        ? refused(AdminError.Kind.NOT_FOUND, "there is no target \"" + target + "\"")
        : Future.succeededFuture(served);
  }

  @Override
  public List<PortalStatus> portals() {
    var sessions = reconciler.iscsi().sessions();
    return reconciler.running().portals().stream()
        .map(
            portal ->
                new PortalStatus(
                    portal.portal().group(),
                    GatewayView.text(portal.bound().getAddress(), portal.bound().getPort()),
                    (int) sessions.stream().filter(it -> cameThrough(it, portal)).count()))
        .toList();
  }

  private static boolean cameThrough(IscsiService.SessionStatus session, BoundPortal portal) {
    var bound = portal.bound();
    var came = session.portalAddress();
    return bound.getAddress().isAnyLocalAddress()
        ? came.endsWith(":" + bound.getPort())
        : came.equals(GatewayView.text(bound.getAddress(), bound.getPort()));
  }

  @Override
  public List<KindDescription> storeKinds() {
    return Units.storeKinds();
  }

  @Override
  public List<KindDescription> layerKinds() {
    return Units.layerKinds();
  }

  @Override
  public List<Event> events(long after) {
    return events.after(after);
  }

  /// Ready means that the daemon serves; a broken unit is a problem, but the others are served.
  @Override
  public Health health() {
    var problems =
        Stream.concat(
                broken().map(it -> "unit " + it.name() + " is not served: " + it.reason()),
                served()
                    .flatMap(
                        it ->
                            it.unit().flatMap(UnitView::problem).stream()
                                .map(problem -> "unit " + it.name() + ": " + problem)))
            .toList();
    return new Health(
        !closed,
        ProgramVersion.TEXT,
        Duration.between(started, clock.instant()).toSeconds(),
        problems);
  }

  private Stream<ServedUnit> broken() {
    return served().filter(it -> it.unit().isEmpty());
  }

  private Stream<ServedUnit> served() {
    return reconciler.running().targets().values().stream()
        .flatMap(it -> it.units().values().stream());
  }

  /// Has the next units of a round look at their space: a few at a time, so that thousands do not
  /// all ask their file systems at once. Never fails.
  Future<Void> lookAtSpace() {
    var units = served().flatMap(it -> it.unit().stream()).toList();
    var looks = new ArrayList<Future<Void>>();
    for (int i = 0; i < Math.min(MAX_LOOKS, units.size()); i++) {
      looks.add(units.get(Math.floorMod(nextLook++, units.size())).spaceWatch().lookAgain());
    }
    return Future.join(looks).mapEmpty();
  }
}
