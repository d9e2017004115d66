package io.vtgt.target;

import io.vertx.core.Future;
import io.vtgt.scsi.Completion;

/// What a control command has come to when its turn on the unit's owner context is over.
///
/// @param rest what the answer still waits for, while the unit's next control command may begin; a
///   failure takes the place of the completion
public record Turn(Completion completion, Future<Void> rest) {

  /// Nothing to wait for.
  public static Turn over(Completion completion) {
    return new Turn(completion, Future.succeededFuture());
  }
}
