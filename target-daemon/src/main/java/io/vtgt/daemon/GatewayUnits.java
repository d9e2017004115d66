package io.vtgt.daemon;

import io.vtgt.mgmt.document.Document;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Every unit of the gateway, as far as an initiator may reach it: what copies look units up in. A
/// pure function of [Running].
///
/// At another target than its own an initiator is taken for who it says it is only where that
/// target would do so too: there it has a session from the same address, or the target asks for no
/// authentication and is reached through the initiator's portal group.
record GatewayUnits(Supplier<Running> running) implements UnitDirectory {

  @Override
  public List<Way> find(Predicate<LogicalUnit> which, Nexus nexus) {
    List<Way> own = nexus.ways(which);
    if (!own.isEmpty()) {
      return own;
    }
    var ways = new ArrayList<Way>();
    for (var served : running.get().targets().values()) {
      if (!served.target().name().equals(nexus.id().targetName())) {
        ways.addAll(served.target().ways(nexus, which, open(served.entry(), nexus)));
      }
    }
    return ways;
  }

  private static boolean open(Document.TargetEntry target, Nexus nexus) {
    boolean reached =
        target.portalGroups().isEmpty() || target.portalGroups().contains(nexus.id().portalGroup());
    return reached && target.authentication().accounts().isEmpty() && target.redirect().isEmpty();
  }
}
