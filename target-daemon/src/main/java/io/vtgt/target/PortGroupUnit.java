package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.alua.TargetPortGroups;
import java.util.function.Predicate;

/// What target port groups may ask of a unit.
record PortGroupUnit(LogicalUnit unit) implements TargetPortGroups.Unit {
  @Override
  public String name() {
    return unit.profile().name();
  }

  @Override
  public Context owner() {
    return unit.owner();
  }

  @Override
  public UnitMemory memory() {
    return unit.memory();
  }

  @Override
  public void attention(Asc asc, Predicate<Nexus> whose) {
    unit.attention(asc, whose);
  }

  @Override
  public Future<Void> commandsEnded(Predicate<Nexus.Id> whose) {
    return unit.aborts().commandsEnded(whose);
  }
}
