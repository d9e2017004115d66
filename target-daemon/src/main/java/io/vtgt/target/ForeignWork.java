package io.vtgt.target;

import io.vertx.core.Future;

/// What reads or writes a unit although no task of the unit stands behind it: a copy that another
/// unit was asked for, or one that goes on after its command was answered. What ends the tasks of a
/// nexus ends this too.
public interface ForeignWork {

  /// Begins nothing more at the unit. Any context.
  ///
  /// @return completes when it begins nothing more; what is under way then is in the unit's gate
  Future<Void> stop();
}
