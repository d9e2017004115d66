package io.vtgt.target;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import java.util.Optional;

/// Decides whether a unit takes a command now: what other nexuses did, the path, reservations, what
/// the unit and its store are busy with, write protection, the bits of the CDB.
public final class Admission {
  private static final Step BUSY = new Step.Done(new Completion.Busy());

  /// There never is an auto contingent allegiance: NACA is refused.
  private static final Step NO_ACA = Step.check(Sense.illegalRequest(Asc.INVALID_MESSAGE_ERROR));

  private final LogicalUnit unit;

  Admission(LogicalUnit unit) {
    this.unit = unit;
  }

  /// Why the command does not begin, or null. (Null, because this is asked for every READ.)
  Step refusal(Task task, CommandSpec row) {
    if (task.attribute() == TaskAttribute.ACA) {
      return NO_ACA;
    }
    boolean offered = row != null && row.offered().test(unit);
    Access access = offered ? row.access() : Access.REPORTS;
    if (access != Access.ALWAYS) {
      Step attention = attention(task);
      if (attention != null) {
        return attention;
      }
    }
    if (!offered) {
      return unknown(task.cdb());
    }
    // Before reservations: a nexus with another path shall try that one, not give up.
    Step inaccessible = unit.portGroups().refusal(task.nexus().id(), row, task.cdb());
    if (inaccessible != null) {
      return inaccessible;
    }
    if (access != Access.ALWAYS
        && access != Access.OWN_RULES
        && unit.reservations().conflicts(task.nexus().id(), access)) {
      Optional<Completion> conflict = unit.reservations().conflict(row);
      if (conflict.isPresent()) {
        return new Step.Done(conflict.get());
      }
    }
    Step inTheWay = conditionRefuses(task, row);
    if (inTheWay != null) {
      return inTheWay;
    }
    if (row.needsMedium()) {
      Optional<Sense> notReady = ready() ? Optional.empty() : notReady();
      if (notReady.isPresent()) {
        return Step.check(notReady.get());
      }
      if (unit.gate().hung()) {
        return BUSY; // nothing more for a store that does not answer
      }
    }
    if (access == Access.WRITES_MEDIUM && unit.writeProtected()) {
      return Step.check(Sense.of(SenseKey.DATA_PROTECT, writeProtection()));
    }
    Optional<Sense> fault = row.refusal(task.cdb());
    return fault.isEmpty() ? null : Step.check(fault.get());
  }

  /// What would end a command of `nexus` that touches the medium as `access` says, or nothing:
  /// asked again and again by copies, for the units they read and write. Any context.
  public Optional<Completion> refusalOf(Nexus.Id nexus, Access access) {
    Optional<Sense> inaccessible = unit.portGroups().inaccessible(nexus);
    if (inaccessible.isPresent()) {
      return inaccessible.map(Completion::check);
    }
    if (unit.reservations().conflicts(nexus, access)) {
      return Optional.of(new Completion.ReservationConflict());
    }
    if (unit.gate().hung()) {
      return Optional.of(new Completion.Busy());
    }
    Optional<Sense> notReady = notReady();
    if (notReady.isPresent()) {
      return notReady.map(Completion::check);
    }
    return access == Access.WRITES_MEDIUM && unit.writeProtected()
        ? Optional.of(Completion.check(Sense.of(SenseKey.DATA_PROTECT, writeProtection())))
        : Optional.empty();
  }

  /// Why the unit is not ready, or nothing when it is.
  public Optional<Sense> notReady() {
    if (!unit.profile().online()) {
      return Optional.of(Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_OFFLINE));
    }
    Optional<Sense> away = unit.profile().whenStoreIsAway().refusal(unit.gate().state());
    if (away.isPresent()) {
      return away;
    }
    LogicalUnitState now = unit.state();
    Optional<Sense> busy = Condition.sense(now.condition());
    if (busy.isPresent()) {
      return busy;
    }
    if (!now.mediumPresent()) {
      return Optional.of(Sense.of(SenseKey.NOT_READY, Asc.MEDIUM_NOT_PRESENT));
    }
    if (!now.started()) {
      return Optional.of(
          Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_INITIALIZING_COMMAND_REQUIRED));
    }
    return Optional.empty();
  }

  private Step attention(Task task) {
    ItlNexus itl = task.nexus().at(task.lun());
    if (itl == null || itl.unit() != unit || !itl.attentionPending()) {
      return null;
    }
    Optional<Asc> asc = task.nexus().takeAttention(task.lun());
    return asc.isEmpty() ? null : Step.check(Sense.unitAttention(asc.get()));
  }

  /// What the command ends with because of what the unit is busy with as a whole, or null.
  Step conditionRefuses(Task task, CommandSpec row) {
    Condition condition = unit.state().condition();
    return Condition.allows(condition, row, task.cdb())
        ? null
        : Step.check(Condition.sense(condition).orElseThrow());
  }

  /// A command nobody knows, or one that this unit does not offer.
  private Step unknown(Cdb cdb) {
    return CommandTable.hasServiceActions(cdb.opcode()) && CommandTable.offers(unit, cdb.opcode())
        ? Step.check(
            cdb.opcode() == Cdb.VARIABLE_LENGTH
                ? Sense.invalidFieldInCdb(8, 7)
                : Sense.invalidFieldInCdb(1, 4))
        : Step.check(Sense.illegalRequest(Asc.INVALID_COMMAND_OPERATION_CODE));
  }

  private boolean ready() {
    LogicalUnitState now = unit.state();
    return now.mediumPresent()
        && now.started()
        && unit.profile().online()
        && unit.gate().state().usable();
  }

  private Asc writeProtection() {
    return unit.readOnly() ? Asc.WRITE_PROTECTED : Asc.SOFTWARE_WRITE_PROTECTED;
  }
}
