package io.vtgt.mgmt.document;

import io.vtgt.mgmt.document.Document.Portal;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// What a daemon without sockets and stores does with changes: it refuses what a real one would
/// trip over.
final class Fold {
  private Fold() {}

  static Document apply(Document document, List<Change> changes) {
    for (var change : changes) {
      document = apply(document, change);
    }
    return document;
  }

  static Document apply(Document d, Change change) {
    return switch (change) {
      case Change.AddPortal(var portal) -> {
        check(
            d.portals().stream()
                .noneMatch(
                    it ->
                        HostPort.parse(it.listen())
                            .orElseThrow()
                            .collidesWith(HostPort.parse(portal.listen()).orElseThrow())),
            change);
        yield d.withPortals(plus(d.portals(), portal));
      }
      case Change.RemovePortal(var portal) -> {
        var rest = new ArrayList<>(d.portals());
        check(rest.remove(portal), change);
        yield d.withPortals(rest);
      }
      case Change.AddTarget(var target) -> {
        check(d.targets().stream().noneMatch(it -> it.name().equals(target.name())), change);
        target.units().forEach(unit -> checkFree(d, unit, change));
        yield d.withTargets(plus(d.targets(), target));
      }
      case Change.RemoveTarget(var name) ->
          d.withTargets(less(d.targets(), it -> it.name().equals(name), change));
      case Change.UpdateTarget(var target) ->
          update(d, target.name(), it -> target.withUnits(it.units()), change);
      case Change.AddUnit(var name, var unit) -> {
        checkFree(d, unit, change);
        yield update(
            d,
            name,
            it -> {
              check(it.units().stream().noneMatch(other -> other.lun() == unit.lun()), change);
              return it.withUnits(plus(it.units(), unit));
            },
            change);
      }
      case Change.RemoveUnit(var name, var lun) ->
          update(
              d,
              name,
              it -> it.withUnits(less(it.units(), unit -> unit.lun() == lun, change)),
              change);
      case Change.ReplaceUnit(var name, var unit) -> {
        var without =
            update(
                d,
                name,
                it -> it.withUnits(less(it.units(), other -> other.lun() == unit.lun(), change)),
                change);
        checkFree(without, unit, change);
        yield update(without, name, it -> it.withUnits(plus(it.units(), unit)), change);
      }
      case Change.ChangeUnit(var name, var unit, _) -> settle(d, name, unit, change);
      case Change.ResizeUnit(var name, var unit) -> settle(d, name, unit, change);
      case Change.UpdateAccounts(var accounts) -> d.withAccounts(accounts);
      case Change.UpdateDiscovery(var discovery) ->
          new Document(
              d.version(),
              d.http(),
              d.portals(),
              d.accounts(),
              discovery,
              d.login(),
              d.limits(),
              d.targets());
      case Change.UpdateLogin(var login) ->
          new Document(
              d.version(),
              d.http(),
              d.portals(),
              d.accounts(),
              d.discovery(),
              login,
              d.limits(),
              d.targets());
      case Change.UpdateLimits(var limits) ->
          new Document(
              d.version(),
              d.http(),
              d.portals(),
              d.accounts(),
              d.discovery(),
              d.login(),
              limits,
              d.targets());
      case Change.UpdateHttp(var http) ->
          new Document(
              d.version(),
              http,
              d.portals(),
              d.accounts(),
              d.discovery(),
              d.login(),
              d.limits(),
              d.targets());
    };
  }

  /// The unit stays where it is, with other settings; its medium is the same.
  private static Document settle(Document d, String name, Unit unit, Change change) {
    return update(
        d,
        name,
        it -> {
          check(
              it.units().stream()
                  .anyMatch(
                      was ->
                          was.lun() == unit.lun()
                              && was.store().get("path").equals(unit.store().get("path"))),
              change);
          return it.withUnits(
              it.units().stream().map(was -> was.lun() == unit.lun() ? unit : was).toList());
        },
        change);
  }

  /// The same in an order that depends on nothing but the contents.
  static Document sorted(Document document) {
    return document
        .withPortals(
            document.portals().stream()
                .sorted(Comparator.comparing(Portal::listen).thenComparing(Portal::toString))
                .toList())
        .withTargets(
            document.targets().stream()
                .map(
                    it ->
                        it.withUnits(
                            it.units().stream()
                                .sorted(Comparator.comparingInt(Unit::lun))
                                .toList()))
                .sorted(Comparator.comparing(TargetEntry::name))
                .toList());
  }

  /// No other unit has the medium open or bears the name.
  private static void checkFree(Document d, Unit unit, Change change) {
    d.targets().stream()
        .flatMap(it -> it.units().stream())
        .forEach(
            other -> {
              check(!other.store().get("path").equals(unit.store().get("path")), change);
              check(other.name().isEmpty() || !other.name().equals(unit.name()), change);
            });
  }

  private static Document update(
      Document d, String name, UnaryOperator<TargetEntry> with, Change change) {
    check(d.targets().stream().anyMatch(it -> it.name().equals(name)), change);
    return d.withTargets(
        d.targets().stream().map(it -> it.name().equals(name) ? with.apply(it) : it).toList());
  }

  private static <T> List<T> plus(List<T> list, T item) {
    var more = new ArrayList<>(list);
    more.add(item);
    return more;
  }

  private static <T> List<T> less(List<T> list, Predicate<T> what, Change change) {
    check(list.stream().anyMatch(what), change);
    return list.stream().filter(what.negate()).toList();
  }

  private static void check(boolean possible, Change change) {
    if (!possible) {
      throw new IllegalStateException("not possible now: " + change.describe());
    }
  }
}
