package io.vtgt.mgmt.document;

import io.vtgt.mgmt.document.Document.Portal;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/// What leads from one document to another. Targets are known by name, units by target and LUN; the
/// order in which a document lists them means nothing.
///
/// The order of the changes is safe at every step:
///
/// 1. settings, and the accounts before those who refer to them: an account that is gone lets
///    nobody in;
/// 2. what goes, so that its store and its name are free for what comes;
/// 3. settings of targets, so that a new unit is never seen by those who must not see it;
/// 4. units that change while they are served, units that are reopened, units that get another
///    size, new units, new targets;
/// 5. portals last, for who finds one finds everything behind it: new ones before the old ones go,
///    except that an old one goes first where a new one needs its address.
public final class Diff {
  /// Beyond, every unit that takes something new is closed before any is opened.
  private static final long MAX_COMPARISONS = 1_000_000;

  private final Document current;
  private final Document wanted;

  private Diff(Document current, Document wanted) {
    this.current = current;
    this.wanted = wanted;
  }

  /// Both documents are valid.
  ///
  /// @return empty when they mean the same
  public static List<Change> of(Document current, Document wanted) {
    var diff = new Diff(current, wanted);
    var changes = new ArrayList<Change>();
    diff.settings(changes);
    diff.targetsAndUnits(changes);
    diff.portals(changes);
    return List.copyOf(changes);
  }

  private void settings(List<Change> changes) {
    ifChanged(Document::http, Change.UpdateHttp::new, changes);
    ifChanged(Document::limits, Change.UpdateLimits::new, changes);
    ifChanged(Document::login, Change.UpdateLogin::new, changes);
    ifChanged(Document::accounts, Change.UpdateAccounts::new, changes);
    ifChanged(Document::discovery, Change.UpdateDiscovery::new, changes);
  }

  private <T> void ifChanged(
      Function<Document, T> part, Function<T, Change> change, List<Change> changes) {
    var value = part.apply(wanted);
    if (!value.equals(part.apply(current))) {
      changes.add(change.apply(value));
    }
  }

  private void targetsAndUnits(List<Change> changes) {
    var before = byName(current);
    var after = byName(wanted);
    var removed = new ArrayList<Change>();
    var updated = new ArrayList<Change>();
    var added = new ArrayList<Change>();
    var addedTargets = new ArrayList<Change>();
    var changed = new ArrayList<ChangedUnit>();
    var live = new ArrayList<Change>();
    var resized = new ArrayList<Change>();

    for (var old : before.values()) {
      var target = after.get(old.name());
      if (target == null) {
        removed.add(new Change.RemoveTarget(old.name()));
        continue;
      }
      if (!old.withUnits(List.of()).equals(target.withUnits(List.of()))) {
        updated.add(new Change.UpdateTarget(target));
      }
      var unitsBefore = byLun(old);
      var unitsAfter = byLun(target);
      unitsBefore.forEach(
          (lun, unit) -> {
            var now = unitsAfter.get(lun);
            if (now == null) {
              removed.add(new Change.RemoveUnit(old.name(), lun));
            } else if (!now.equals(unit)) {
              var difference = UnitFields.Difference.of(unit, now);
              if (!difference.reopening().isEmpty()) {
                changed.add(new ChangedUnit(old.name(), unit, now));
              } else if (!difference.live().isEmpty()) {
                live.add(new Change.ChangeUnit(old.name(), now, difference.live()));
              }
              if (difference.size()) {
                resized.add(new Change.ResizeUnit(old.name(), now));
              }
            }
          });
      unitsAfter.forEach(
          (lun, unit) -> {
            if (!unitsBefore.containsKey(lun)) {
              added.add(new Change.AddUnit(old.name(), unit));
            }
          });
    }
    after.values().stream()
        .filter(it -> !before.containsKey(it.name()))
        .map(Change.AddTarget::new)
        .forEach(addedTargets::add);

    var replaced = new ArrayList<Change>();
    // Usually none: those that take what may be another's, and so give up their own.
    var takers = changed.stream().filter(ChangedUnit::takesSomethingNew).toList();
    boolean many = (long) takers.size() * takers.size() > MAX_COMPARISONS;
    for (var unit : changed) {
      boolean inTheWay =
          unit.takesSomethingNew()
              && (many
                  || takers.stream()
                      .anyMatch(other -> !other.equals(unit) && other.needsWhatIsHeldBy(unit)));
      if (inTheWay) {
        removed.add(new Change.RemoveUnit(unit.target, unit.was.lun()));
        added.add(new Change.AddUnit(unit.target, unit.now));
      } else {
        replaced.add(new Change.ReplaceUnit(unit.target, unit.now));
      }
    }
    List.of(removed, updated, live, replaced, added, resized, addedTargets)
        .forEach(changes::addAll);
  }

  /// A unit that stays, with other settings.
  private record ChangedUnit(String target, Unit was, Unit now) {

    boolean takesSomethingNew() {
      return !now.store().equals(was.store())
          || !now.name().equals(was.name())
          || !now.identity().equals(was.identity());
    }

    /// Whether this one, reopened before `other` is closed, would meet it: one medium, one name,
    /// one identity. Then the other is closed first.
    boolean needsWhatIsHeldBy(ChangedUnit other) {
      return sameMedium(now.store(), other.was.store())
          || same(now.name(), other.was.name())
          || same(now.identity().uuid(), other.was.identity().uuid())
          || same(now.identity().naa(), other.was.identity().naa());
    }

    private static boolean same(Optional<String> left, Optional<String> right) {
      return left.isPresent() && left.equals(right);
    }

    /// Which option names the medium is the store's secret: two are one when they agree in all they
    /// both tell, the size aside.
    private static boolean sameMedium(Map<String, Object> left, Map<String, Object> right) {
      return left.entrySet().stream()
          .filter(it -> !it.getKey().equals("size") && right.containsKey(it.getKey()))
          .allMatch(it -> Objects.equals(it.getValue(), right.get(it.getKey())));
    }
  }

  private void portals(List<Change> changes) {
    var removed = without(current.portals(), wanted.portals());
    var added = without(wanted.portals(), current.portals());
    var inTheWay =
        removed.stream().filter(old -> added.stream().anyMatch(it -> collide(old, it))).toList();
    inTheWay.forEach(it -> changes.add(new Change.RemovePortal(it)));
    added.forEach(it -> changes.add(new Change.AddPortal(it)));
    without(removed, inTheWay).forEach(it -> changes.add(new Change.RemovePortal(it)));
  }

  private static boolean collide(Portal left, Portal right) {
    var a = HostPort.parse(left.listen());
    var b = HostPort.parse(right.listen());
    return a.isPresent() && b.isPresent() && a.get().collidesWith(b.get());
  }

  /// `all` less one of each of `some`: port 0 may stand in a document twice.
  private static List<Portal> without(List<Portal> all, List<Portal> some) {
    var rest = new ArrayList<>(all);
    some.forEach(rest::remove);
    return rest;
  }

  private static Map<String, TargetEntry> byName(Document document) {
    var targets = new LinkedHashMap<String, TargetEntry>();
    document.targets().forEach(target -> targets.put(target.name(), target));
    return targets;
  }

  private static Map<Integer, Unit> byLun(TargetEntry target) {
    var units = new LinkedHashMap<Integer, Unit>();
    target.units().forEach(unit -> units.put(unit.lun(), unit));
    return units;
  }
}
