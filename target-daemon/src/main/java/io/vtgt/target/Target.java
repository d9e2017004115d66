package io.vtgt.target;

import io.vertx.core.Future;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import java.util.List;
import java.util.SortedMap;

/// A SCSI target device with its logical units (SAM-5). Its name is the iSCSI node name.
public final class Target {
  private final String name;

  public Target(String name) {
    this.name = name;
  }

  public String name() {
    return name;
  }

  public AccessRules accessRules() {
    throw new UnsupportedOperationException();
  }

  public void accessRules(AccessRules rules) {
    throw new UnsupportedOperationException();
  }

  public SortedMap<Integer, LogicalUnit> units() {
    throw new UnsupportedOperationException();
  }

  /// Adds a unit and tells every nexus that sees it: REPORTED LUNS DATA HAS CHANGED.
  public void addUnit(int lun, LogicalUnit unit) {
    throw new UnsupportedOperationException();
  }

  /// Ends the unit's tasks, takes it away, tells every nexus. The unit's gate is left open.
  public Future<LogicalUnit> removeUnit(int lun) {
    throw new UnsupportedOperationException();
  }

  public List<Nexus> nexuses() {
    throw new UnsupportedOperationException();
  }

  /// A session has reached the full feature phase: pending unit attentions are POWER ON for a new
  /// nexus.
  public void attach(Nexus nexus) {
    throw new UnsupportedOperationException();
  }

  /// The session is over (SAM-5, I_T nexus loss): what lasts only as long as the nexus ends.
  public void detach(Nexus nexus) {
    throw new UnsupportedOperationException();
  }

  /// Begins a command on the unit its LUN names; a missing or hidden unit answers as SPC-5 says
  /// ("Incorrect logical unit selection"). Called on the nexus' loop.
  public Step begin(Task task) {
    throw new UnsupportedOperationException();
  }

  /// True when `lun` (8 bytes) names a unit this nexus sees.
  public boolean hasUnit(Nexus nexus, long lun) {
    throw new UnsupportedOperationException();
  }

  /// ABORT TASK SET is the transport's own; this is CLEAR TASK SET: every nexus' tasks of the unit.
  public Future<Void> clearTaskSet(Nexus by, long lun) {
    throw new UnsupportedOperationException();
  }

  /// LOGICAL UNIT RESET (SAM-5). Completes when no write of an ended task can still reach the
  /// medium.
  public Future<Void> resetUnit(Nexus by, long lun) {
    throw new UnsupportedOperationException();
  }

  /// TARGET WARM RESET and, with `cold`, TARGET COLD RESET (every session ends afterwards).
  public Future<Void> reset(Nexus by, boolean cold) {
    throw new UnsupportedOperationException();
  }
}
