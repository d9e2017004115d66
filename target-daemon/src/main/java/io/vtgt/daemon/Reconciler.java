package io.vtgt.daemon;

import io.netty.channel.unix.Errors.NativeIoException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.daemon.Running.BoundPortal;
import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.daemon.Running.ServedUnit;
import io.vtgt.iscsi.IscsiService;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Document;
import io.vtgt.scsi.copy.CopyManager;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Size;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.target.Announcer;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ModeSettings;
import io.vtgt.target.Target;
import io.vtgt.target.Upkeep;
import java.net.BindException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes what runs what the document wants, one [Change] after the other.
///
/// **All or nothing.** A list of changes is applied whole, or what was done of it is taken back in
/// reverse order and the call fails with the reason; so the document in force always tells what
/// runs. Taking back may itself fail (a file that vanished in between): then the unit stays in the
/// document, is told as broken with its reason, and is tried again. Sessions that ended are not
/// brought back; their initiators log in again.
///
/// **What can fail comes first.** Before anything is touched, the stores of all new units are
/// opened. Only where a unit that goes away may hold the same medium (a store of the same kind with
/// an option of the same value), or is the same unit to its initiators, must that one be closed
/// first: the new store is opened when its turn comes, and what the unit remembers is read when
/// nobody changes it any more.
///
/// **At the start** there is nothing to take back: a unit whose store cannot be opened is told as
/// broken and tried again every [#RETRY_MILLIS], and the others are served; a portal that cannot be
/// bound fails the start.
///
/// Everything here runs on the control context, one list at a time.
final class Reconciler {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  /// How often units that could not be opened are tried again.
  static final long RETRY_MILLIS = 10_000;

  /// A store that does not open, drain or close in this time is given up, so that one dead store
  /// never blocks the changes that follow.
  private static final long OPEN_SECONDS = 60, CLOSE_SECONDS = 60;

  /// The same for a store that cannot be used: what it has not answered by now it will not.
  private static final long AWAY_CLOSE_SECONDS = 5;

  /// How the units of the document become units that run.
  interface UnitOpener {
    /// Opens the stores of a unit.
    ///
    /// @param name of the unit
    /// @return fails with the reason in words
    Future<LogicalUnit> open(String name, Document.Unit unit, Document.Limits limits);

    /// Opens only the store of a unit that runs, under its layers.
    Future<BackingStore> openStore(String name, Document.Unit unit);

    /// Puts the unit's layers over its store, which stays open: see [StoreGate#restack].
    Future<Void> restack(LogicalUnit running, Document.Unit wanted);

    /// What the document says of a unit, as a unit that runs takes it.
    Settings settings(String name, Document.Unit unit, Document.Limits limits);
  }

  /// @param modeAtFirst what the mode pages say at first
  record Settings(LogicalUnit.Profile profile, ModeSettings modeAtFirst, StoreGate.Options gate) {}

  /// What becomes of a medium that would become smaller: initiators lose what lies beyond.
  enum Shrinking {
    REFUSED,
    ALLOWED,
    /// The medium stays as large as it is.
    LEFT_OUT
  }

  private final Context control;
  private final IscsiService iscsi;
  private final UnitOpener opener;
  private final CopyManager copyManager;
  private final Announcer announcer;

  // Replaced whole on the control context, read from every event loop.
  private volatile Running running;

  /// @param control the context everything here runs on
  /// @param document whose login, limits and accounts hold from the beginning
  Reconciler(
      Context control,
      Function<GatewayView, IscsiService> iscsi,
      UnitOpener opener,
      Document document,
      Announcer announcer) {
    this.control = control;
    this.running = Running.nothingOf(document);
    this.iscsi = iscsi.apply(new GatewayView(this::running));
    this.opener = opener;
    this.announcer = announcer;
    this.copyManager =
        new CopyManager(new GatewayUnits(this::running), System::nanoTime, new SecureRandom());
  }

  Running running() {
    return running;
  }

