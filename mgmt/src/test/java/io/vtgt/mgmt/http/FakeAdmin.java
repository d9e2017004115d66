package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.MediaAdmin;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Diff;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A daemon without sockets and stores, held in memory.
final class FakeAdmin implements TargetAdmin {
  private Document document;
  private int version = 1;
  private final List<Session> sessions = new ArrayList<>();

  /// What the daemon finds wrong with every document.
  List<Violation> violations = List.of();

  /// With what the next apply fails.
  Optional<RuntimeException> failure = Optional.empty();

  /// Done by somebody else just before the next applies.
  int foreignWrites;

  List<Event> events = List.of();

  Health health = new Health(true, "1.0", 5, List.of());

  FakeAdmin(Document document) {
    this.document = document;
    sessions.add(
        new Session(
            "s1",
            "iqn.2026-11.com.example:a",
            "iqn.2026-11.com.example:i",
            "127.0.0.1:40000",
            "127.0.0.1:3260",
            "0x00023d000001",
            "0x0001",
            false,
            "2026-11-21T00:00:00Z",
            Map.of("HeaderDigest", "None"),
            Map.of("reads", 3L)));
  }

  @Override
  public synchronized Versioned current() {
    return new Versioned(document, "v" + version);
  }

  @Override
  public List<Event> events(long after) {
    return events.stream().filter(it -> it.number() > after).toList();
  }

  @Override
  public List<Violation> check(Document wanted) {
    return violations;
  }

  @Override
  public synchronized Future<Applied> apply(Document wanted, String ifVersion, boolean dryRun) {
    if (failure.isPresent()) {
      return Future.failedFuture(failure.get());
    }
    if (foreignWrites > 0) {
      foreignWrites--;
      version++;
    }
    if (!ifVersion.isEmpty() && !ifVersion.equals("v" + version)) {
      return Future.failedFuture(
          new AdminError(AdminError.Kind.CONFLICT, "the version is v" + version));
    }
    var changes = Diff.of(document, wanted);
    if (!dryRun && !changes.isEmpty()) {
      document = wanted;
      version++;
    }
    return Future.succeededFuture(new Applied(changes, "v" + version, dryRun));
  }

  /// Of the actions that are not changes of the document: `eject 0 force`.
  final List<String> actions = new ArrayList<>();

  @Override
  public synchronized Future<Applied> resize(
      UnitAddress unit, String size, boolean force, boolean dryRun) {
    actions.add("resize " + unit.lun() + " " + size + (force ? " force" : ""));
    return failure
        .<Future<Applied>>map(Future::failedFuture)
        .orElseGet(
            () -> {
              var entry =
                  document.targets().getFirst().units().stream()
                      .filter(it -> it.lun() == unit.lun())
                      .findFirst()
                      .orElseThrow();
              var resize =
                  new Change.ResizeUnit(
                      unit.target(), entry.withStore(Map.of("kind", "memory", "size", size)));
              return Future.succeededFuture(new Applied(List.of(resize), "v" + version, dryRun));
            });
  }

  @Override
  public synchronized Future<Void> eject(UnitAddress unit, boolean force) {
    actions.add("eject " + unit.lun() + (force ? " force" : ""));
    return failure.<Future<Void>>map(Future::failedFuture).orElseGet(Future::succeededFuture);
  }

  @Override
  public synchronized Future<Void> load(UnitAddress unit) {
    actions.add("load " + unit.lun());
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> takeOver(UnitAddress unit) {
    actions.add("take-over " + unit.lun());
    return failure.<Future<Void>>map(Future::failedFuture).orElseGet(Future::succeededFuture);
  }

  private final FakeSnapshots snapshots = new FakeSnapshots(actions);
  private final FakeMedia media = new FakeMedia(actions);

  @Override
  public SnapshotAdmin snapshots() {
    return snapshots;
  }

  @Override
  public MediaAdmin media() {
    return media;
  }

  @Override
  public synchronized List<Session> sessions() {
    return List.copyOf(sessions);
  }

  @Override
  public synchronized Future<Void> endSession(String id) {
    return sessions.removeIf(it -> it.id().equals(id))
        ? Future.succeededFuture()
        : Future.failedFuture(
            new AdminError(AdminError.Kind.NOT_FOUND, "there is no session " + id));
  }

  @Override
  public List<UnitStatus> units() {
    return List.of(
        new UnitStatus(
            "iqn.2026-11.com.example:a",
            0,
            "a-0",
            "ready",
            1 << 20,
            512,
            "5000000000000001",
            "S0",
            Optional.of(new Medium(true, true, false, "none", "usable")),
            Optional.of(new Space(Optional.of(4096L), Optional.empty(), false, false)),
            Map.of("writeCache", true),
            Map.of("reads", 1L)));
  }

  /// Of the one unit, through group 1 of every target.
  private String accessState = "active-optimized";

  @Override
  public synchronized Future<List<PortGroup>> portGroups(String target) {
    return document.targets().stream().noneMatch(it -> it.name().equals(target))
        ? Future.failedFuture(
            new AdminError(AdminError.Kind.NOT_FOUND, "there is no target \"" + target + "\""))
        : Future.succeededFuture(
            List.of(
                new PortGroup(
                    target,
                    1,
                    List.of(
                        new UnitAccess(
                            0,
                            "a-0",
                            accessState,
                            true,
                            accessState.equals("active-optimized")
                                ? "nobody"
                                : "administrator")))));
  }

  @Override
  public synchronized Future<Void> changeAccess(
      String target, int group, String state, List<Integer> luns) {
    if (failure.isPresent()) {
      return Future.failedFuture(failure.get());
    }
    if (!luns.isEmpty() && !luns.equals(List.of(0))) {
      return Future.failedFuture(
          new AdminError(AdminError.Kind.NOT_FOUND, "there is no unit " + luns));
    }
    accessState = state.isEmpty() ? "active-optimized" : state;
    return Future.succeededFuture();
  }

  @Override
  public List<PortalStatus> portals() {
    return List.of(new PortalStatus(1, "127.0.0.1:3260", 2));
  }

  @Override
  public List<KindDescription> storeKinds() {
    return List.of(
        new KindDescription(
            "file",
            "a file",
            List.of(
                new OptionDescription("path", "string", true, "", "where it is"),
                new OptionDescription("key", "secret", false, "", "opens it"))),
        new KindDescription(
            "rbd",
            "an image",
            List.of(new OptionDescription("image", "string", true, "", "its name")),
            Optional.of(
                new MediaDescription(
                    "image",
                    List.of(
                        new OptionDescription("pool", "string", false, "rbd", "its pool"),
                        new OptionDescription("config", "object", false, "", "settings"),
                        new OptionDescription("key", "secret", false, "", "of the client")),
                    List.of(
                        new OptionDescription("size", "size", false, "", "of the image"),
                        new OptionDescription("parent", "string", false, "", "to clone"),
                        new OptionDescription("order", "integer", false, "", "of objects"))))));
  }

  @Override
  public List<KindDescription> layerKinds() {
    return List.of(new KindDescription("delay", "answers later", List.of()));
  }

  @Override
  public Health health() {
    return health;
  }
}
