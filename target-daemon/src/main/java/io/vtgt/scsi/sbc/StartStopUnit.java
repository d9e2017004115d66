package io.vtgt.scsi.sbc;

import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;

/// START STOP UNIT: ejects and loads a removable medium; a stop flushes.
///
/// Nothing turns here, and other hosts share the unit: so a stop leaves it ready, and power
/// conditions are accepted without effect, as other targets do. IMMED changes nothing.
final class StartStopUnit {
  private static final int FLAGS = 4;
  private static final int START = 0;
  private static final int LOEJ = 1;
  private static final int NO_FLUSH = 2;

  private static final Step NOT_REMOVABLE = Step.check(Sense.invalidFieldInCdb(FLAGS, LOEJ));

  private static final Step PREVENTED =
      Step.check(Sense.illegalRequest(Asc.MEDIUM_REMOVAL_PREVENTED));

  private StartStopUnit() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean start = cdb.bit(FLAGS, START);
    boolean flush = !cdb.bit(FLAGS, NO_FLUSH);
    int powerCondition = cdb.u8(FLAGS) >> 4;
    // Starting is allowed past every reservation, the rest is not (SBC-4, Reservations).
    if (!(start && powerCondition == 0)
        && unit.reservations().conflicts(task.nexus().id(), Access.CHANGES_UNIT)) {
      return new Step.Done(unit.reservations().conflict());
    }
    if (powerCondition != 0) {
      return Step.GOOD; // START and LOEJ are not looked at then
    }
    if (!cdb.bit(FLAGS, LOEJ)) {
      return start ? Step.GOOD : new Step.Running(stop(unit, flush));
    }
    if (!unit.profile().removable()) {
      return NOT_REMOVABLE;
    }
    if (unit.removalPrevented()) {
      return PREVENTED;
    }
    Nexus.Id by = task.nexus().id();
    return unit.onOwner(task, () -> start ? load(unit, by) : eject(unit, flush));
  }

  private static Future<Completion> stop(LogicalUnit unit, boolean flush) {
    return flush(unit, flush && unit.state().mediumPresent())
        .map(
            _ -> {
              unit.startStopCycles().stopped();
              return Completion.good();
            });
  }

  private static Future<Void> flush(LogicalUnit unit, boolean wanted) {
    return wanted ? unit.gate().flush() : Future.succeededFuture();
  }

  private static Future<Completion> load(LogicalUnit unit, Nexus.Id by) {
    unit.loadMedium(nexus -> !nexus.id().equals(by));
    return Future.succeededFuture(Completion.good());
  }

  /// New commands find no medium, then what was written is made durable; where that fails the
  /// medium stays. Writes still under way are not waited for: the store stays open, so they land
  /// and are answered as ever, and a store that hangs does not hold up the unit's other control
  /// commands.
  private static Future<Completion> eject(LogicalUnit unit, boolean flush) {
    if (!unit.state().mediumPresent()) {
      return Future.succeededFuture(Completion.good());
    }
    unit.publish(unit.state().withMediumPresent(false));
    return flush(unit, flush)
        .map(
            _ -> {
              unit.startStopCycles().unloaded();
              return Completion.good();
            })
        .recover(
            failure -> {
              unit.publish(unit.state().withMediumPresent(true));
              return Future.failedFuture(failure);
            });
  }
}
