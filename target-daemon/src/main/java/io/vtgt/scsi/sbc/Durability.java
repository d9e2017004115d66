package io.vtgt.scsi.sbc;

import io.vertx.core.Future;
import io.vtgt.target.LogicalUnit;

/// When a change of the medium counts as done.
final class Durability {
  private Durability() {}

  /// With the write cache switched off (WCE 0, SBC-4, Caching mode page) a write is on stable
  /// storage before it is answered, FUA or not.
  static boolean everyWrite(LogicalUnit unit) {
    return !unit.state().mode().writeCacheEnabled();
  }

  /// For changes that have no FUA of their own: UNMAP and WRITE SAME.
  static Future<Void> settle(LogicalUnit unit, Future<Void> change) {
    return everyWrite(unit) ? change.compose(_ -> unit.gate().flush()) : change;
  }
}
