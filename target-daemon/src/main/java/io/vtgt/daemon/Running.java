package io.vtgt.daemon;

import io.vtgt.mgmt.document.Document;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Target;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What runs now. Immutable: the [Reconciler] replaces it whole, every event loop reads it.
///
/// @param portals bound, in the order they were bound
/// @param targets by name
record Running(
    List<BoundPortal> portals,
    SortedMap<String, ServedTarget> targets,
    List<Document.Account> accounts,
    Document.Discovery discovery,
    Document.Login login,
    Document.Limits limits) {

  /// @param bound the address and port it listens on; the port taken where 0 was asked
  record BoundPortal(Document.Portal portal, InetSocketAddress bound) {}

  /// @param entry as the document has it; what it says of units is not looked at
  record ServedTarget(
      Document.TargetEntry entry, Target target, SortedMap<Integer, ServedUnit> units) {
    ServedTarget {
      units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    }

    ServedTarget with(Document.TargetEntry changed) {
      return new ServedTarget(changed, target, units);
    }

    ServedTarget with(ServedUnit unit) {
      var more = new TreeMap<>(units);
      more.put(unit.entry().lun(), unit);
      return new ServedTarget(entry, target, more);
    }

    ServedTarget withoutUnit(int lun) {
      var less = new TreeMap<>(units);
      less.remove(lun);
      return new ServedTarget(entry, target, less);
    }
  }

  /// @param name unique in the document
  /// @param unit empty when its store could not be opened
  /// @param reason why there is no unit, in words; empty when there is one
  record ServedUnit(String name, Document.Unit entry, Optional<LogicalUnit> unit, String reason) {
    static ServedUnit ready(String name, Document.Unit entry, LogicalUnit unit) {
      return new ServedUnit(name, entry, Optional.of(unit), "");
    }

    static ServedUnit broken(String name, Document.Unit entry, String reason) {
      return new ServedUnit(name, entry, Optional.empty(), reason);
    }
  }

  Running {
    portals = List.copyOf(portals);
    targets = Collections.unmodifiableSortedMap(new TreeMap<>(targets));
    accounts = List.copyOf(accounts);
  }

  /// Nothing is served yet; login, limits and accounts are those of the document.
  static Running nothingOf(Document document) {
    return new Running(
        List.of(),
        new TreeMap<>(),
        document.accounts(),
        document.discovery(),
        document.login(),
        document.limits());
  }

  Running with(BoundPortal portal) {
    var more = new ArrayList<>(portals);
    more.add(portal);
    return new Running(more, targets, accounts, discovery, login, limits);
  }

  Running without(BoundPortal portal) {
    var less = new ArrayList<>(portals);
    less.remove(portal);
    return new Running(less, targets, accounts, discovery, login, limits);
  }

  Running with(ServedTarget target) {
    var more = new TreeMap<>(targets);
    more.put(target.target().name(), target);
    return new Running(portals, more, accounts, discovery, login, limits);
  }

  Running withoutTarget(String name) {
    var less = new TreeMap<>(targets);
    less.remove(name);
    return new Running(portals, less, accounts, discovery, login, limits);
  }

  Running withAccounts(List<Document.Account> changed) {
    return new Running(portals, targets, changed, discovery, login, limits);
  }

  Running with(Document.Discovery changed) {
    return new Running(portals, targets, accounts, changed, login, limits);
  }

  Running with(Document.Login changed) {
    return new Running(portals, targets, accounts, discovery, changed, limits);
  }

  Running with(Document.Limits changed) {
    return new Running(portals, targets, accounts, discovery, login, changed);
  }

  /// The portal groups that a target is reached through, of those that are bound: its target ports.
  /// None when there is no such target.
  Set<Integer> portalGroups(String target) {
    var served = targets.get(target);
    return served == null ? Set.of() : PortGroups.reachable(this, served.entry());
  }

  /// The name of a unit, made from target and LUN where the document gives none.
  static String unitName(String target, Document.Unit unit) {
    return unit.name().orElseGet(() -> target + "/" + unit.lun());
  }
}
