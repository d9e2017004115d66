package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The snapshots of unit 0, which a session sees; other units have none.
final class FakeSnapshots implements SnapshotAdmin {
  private final Map<String, Snapshot> snapshots = new LinkedHashMap<>();
  private final List<String> actions;

  /// @param actions gets what is done: `rollback a force`
  FakeSnapshots(List<String> actions) {
    this.actions = actions;
  }

  @Override
  public synchronized Future<List<Snapshot>> list(UnitAddress unit) {
    return unit.lun() == 0
        ? Future.succeededFuture(List.copyOf(snapshots.values()))
        : refused(AdminError.Kind.CONFLICT, "its store has none");
  }

  @Override
  public synchronized Future<Snapshot> create(UnitAddress unit, String name) {
    var snapshot = new Snapshot(name, 1 << 20, Optional.of("2026-11-21T00:00:00Z"), false);
    return snapshots.putIfAbsent(name, snapshot) == null
        ? Future.succeededFuture(snapshot)
        : refused(AdminError.Kind.CONFLICT, "there is a snapshot \"" + name + "\" already");
  }

  @Override
  public synchronized Future<Void> rollback(UnitAddress unit, String name, boolean force) {
    if (!force) {
      return refused(AdminError.Kind.CONFLICT, "1 session sees it");
    }
    actions.add("rollback " + name + " force");
    return find(name).mapEmpty();
  }

  @Override
  public synchronized Future<Void> remove(UnitAddress unit, String name) {
    return find(name)
        .compose(
            it -> {
              if (it.isProtected()) {
                return refused(AdminError.Kind.CONFLICT, "it is protected");
              }
              snapshots.remove(name);
              return Future.succeededFuture();
            });
  }

  @Override
  public synchronized Future<Snapshot> protect(UnitAddress unit, String name, boolean isProtected) {
    return find(name)
        .map(
            it -> {
              var changed = new Snapshot(name, it.bytes(), it.created(), isProtected);
              snapshots.put(name, changed);
              return changed;
            });
  }

  private Future<Snapshot> find(String name) {
    return snapshots.containsKey(name)
        ? Future.succeededFuture(snapshots.get(name))
        : refused(AdminError.Kind.NOT_FOUND, "there is no snapshot \"" + name + "\"");
  }

  private static <T> Future<T> refused(AdminError.Kind kind, String message) {
    return Future.failedFuture(new AdminError(kind, message));
  }
}
