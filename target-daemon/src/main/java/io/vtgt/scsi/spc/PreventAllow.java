package io.vtgt.scsi.spc;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// PREVENT ALLOW MEDIUM REMOVAL (SPC-5): prevention lasts as long as the nexus, or until a reset.
final class PreventAllow {
  private PreventAllow() {}

  static Step begin(Task task, LogicalUnit unit) {
    int prevent = task.cdb().u8(4);
    if (prevent > 1) {
      return Step.check(Sense.invalidFieldInCdb(4, 1)); // 10b and 11b are obsolete
    }
    // Allowing is allowed past every reservation, preventing is not.
    if (prevent == 1 && unit.reservations().conflicts(task.nexus().id(), Access.CHANGES_UNIT)) {
      return new Step.Done(unit.reservations().conflict());
    }
    unit.preventRemoval(task.nexus().id(), prevent == 1);
    return Step.GOOD;
  }
}
