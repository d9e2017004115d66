package io.vtgt.store;

/// On whose behalf the gate changes the medium: a command in progress. Known by its identity.
public interface Caller {

  /// Nobody in particular: whoever waits for the changes of some caller waits for these too.
  Caller UNKNOWN = () -> false;

  /// Nobody wants the result any more: of a change done in pieces no further piece is begun, and
  /// one that waits for its turn never begins. Asked on any thread; once true, it stays so.
  boolean aborted();
}
