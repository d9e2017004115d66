package io.vtgt.store;

import io.vertx.core.Future;

/// Takes a medium from another client that holds it for itself.
public interface TakeOver {

  /// Makes this store the one that may write. Whoever held the medium is shut out first, so that
  /// none of its writes can land any more; what it had not written yet is lost to it. Does nothing
  /// where the medium is ours already.
  ///
  /// @return completes when changes are taken; fails with [StoreFault]
  Future<Void> takeOver();
}
