package io.vtgt.daemon;

import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Consumer;

/// What must survive a restart: small texts under a key, each with a version.
///
/// Shaped so that an object in a cluster (a map with versions, watch and notify) can stand in for
/// the folder of today, with several gateways sharing it. Every method may be called from any
/// context; a failure is a [StateFault].
public interface StateStore {

  /// @param version 1 for the first value of a key, one more with each change
  record Entry(String value, long version) {}

  /// The value of a key, or nothing when it was never written. A damaged value is a failure, never
  /// nothing.
  ///
  /// @param key lower-case letters, digits and `-`
  Future<Optional<Entry>> get(String key);

  /// Compare and set: writes the value if the key is still at `expectedVersion`. Completes when the
  /// value is on stable storage.
  ///
  /// @param expectedVersion 0 when there must be none yet
  /// @return the new version; fails with [StateFault.Kind#VERSION_MOVED] when another wrote
  ///   meanwhile
  Future<Long> put(String key, long expectedVersion, String value);

  /// Tells every change of a key made through this store from now on, in order of the versions.
  ///
  /// @return ends the watch
  Runnable watch(String key, Consumer<Entry> listener);

  /// Completes when nothing is under way any more.
  Future<Void> close();

  /// Why a state could not be read or written.
  final class StateFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public enum Kind {
      /// Another writer was first.
      VERSION_MOVED,
      /// What is stored is not what was written.
      DAMAGED,
      /// The medium failed.
      FAILED
    }

    private final Kind kind;

    public StateFault(Kind kind, String message, Throwable cause) {
      super(message, cause);
      this.kind = kind;
    }

    public StateFault(Kind kind, String message) {
      this(kind, message, null);
    }

    public Kind kind() {
      return kind;
    }
  }
}
