package io.vtgt.mgmt;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import java.util.List;
import java.util.Optional;

/// The snapshots of the media of units that run. Every call may come from any context. A refusal is
/// a failed future with an [AdminError]: [AdminError.Kind#NOT_FOUND] where there is no such unit or
/// snapshot, [AdminError.Kind#CONFLICT] where things are not so that it could be done (the store
/// has no snapshots, it exists, it is protected, it has clones), [AdminError.Kind#FAILED] where the
/// store could not do it.
public interface SnapshotAdmin {

  /// @param bytes the size of the medium then
  /// @param created when it was made; absent where the store does not know
  /// @param isProtected it cannot be removed, and may be cloned
  record Snapshot(String name, long bytes, Optional<String> created, boolean isProtected) {}

  /// Oldest first.
  Future<List<Snapshot>> list(UnitAddress unit);

  /// What initiators have been answered for is in it.
  Future<Snapshot> create(UnitAddress unit, String name);

  /// Gives the unit's medium the content and the size it had then.
  ///
  /// @param force although sessions see the unit; refused otherwise, with
  ///   [AdminError.Kind#CONFLICT]
  Future<Void> rollback(UnitAddress unit, String name, boolean force);

  Future<Void> remove(UnitAddress unit, String name);

  Future<Snapshot> protect(UnitAddress unit, String name, boolean isProtected);
}