  IscsiService iscsi() {
    return iscsi;
  }

  /// Serves the targets of the document: units that cannot be opened are told as broken.
  Future<Void> startTargets(List<Document.TargetEntry> targets) {
    return oneByOne(
        targets,
        entry -> {
          var opening =
              entry.units().stream().map(unit -> openOrBroken(entry.name(), unit)).toList();
          return Future.join(opening)
              .map(
                  _ -> {
                    serve(entry, opening.stream().map(Future::result).toList());
                    return null;
                  });
        });
  }

  /// Binds the portals of the document; fails with the first that cannot be bound.
  Future<Void> startPortals(List<Document.Portal> portals) {
    return oneByOne(portals, this::addPortal);
  }

  /// Applies changes to what runs, all or nothing.
  Future<Void> apply(List<Change> changes, Shrinking shrinking) {
    return refusal(changes, shrinking)
        .<Future<Void>>map(Future::failedFuture)
        .orElseGet(() -> new Attempt(changes, shrinking).run());
  }

  /// What can be known to be wrong with changes before anything is touched.
  Optional<AdminError> refusal(List<Change> changes, Shrinking shrinking) {
    for (var change : changes) {
      if (change instanceof Change.ResizeUnit(var target, var unit)) {
        var refusal =
            Optional.ofNullable(running.targets().get(target))
                .map(it -> it.units().get(unit.lun()))
                .flatMap(served -> resizeRefusal(served, unit, shrinking));
        if (refusal.isPresent()) {
          return refusal;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<AdminError> resizeRefusal(
      ServedUnit served, Document.Unit wanted, Shrinking shrinking) {
    long bytes = size(wanted);
    var what = "unit " + served.name() + " cannot be resized to " + Size.text(bytes) + ": ";
    if (bytes == 0 || bytes % wanted.blockSize() != 0) {
      return Optional.of(
          new AdminError(
              AdminError.Kind.INVALID,
              what
                  + bytes
                  + " bytes are no multiple of its blocks of "
                  + wanted.blockSize()
                  + " bytes"));
    }
    long now = served.unit().map(it -> it.gate().geometry().bytes()).orElse(0L);
    return bytes < now && shrinking == Shrinking.REFUSED
        ? Optional.of(
            new AdminError(
                AdminError.Kind.CONFLICT,
                what
                    + "it has "
                    + Size.text(now)
                    + ", and all data in its last "
                    + Size.text(now - bytes)
                    + " would be lost; resize it by force if that is meant"))
        : Optional.empty();
  }

  /// [Units#check] has passed.
  private static long size(Document.Unit unit) {
    return Size.parse(unit.store().get("size")).orElseThrow();
  }

  /// Tries the broken units again. Never fails.
  Future<Void> retryBroken() {
    var broken = new ArrayList<Supplier<Future<Void>>>();
    for (var served : running.targets().values()) {
      for (var unit : served.units().values()) {
        if (unit.unit().isEmpty()) {
          broken.add(() -> retry(served.target().name(), unit));
        }
      }
    }
    return oneByOne(broken, Supplier::get);
  }

  private Future<Void> retry(String target, ServedUnit broken) {
    return open(broken.name(), broken.entry())
        .transform(
            opened -> {
              if (opened.succeeded()) {
                announcer.announce(broken.name(), Announcer.Severity.INFO, "it is served now");
                show(target, ServedUnit.ready(broken.name(), broken.entry(), opened.result()));
              } else if (!words(opened.cause()).equals(broken.reason())) {
                var now = ServedUnit.broken(broken.name(), broken.entry(), words(opened.cause()));
                notServed(now.name(), now.reason());
                show(target, now);
              }
              return Future.succeededFuture();
            });
  }

  /// Flushes and closes every unit, after the sessions have ended. Never fails: what could not be
  /// closed is logged.
  ///
  /// @return whether every store was flushed and closed
  Future<Boolean> closeUnits() {
    var closing = new ArrayList<Future<Boolean>>();
    for (var served : running.targets().values()) {
      for (var unit : served.units().values()) {
        unit.unit().ifPresent(it -> closing.add(close(it)));
      }
    }
    running =
        new Running(
            running.portals(),
            new TreeMap<>(),
            running.accounts(),
            running.discovery(),
            running.login(),
            running.limits());
    return Future.join(closing).map(_ -> closing.stream().allMatch(Future::result));
  }

  /// A unit that a list of changes closes.
  private record Leaving(String name, Document.Unit entry) {

    /// The other must not be opened before this is closed: it may hold the same medium, or have the
    /// same identity and so the same memory.
    boolean inTheWayOf(String other, Document.Unit unit) {
      return maySameMedium(entry.store(), unit.store())
          || name.equals(other)
          || (entry.identity().uuid().isPresent()
              && entry.identity().uuid().equals(unit.identity().uuid()));
    }
  }

  /// One list of changes, with what it takes to take them back.
  private final class Attempt {
    private final List<Change> changes;
    private final Map<String, LogicalUnit> openedEarly = new HashMap<>();
    private final Deque<Supplier<Future<Void>>> undo = new ArrayDeque<>();

    private final Shrinking shrinking;

    Attempt(List<Change> changes, Shrinking shrinking) {
      this.changes = changes;
      this.shrinking = shrinking;
    }

    Future<Void> run() {
      return openEarly()
          .compose(_ -> oneByOne(changes, this::one))
          .recover(failure -> takeBack().compose(_ -> Future.failedFuture(adminError(failure))));
    }

    private Future<Void> openEarly() {
      var opening = new ArrayList<Future<Void>>();
      for (var change : changes) {
        switch (change) {
          case Change.AddTarget(var entry) ->
              entry.units().forEach(unit -> openEarly(entry.name(), unit, opening));
          case Change.AddUnit(var target, var unit) -> openEarly(target, unit, opening);
          case Change.ReplaceUnit(var target, var unit) -> openEarly(target, unit, opening);
          case Change.ChangeUnit _, Change.ResizeUnit _ -> {}
          case Change.AddPortal _, Change.RemovePortal _, Change.RemoveTarget _ -> {}
          case Change.UpdateTarget _, Change.RemoveUnit _, Change.UpdateAccounts _ -> {}
          case Change.UpdateDiscovery _, Change.UpdateLogin _, Change.UpdateLimits _ -> {}
          case Change.UpdateHttp _ -> {}
        }
      }
      return Future.join(opening).mapEmpty();
    }

    private void openEarly(String target, Document.Unit unit, List<Future<Void>> opening) {
      var name = Running.unitName(target, unit);
      if (leaving().stream().anyMatch(it -> it.inTheWayOf(name, unit))) {
        return;
      }
      opening.add(
          openOrRefuse(target, unit)
              .map(
                  opened -> {
                    openedEarly.put(key(target, unit.lun()), opened);
                    return null;
                  }));
    }

    /// The units that this list closes.
    private List<Leaving> leaving() {
      var leaving = new ArrayList<Leaving>();
      for (var change : changes) {
        switch (change) {
          case Change.RemoveTarget(var name) ->
              target(name)
                  .units()
                  .values()
                  .forEach(it -> leaving.add(new Leaving(it.name(), it.entry())));
          case Change.RemoveUnit(var target, var lun) -> unit(target, lun).ifPresent(leaving::add);
          case Change.ReplaceUnit(var target, var unit) ->
              unit(target, unit.lun()).ifPresent(leaving::add);
          case Change.ChangeUnit _, Change.ResizeUnit _ -> {}
          case Change.AddPortal _, Change.RemovePortal _, Change.AddTarget _ -> {}
          case Change.UpdateTarget _, Change.AddUnit _, Change.UpdateAccounts _ -> {}
          case Change.UpdateDiscovery _, Change.UpdateLogin _, Change.UpdateLimits _ -> {}
          case Change.UpdateHttp _ -> {}
        }
      }
      return leaving;
    }

    private Optional<Leaving> unit(String target, int lun) {
      return Optional.ofNullable(running.targets().get(target))
          .map(it -> it.units().get(lun))
          .map(it -> new Leaving(it.name(), it.entry()));
    }

    private Future<Void> one(Change change) {
      LOG.info("{}", change.describe());
      return switch (change) {
        case Change.AddPortal(var portal) ->
            addPortal(portal).onSuccess(_ -> undo.push(() -> removePortal(portal)));
        case Change.RemovePortal(var portal) ->
            removePortal(portal).onSuccess(_ -> undo.push(() -> addPortal(portal)));
        case Change.AddTarget(var entry) -> addTarget(entry);
        case Change.RemoveTarget(var name) -> removeTarget(name);
        case Change.UpdateTarget(var entry) -> {
          var before = target(entry.name()).entry();
          undo.push(() -> updateTarget(before));
          yield updateTarget(entry);
        }
        case Change.AddUnit(var target, var unit) ->
            takeOrOpen(target, unit)
                .map(
                    opened -> {
                      undo.push(() -> removeUnit(target, unit.lun()));
                      show(target, ready(target, unit, opened));
                      return null;
                    });
        case Change.RemoveUnit(var target, var lun) -> {
          var before = target(target).units().get(lun).entry();
          undo.push(() -> bringBack(target, before));
          yield removeUnit(target, lun);
        }
        case Change.ReplaceUnit(var target, var unit) -> {
          var before = target(target).units().get(unit.lun()).entry();
          undo.push(() -> bringBack(target, before));
          yield removeUnit(target, unit.lun())
              .compose(_ -> takeOrOpen(target, unit))
              .map(
                  opened -> {
                    undo.push(() -> removeUnit(target, unit.lun()));
                    show(target, ready(target, unit, opened));
                    return null;
                  });
        }
        case Change.ChangeUnit(var target, var unit, _) -> {
          var before = target(target).units().get(unit.lun()).entry();
          undo.push(() -> changeUnit(target, before));
          yield changeUnit(target, unit);
        }
        case Change.ResizeUnit(var target, var unit) -> resize(target, unit);
        case Change.UpdateAccounts(var accounts) -> policy(now -> now.withAccounts(accounts));
        case Change.UpdateDiscovery(var discovery) -> policy(now -> now.with(discovery));
        case Change.UpdateLogin(var login) -> policy(now -> now.with(login));
        case Change.UpdateLimits(var limits) -> {
          undo.push(Reconciler.this::boundStores);
          yield policy(now -> now.with(limits)).compose(_ -> boundStores());
        }
        case Change.UpdateHttp _ -> Future.succeededFuture(); // read at the next start
      };
    }

    /// A medium that has grown is not made smaller to take that back: initiators may have written
    /// there. A later attempt finds that it has its size already.
    private Future<Void> resize(String target, Document.Unit wanted) {
      var served = target(target).units().get(wanted.lun());
      if (served.unit().isEmpty()) {
        undo.push(() -> changeUnit(target, served.entry()));
        return changeUnit(target, wanted);
      }
      long before = served.unit().get().gate().geometry().bytes();
      if (size(wanted) < before && shrinking == Shrinking.LEFT_OUT) {
        return enter(target, wanted);
      }
      undo.push(
          () -> {
            if (size(wanted) < before) {
              return resizeUnit(target, served.entry(), before);
            }
            LOG.warn("unit {} stays at {}", served.name(), Size.text(size(wanted)));
            return enter(target, served.entry());
          });
      return resizeUnit(target, wanted, size(wanted));
    }

    /// Changes what only the snapshot holds.
    private Future<Void> policy(Function<Running, Running> change) {
      var before = running;
      undo.push(
          () -> {
            running =
                running
                    .withAccounts(before.accounts())
                    .with(before.discovery())
                    .with(before.login())
                    .with(before.limits());
            return Future.succeededFuture();
          });
      running = change.apply(running);
      return Future.succeededFuture();
    }

    private Future<Void> addTarget(Document.TargetEntry entry) {
      var units = new ArrayList<ServedUnit>();
      undo.push(
          () ->
              running.targets().containsKey(entry.name())
                  ? Reconciler.this.removeTarget(entry.name())
                  : closeAll(units));
      return oneByOne(
              entry.units(),
              unit ->
                  takeOrOpen(entry.name(), unit)
                      .map(
                          opened -> {
                            units.add(ready(entry.name(), unit, opened));
                            return null;
                          }))
          .map(
              _ -> {
                serve(entry, units);
                return null;
              });
    }

    private Future<Void> removeTarget(String name) {
      var before = target(name);
      undo.push(
          () -> {
            var units = new ArrayList<Future<ServedUnit>>();
            before.units().values().forEach(it -> units.add(openOrBroken(name, it.entry())));
            return Future.join(units)
                .map(
                    _ -> {
                      serve(before.entry(), units.stream().map(Future::result).toList());
                      return null;
                    });
          });
      return Reconciler.this.removeTarget(name);
    }

    private Future<Void> bringBack(String target, Document.Unit before) {
      return openOrBroken(target, before)
          .map(
              unit -> {
                show(target, unit);
                return null;
              });
    }

    private Future<LogicalUnit> takeOrOpen(String target, Document.Unit unit) {
      var early = openedEarly.remove(key(target, unit.lun()));
      return early != null ? Future.succeededFuture(early) : openOrRefuse(target, unit);
    }

    private Future<Void> takeBack() {
      var unused = openedEarly.values().stream().map(Reconciler.this::close).toList();
      return Future.join(unused)
          .compose(_ -> oneByOne(List.copyOf(undo), Supplier::get))
          .otherwise(
              failure -> {
                LOG.error("a change could not be taken back: {}", words(failure));
                return null;
              });
    }

    private static String key(String target, int lun) {
      return target + " " + lun;
    }
  }

  // The single changes. Each completes when it is in effect.

  private Future<Void> addPortal(Document.Portal portal) {
    return iscsi
        .listen(portal.group(), Addresses.toBind(portal.listen()))
        .recover(failure -> Future.failedFuture(cannotBind(portal, failure)))
        .compose(this::here)
        .compose(
            bound -> {
              running = running.with(new BoundPortal(portal, bound));
              return portGroupsChanged();
            });
  }

  /// Units are reached through other portal groups than before. Never fails: no path is closed by
  /// it.
  private Future<Void> portGroupsChanged() {
    var refreshing =
        running.targets().values().stream().map(it -> PortGroups.refresh(running, it)).toList();
    return bounded(Future.join(refreshing), "tell the units of their portal groups");
  }

  private static AdminError cannotBind(Document.Portal portal, Throwable failure) {
    return new AdminError(
        AdminError.Kind.FAILED,
        "portal " + portal.listen() + " cannot be bound: " + bindWords(failure));
  }

  /// Why an address cannot be listened on, without the address, in words.
  static String bindWords(Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      var message = Objects.requireNonNullElse(cause.getMessage(), "").toLowerCase(Locale.ROOT);
      if (message.contains("address already in use")) {
        return "address already in use (is another target running?)";
      }
      if (message.contains("permission denied")) {
        return "permission denied (ports below 1024 need a privilege)";
      }
      if (message.contains("cannot assign requested address")) {
        return "this machine has no such address";
      }
      if (cause instanceof BindException || cause instanceof NativeIoException) {
        return cause.getMessage();
      }
    }
    return words(failure);
  }

  private Future<Void> removePortal(Document.Portal portal) {
    var bound = running.portals().stream().filter(it -> it.portal().equals(portal)).findFirst();
    if (bound.isEmpty()) {
      return Future.succeededFuture();
    }
    running = running.without(bound.get());
    return iscsi
        .unlisten(bound.get().bound())
        .compose(this::here)
        .compose(_ -> portGroupsChanged());
  }

  private void serve(Document.TargetEntry entry, List<ServedUnit> units) {
    var target = new Target(entry.name());
    target.accessRules(GatewayView.accessRules(entry.access()));
    var byLun = new TreeMap<Integer, ServedUnit>();
    for (var unit : units) {
      byLun.put(unit.entry().lun(), unit);
      unit.unit().ifPresent(it -> serve(entry, target, unit.entry().lun(), it));
    }
    running = running.with(new ServedTarget(entry, target, byLun));
  }

  private void serve(Document.TargetEntry entry, Target target, int lun, LogicalUnit unit) {
    unit.portGroups().start(PortGroups.setup(running, entry, lun));
    target.addUnit(lun, unit);
  }

  /// First nobody finds the target any more, then its sessions end, then its units close.
  private Future<Void> removeTarget(String name) {
    var served = target(name);
    running = running.withoutTarget(name);
    return bounded(
            iscsi.endSessionsOf(name, "the target was removed"), "end the sessions of " + name)
        .compose(
            _ ->
                oneByOne(
                    List.copyOf(served.units().values()),
                    unit ->
                        unit.unit().isEmpty()
                            ? Future.succeededFuture()
                            : takeAway(served.target(), unit)));
  }

  private Future<Void> takeAway(Target target, ServedUnit unit) {
    return bounded(target.removeUnit(unit.entry().lun()), "end the tasks of unit " + unit.name())
        .compose(_ -> close(unit.unit().orElseThrow()))
        .mapEmpty();
  }

  /// Sessions the new rules would not let in end; the others see other units from now on.
  private Future<Void> updateTarget(Document.TargetEntry entry) {
    var served = target(entry.name());
    served.target().accessRules(GatewayView.accessRules(entry.access()));
    running = running.with(served.with(entry));
    var inLine = PortGroups.refresh(running, running.targets().get(entry.name()));
    var unwanted =
        iscsi.sessions().stream()
            .filter(it -> !it.discovery() && it.targetName().equals(entry.name()))
            .filter(
                it ->
                    !served
                            .target()
                            .accessRules()
                            .admits(it.initiatorName(), Addresses.host(it.initiatorAddress()))
                        || !(entry.portalGroups().isEmpty()
                            || entry.portalGroups().contains(it.portalGroup())))
            .toList();
    return oneByOne(
            unwanted,
            it ->
                bounded(
                        iscsi.endSession(it.id(), "the rules of the target changed"),
                        "end session " + it.id())
                    .mapEmpty())
        .compose(_ -> inLine)
        .compose(this::here);
  }

  private void show(String target, ServedUnit unit) {
    var served = target(target);
    running = running.with(served.with(unit));
    unit.unit().ifPresent(it -> serve(served.entry(), served.target(), unit.entry().lun(), it));
  }

  private Future<Void> removeUnit(String target, int lun) {
    var served = target(target);
    var unit = served.units().get(lun);
    running = running.with(served.withoutUnit(lun));
    return unit == null || unit.unit().isEmpty()
        ? Future.succeededFuture()
        : takeAway(served.target(), unit);
  }

  /// Gives a unit other settings and layers while it is served. A store that was opened read-only
  /// is opened again where the unit is to take writes. A unit that is broken is tried with them.
  private Future<Void> changeUnit(String target, Document.Unit wanted) {
    var served = target(target).units().get(wanted.lun());
    if (served.unit().isEmpty()) {
      var broken = ServedUnit.broken(served.name(), wanted, served.reason());
      running = running.with(target(target).with(broken));
      return retry(target, broken);
    }
    var unit = served.unit().get();
    var settings = opener.settings(served.name(), wanted, running.limits());
    return writable(target, unit, served.entry(), wanted)
        .compose(_ -> new Upkeep(unit).restack(() -> opener.restack(unit, wanted)))
        .compose(
            _ -> {
              unit.gate().options(settings.gate());
              return new Upkeep(unit).change(settings.profile(), settings.modeAtFirst());
            })
        .recover(
            failure ->
                Future.failedFuture(
                    new AdminError(
                        AdminError.Kind.FAILED,
                        "unit " + served.name() + " cannot be changed: " + words(failure))))
        .compose(this::here)
        .compose(_ -> enter(target, wanted));
  }

  /// Where the store cannot be opened for writing it is opened as it was; where that fails too the
  /// unit is broken.
  private Future<Void> writable(
      String target, LogicalUnit unit, Document.Unit was, Document.Unit wanted) {
    if (wanted.readOnly() || !was.readOnly() || unit.gate().storeWritable()) {
      return Future.succeededFuture();
    }
    var name = unit.profile().name();
    var refused = new AtomicReference<Throwable>();
    return unit.gate()
        .reopen(
            () ->
                opener
                    .openStore(name, wanted)
                    .recover(
                        failure -> {
                          refused.set(failure);
                          return opener.openStore(name, was);
                        }))
        .compose(this::here)
        .recover(
            lost ->
                removeUnit(target, was.lun())
                    .compose(
                        _ -> {
                          var broken = ServedUnit.broken(name, was, words(lost));
                          running = running.with(target(target).with(broken));
                          return Future.failedFuture(lost);
                        }))
        .compose(
            _ ->
                refused.get() == null
                    ? Future.succeededFuture()
                    : Future.failedFuture(refused.get()));
  }

  private Future<Void> resizeUnit(String target, Document.Unit wanted, long bytes) {
    var served = target(target).units().get(wanted.lun());
    var unit = served.unit().orElseThrow();
    return new Upkeep(unit)
        .resize(bytes)
        .recover(
            failure ->
                Future.failedFuture(
                    new AdminError(
                        AdminError.Kind.FAILED,
                        "unit "
                            + served.name()
                            + " cannot be resized to "
                            + Size.text(bytes)
                            + ": "
                            + words(failure))))
        .compose(this::here)
        .compose(_ -> enter(target, wanted));
  }

  /// What the document says of a unit that goes on running.
  private Future<Void> enter(String target, Document.Unit wanted) {
    var served = target(target);
    var unit = served.units().get(wanted.lun());
    running =
        running.with(served.with(new ServedUnit(unit.name(), wanted, unit.unit(), unit.reason())));
    return Future.succeededFuture();
  }

  /// The bounds of every store, as the limits are now.
  private Future<Void> boundStores() {
    for (var target : running.targets().values()) {
      for (var served : target.units().values()) {
        served
            .unit()
            .ifPresent(
                it ->
                    it.gate()
                        .options(
                            opener
                                .settings(served.name(), served.entry(), running.limits())
                                .gate()));
      }
    }
    return Future.succeededFuture();
  }

  private ServedTarget target(String name) {
    return Objects.requireNonNull(running.targets().get(name), name);
  }

  private static ServedUnit ready(String target, Document.Unit unit, LogicalUnit opened) {
    return ServedUnit.ready(Running.unitName(target, unit), unit, opened);
  }

  private Future<ServedUnit> openOrBroken(String target, Document.Unit unit) {
    var name = Running.unitName(target, unit);
    return open(name, unit)
        .map(opened -> ServedUnit.ready(name, unit, opened))
        .otherwise(
            failure -> {
              notServed(name, words(failure));
              return ServedUnit.broken(name, unit, words(failure));
            });
  }

  /// @return fails with the store's own words
  private Future<LogicalUnit> open(String name, Document.Unit unit) {
    var opening = opener.open(name, unit, running.limits()).map(this::knowingTargetPorts);
    return opening
        .timeout(OPEN_SECONDS, TimeUnit.SECONDS)
        .recover(
            failure -> {
              boolean refused = opening.isComplete();
              opening.onSuccess(this::close); // too late
              return Future.failedFuture(
                  refused
                      ? failure
                      : new StoreFault(
                          StoreFault.Kind.UNAVAILABLE,
                          "the store did not open in " + OPEN_SECONDS + " s"));
            })
        .map(
            opened -> {
              opened.copyManager(copyManager);
              return opened;
            })
        .compose(this::here);
  }

  /// Registrations with ALL_TG_PT are made at the target ports there are when they are made.
  private LogicalUnit knowingTargetPorts(LogicalUnit unit) {
    unit.reservations().portalGroups(target -> running.portalGroups(target));
    return unit;
  }

  /// The same as a change asks for it: fails with an [AdminError] that names the unit.
  private Future<LogicalUnit> openOrRefuse(String target, Document.Unit unit) {
    var name = Running.unitName(target, unit);
    return open(name, unit)
        .recover(
            failure ->
                Future.failedFuture(
                    new AdminError(
                        AdminError.Kind.FAILED,
                        "unit " + name + " cannot be opened: " + words(failure))));
  }

  /// @return whether everything reached the store and the store closed
  private Future<Boolean> close(LogicalUnit unit) {
    var name = unit.profile().name();
    var flushed = unit.profile().readOnly() ? Future.<Void>succeededFuture() : unit.gate().flush();
    return flushed
        .timeout(CLOSE_SECONDS, TimeUnit.SECONDS)
        .transform(
            flush ->
                unit.gate()
                    .close()
                    .timeout(
                        unit.gate().state().usable() ? CLOSE_SECONDS : AWAY_CLOSE_SECONDS,
                        TimeUnit.SECONDS)
                    .transform(
                        closed -> {
                          var failure = flush.failed() ? flush.cause() : closed.cause();
                          if (failure != null) {
                            announcer.announce(
                                name,
                                Announcer.Severity.ERROR,
                                "it was not closed well: " + words(failure));
                          }
                          return Future.succeededFuture(failure == null);
                        }))
        .compose(this::here);
  }

  private Future<Void> closeAll(List<ServedUnit> units) {
    return Future.join(units.stream().flatMap(it -> it.unit().stream()).map(this::close).toList())
        .mapEmpty();
  }

  /// Goes on after a time even if `future` does not: what runs on must not hold up what follows.
  private <T> Future<Void> bounded(Future<T> future, String what) {
    return future
        .timeout(CLOSE_SECONDS, TimeUnit.SECONDS)
        .<Void>mapEmpty()
        .otherwise(
            failure -> {
              LOG.error("could not {}: {}", what, words(failure));
              return null;
            })
        .compose(this::here);
  }

  /// Goes on on the control context, whichever context completed what came before.
  private <T> Future<T> here(T value) {
    Promise<T> promise = Promise.promise();
    control.runOnContext(_ -> promise.complete(value));
    return promise.future();
  }

  /// A failure as a person is told it.
  static String words(Throwable failure) {
    var message = failure.getMessage();
    return message == null || message.isBlank() ? failure.toString() : message;
  }

  private void notServed(String unit, String reason) {
    announcer.announce(unit, Announcer.Severity.ERROR, "it is not served: " + reason);
  }

  private static AdminError adminError(Throwable failure) {
    return failure instanceof AdminError error
        ? error
        : new AdminError(AdminError.Kind.FAILED, words(failure));
  }

  private static boolean maySameMedium(Map<String, Object> one, Map<String, Object> other) {
    return Objects.equals(one.get("kind"), other.get("kind"))
        && one.entrySet().stream()
            .anyMatch(
                it ->
                    !it.getKey().equals("kind")
                        && Objects.equals(it.getValue(), other.get(it.getKey())));
  }

  private static <T> Future<Void> oneByOne(List<T> items, Function<T, Future<Void>> step) {
    Future<Void> chain = Future.succeededFuture();
    for (var item : items) {
      chain = chain.compose(_ -> step.apply(item));
    }
    return chain;
  }
}
