package io.vtgt.mgmt.document;

import java.util.List;

/// One difference between the document in force and the wanted one, as [Diff] finds and the daemon
/// applies it.
public sealed interface Change {
  record AddPortal(Document.Portal portal) implements Change {}

  record RemovePortal(Document.Portal portal) implements Change {}

  record AddTarget(Document.TargetEntry target) implements Change {}

  record RemoveTarget(String name) implements Change {}

  /// Everything of a target but its units: alias, groups, access, authentication, redirect.
  record UpdateTarget(Document.TargetEntry target) implements Change {}

  record AddUnit(String target, Document.Unit unit) implements Change {}

  record RemoveUnit(String target, int lun) implements Change {}

  /// The unit is closed and opened again with other settings.
  record ReplaceUnit(String target, Document.Unit unit) implements Change {}

  /// The unit takes other settings while it is served: no session ends, its store stays open.
  ///
  /// @param fields that change, by their dotted names
  record ChangeUnit(String target, Document.Unit unit, List<String> fields) implements Change {}

  /// The medium gets the size that `store` has in `unit`, while it is served.
  record ResizeUnit(String target, Document.Unit unit) implements Change {}

  record UpdateAccounts(List<Document.Account> accounts) implements Change {}

  record UpdateDiscovery(Document.Discovery discovery) implements Change {}

  /// For sessions that log in from now on.
  record UpdateLogin(Document.Login login) implements Change {}

  record UpdateLimits(Document.Limits limits) implements Change {}

  /// Takes effect with the next start.
  record UpdateHttp(Document.Http http) implements Change {}

  /// One line for people: `add unit 1 to iqn.…`.
  default String describe() {
    return switch (this) {
      case AddPortal(var portal) ->
          "add portal " + portal.listen() + " (group " + portal.group() + ")";
      case RemovePortal(var portal) -> "remove portal " + portal.listen();
      case AddTarget(var target) -> "add target " + target.name();
      case RemoveTarget(var name) -> "remove target " + name;
      case UpdateTarget(var target) -> "update target " + target.name();
      case AddUnit(var target, var unit) -> "add unit " + unit.lun() + " to " + target;
      case RemoveUnit(var target, var lun) -> "remove unit " + lun + " of " + target;
      case ReplaceUnit(var target, var unit) -> "reopen unit " + unit.lun() + " of " + target;
      case ChangeUnit(var target, var unit, var fields) ->
          "change " + String.join(", ", fields) + " of unit " + unit.lun() + " of " + target;
      case ResizeUnit(var target, var unit) ->
          "resize unit " + unit.lun() + " of " + target + " to " + unit.store().get("size");
      case UpdateAccounts _ -> "update accounts";
      case UpdateDiscovery _ -> "update discovery";
      case UpdateLogin _ -> "update login settings";
      case UpdateLimits _ -> "update limits";
      case UpdateHttp _ -> "update the management address (with the next start)";
    };
  }
}
