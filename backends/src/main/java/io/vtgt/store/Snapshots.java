package io.vtgt.store;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;

/// The snapshots of a store's medium. Reached through the [StoreGate], which drains before a
/// snapshot is made or rolled back to; layers make durable first what they hold back.
///
/// A refusal (no such snapshot, it exists, it is protected, it has clones) is a [StoreFault] of
/// kind [StoreFault.Kind#UNSUPPORTED] whose message says it in words.
public interface Snapshots {

  /// @param name unique on the medium
  /// @param bytes the size of the medium then
  /// @param created when it was made; [Instant#EPOCH] where the store does not know
  /// @param isProtected it cannot be removed, and may be cloned
  record Snapshot(String name, long bytes, Instant created, boolean isProtected) {}

  /// Oldest first.
  Future<List<Snapshot>> list();

  Future<Void> create(String name);

  /// The medium's content and size become what they were when the snapshot was made.
  Future<Void> rollback(String name);

  Future<Void> remove(String name);

  Future<Void> protect(String name, boolean isProtected);
}
