package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.daemon.Running.ServedUnit;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin.PortGroup;
import io.vtgt.mgmt.TargetAdmin.UnitAccess;
import io.vtgt.mgmt.document.Document;
import io.vtgt.scsi.alua.AccessState;
import io.vtgt.scsi.alua.AluaMode;
import io.vtgt.scsi.alua.PortGroupSetup;
import io.vtgt.scsi.alua.TargetPortGroups;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Target port groups between the document, the units and the management interface.
final class PortGroups {
  private PortGroups() {}

  /// What the document says of the groups of one unit.
  static PortGroupSetup setup(Running running, Document.TargetEntry target, int lun) {
    var defaults = new HashMap<Integer, PortGroupSetup.Default>();
    for (var group : target.alua().groups()) {
      boolean ofAll = group.luns().isEmpty();
      if (!ofAll && !group.luns().contains(lun)) {
        continue;
      }
      var said =
          new PortGroupSetup.Default(
              AccessState.of(group.state()).orElseThrow(), group.preferred());
      if (ofAll) {
        defaults.putIfAbsent(group.group(), said);
      } else {
        defaults.put(group.group(), said);
      }
    }
    return new PortGroupSetup(
        AluaMode.of(target.alua().mode()).orElseThrow(), reachable(running, target), defaults);
  }

  /// The groups that have a portal, of those through which the document lets the target be reached.
  static SortedSet<Integer> reachable(Running running, Document.TargetEntry target) {
    var groups = new TreeSet<Integer>();
    running.portals().forEach(it -> groups.add(it.portal().group()));
    if (!target.portalGroups().isEmpty()) {
      groups.retainAll(target.portalGroups());
    }
    return groups;
  }

  /// Brings every unit of a target in line with the document.
  ///
  /// @return completes, on any context, when all are; fails with an [AdminError] that names the
  ///   first that is not
  static Future<Void> refresh(Running running, ServedTarget target) {
    var changes = new ArrayList<Future<Void>>();
    for (var served : target.units().values()) {
      served
          .unit()
          .ifPresent(
              unit ->
                  changes.add(
                      named(
                          served,
                          unit.portGroups()
                              .change(setup(running, target.entry(), served.entry().lun())))));
    }
    return Future.join(changes).mapEmpty();
  }

  static List<PortGroup> list(Running running, ServedTarget target) {
    return reachable(running, target.entry()).stream()
        .map(group -> new PortGroup(target.target().name(), group, units(target, group)))
        .toList();
  }

  private static List<UnitAccess> units(ServedTarget target, int group) {
    return target.units().values().stream()
        .flatMap(served -> access(served, group).stream())
        .toList();
  }

  private static Optional<UnitAccess> access(ServedUnit served, int group) {
    return served
        .unit()
        .map(unit -> unit.portGroups().reachable().get(group))
        .map(
            it ->
                new UnitAccess(
                    served.entry().lun(),
                    served.name(),
                    it.state().text,
                    it.preferred(),
                    it.changedBy().text));
  }

  /// An implicit change of some units.
  ///
  /// @param state empty for what the document says
  /// @param luns empty is all
  static Future<Void> change(
      ServedTarget target, int group, Optional<AccessState> state, List<Integer> luns) {
    var mode = AluaMode.of(target.entry().alua().mode()).orElseThrow();
    if (!mode.implicit()) {
      return refused(
          AdminError.Kind.CONFLICT,
          "the ALUA mode of target "
              + target.target().name()
              + " is "
              + mode.text
              + "; states are changed here only where it is implicit or both");
    }
    var chosen = new ArrayList<ServedUnit>();
    for (int lun : luns.isEmpty() ? target.units().keySet() : luns) {
      var served = target.units().get(lun);
      if (served == null) {
        return refused(
            AdminError.Kind.NOT_FOUND,
            "there is no unit " + lun + " of target " + target.target().name());
      }
      if (served.unit().isPresent()) {
        chosen.add(served);
      } else if (!luns.isEmpty()) {
        return refused(
            AdminError.Kind.CONFLICT,
            "unit " + served.name() + " is not served: " + served.reason());
      }
    }
    return Future.join(
            chosen.stream()
                .map(it -> named(it, groupsOf(it).changeImplicitly(group, state)))
                .toList())
        .mapEmpty();
  }

  private static TargetPortGroups groupsOf(ServedUnit served) {
    return served.unit().orElseThrow().portGroups();
  }

  private static Future<Void> named(ServedUnit served, Future<Void> change) {
    return change.recover(
        failure ->
            refused(
                AdminError.Kind.FAILED,
                "the access state of unit "
                    + served.name()
                    + " did not change: "
                    + Reconciler.words(failure)));
  }

  private static Future<Void> refused(AdminError.Kind kind, String message) {
    return Future.failedFuture(new AdminError(kind, message));
  }
}
