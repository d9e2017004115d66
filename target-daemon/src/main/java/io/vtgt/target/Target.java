package io.vtgt.target;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.spc.MissingUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A SCSI target device with its logical units (SAM-5). Its name is the iSCSI node name.
///
/// Which units a nexus sees is settled when a nexus comes, a unit comes or goes or the access rules
/// change, and kept with the nexus: a command finds its unit by one array access. These changes
/// come from any context and are rare, so one short lock keeps them apart; nothing waits inside it,
/// and commands never take it.
public final class Target {
  private static final Logger log = LoggerFactory.getLogger(Target.class);

  private final String name;
  private final List<Nexus> nexuses = new CopyOnWriteArrayList<>();

  // Replaced whole under the lock, read from any context.
  private volatile SortedMap<Integer, LogicalUnit> units = Collections.emptySortedMap();
  private volatile AccessRules accessRules = AccessRules.EVERYONE;

  public Target(String name) {
    this.name = name;
  }

  public String name() {
    return name;
  }

  public AccessRules accessRules() {
    return accessRules;
  }

  /// Replaces the rules. A nexus sees what they show it from its next command on; sessions that are
  /// no longer admitted are the daemon's to end.
  public synchronized void accessRules(AccessRules rules) {
    accessRules = rules;
    nexuses.forEach(this::inventoryChanged);
  }

  /// The units by number, whoever may see them. Immutable.
  public SortedMap<Integer, LogicalUnit> units() {
    return units;
  }

  /// Adds a unit and tells every nexus that sees it: REPORTED LUNS DATA HAS CHANGED.
  ///
  /// @param lun 0 to [Lun#MAX]
  /// @throws IllegalStateException when the number is taken
  public synchronized void addUnit(int lun, LogicalUnit unit) {
    Lun.of(lun); // throws when out of range
    var next = new TreeMap<>(units);
    if (next.putIfAbsent(lun, unit) != null) {
      throw new IllegalStateException(name + " has a unit " + lun + " already");
    }
    units = Collections.unmodifiableSortedMap(next);
    nexuses.forEach(this::inventoryChanged);
  }

  /// Takes the unit away, tells every nexus and ends its tasks. The unit's gate is left open.
  ///
  /// @return completes when no write of an ended task can still reach the medium
  public Future<LogicalUnit> removeUnit(int lun) {
    LogicalUnit unit;
    List<ItlNexus> sawIt;
    synchronized (this) {
      var next = new TreeMap<>(units);
      unit = next.remove(lun);
      if (unit == null) {
        return Future.failedFuture(new IllegalArgumentException(name + " has no unit " + lun));
      }
      units = Collections.unmodifiableSortedMap(next);
      sawIt =
          unit.attached().stream()
              .filter(itl -> itl.number() == lun && nexuses.contains(itl.nexus()))
              .toList();
      nexuses.forEach(this::inventoryChanged);
    }
    // TASK ABORTED: no initiator shall wait for the answer of a unit that is gone.
    return unit.aborts().tasks(sawIt, true, _ -> true).map(unit);
  }

  public List<Nexus> nexuses() {
    return List.copyOf(nexuses);
  }

  /// A session has reached the full feature phase: pending unit attentions are POWER ON for a new
  /// nexus.
  public synchronized void attach(Nexus nexus) {
    nexuses.add(nexus);
    settleUnits(nexus);
  }

  /// The session is over (SAM-5, I_T nexus loss): what lasts only as long as the nexus ends.
  public synchronized void detach(Nexus nexus) {
    if (nexuses.remove(nexus)) {
      for (ItlNexus itl : nexus.units()) {
        if (itl != null) {
          itl.unit().detach(itl);
        }
      }
      nexus.units(new ItlNexus[0]);
    }
  }

  /// Begins a command on the unit its LUN names; a missing or hidden unit answers as SPC-5 says
  /// ("Incorrect logical unit selection"). Called on the nexus' loop.
  public Step begin(Task task) {
    ItlNexus itl = task.nexus().at(task.lun());
    return itl != null ? itl.unit().begin(task) : MissingUnit.begin(task);
  }

  /// A task has arrived, before it begins. Called on the nexus' loop, in the order of arrival.
  ///
  /// @return where it stands in its unit's order, to be told when it is over; null when it may
  ///   begin at once and nobody has to know
  public TaskOrder.Place arrive(Task task) {
    ItlNexus itl = task.nexus().at(task.lun());
    return itl != null ? itl.unit().arrive(task) : null;
  }

  /// The unit attentions pending at unit `lun` (8 bytes), first in order first. They stay.
  public List<Asc> pendingAttentions(Nexus nexus, long lun) {
    ItlNexus itl = nexus.at(lun);
    return itl == null ? List.of() : itl.pending();
  }

  /// True when `lun` (8 bytes) names a unit this nexus sees.
  public boolean hasUnit(Nexus nexus, long lun) {
    return nexus.at(lun) != null;
  }

  /// The ways on which the initiator of `visitor`, a nexus of another target, could reach units of
  /// this one: its own nexuses here, told by name and address. Without any, what the access rules
  /// show it, where the door is open.
  ///
  /// @param openDoor it could log in now without proving who it is
  public List<UnitDirectory.Way> ways(
      Nexus visitor, Predicate<LogicalUnit> which, boolean openDoor) {
    var ways = new ArrayList<UnitDirectory.Way>();
    String initiator = visitor.id().initiatorName();
    boolean here = false;
    for (Nexus nexus : nexuses) {
      if (nexus.id().initiatorName().equals(initiator)
          && nexus.initiatorAddress().equals(visitor.initiatorAddress())) {
        here = true;
        ways.addAll(nexus.ways(which));
      }
    }
    if (!here && openDoor) {
      AccessRules rules = accessRules;
      var as = new Nexus.Id(initiator, visitor.id().isid(), name, visitor.id().portalGroup());
      units.forEach(
          (number, unit) -> {
            if (which.test(unit) && rules.shows(initiator, visitor.initiatorAddress(), number)) {
              ways.add(new UnitDirectory.Way(unit, as));
            }
          });
    }
    return ways;
  }

  /// ABORT TASK SET is the transport's own; this is CLEAR TASK SET: every nexus' tasks of the unit.
  /// There is one task set for all nexuses (TST is 000b).
  public Future<Void> clearTaskSet(Nexus by, long lun) {
    ItlNexus itl = by.at(lun);
    if (itl == null) {
      return noUnit(lun);
    }
    return itl.unit().aborts().clearTaskSet(by);
  }

  /// A task has ended with CHECK CONDITION: others may have to end too. Called on the nexus' loop.
  public void checkCondition(Task task) {
    ItlNexus itl = task.nexus().at(task.lun());
    if (itl != null) {
      itl.unit().aborts().checkCondition(itl);
    }
  }

  /// LOGICAL UNIT RESET (SAM-5). Completes when no write of an ended task can still reach the
  /// medium.
  public Future<Void> resetUnit(Nexus by, long lun) {
    ItlNexus itl = by.at(lun);
    if (itl == null) {
      return noUnit(lun);
    }
    log.info("{}: unit {} reset by {}", name, itl.number(), by);
    return itl.unit().reset(Asc.BUS_DEVICE_RESET_FUNCTION_OCCURRED);
  }

  /// TARGET WARM RESET and, with `cold`, TARGET COLD RESET: every session ends afterwards, that of
  /// the one who asked after the future has completed, so that it can be answered.
  public Future<Void> reset(Nexus by, boolean cold) {
    log.info("{}: {} reset by {}", name, cold ? "cold" : "warm", by);
    var resets = new ArrayList<Future<Void>>();
    for (LogicalUnit unit : units.values()) {
      resets.add(
          unit.reset(
              cold
                  ? Asc.POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED
                  : Asc.BUS_DEVICE_RESET_FUNCTION_OCCURRED));
    }
    Promise<Void> done = Promise.promise();
    Future.join(resets)
        .<Void>mapEmpty()
        .onComplete(
            result -> {
              done.handle(result);
              if (cold) {
                nexuses.forEach(nexus -> nexus.context().runOnContext(_ -> endSession(nexus)));
              }
            });
    return done.future();
  }

  /// Completes when no change of the tasks that `whose` matches can reach the medium of any unit
  /// any more; those that have not begun are taken back. Any context.
  ///
  /// @param lun only on this unit (8 bytes), or on all
  public Future<Void> landed(OptionalLong lun, Predicate<Task> whose) {
    var landed = new ArrayList<Future<Void>>();
    units.forEach(
        (number, unit) -> {
          if (lun.isEmpty() || Lun.number(lun.getAsLong()) == number) {
            landed.add(unit.aborts().landed(whose));
          }
        });
    return Future.join(landed).mapEmpty();
  }

  /// Gives up what the store has not answered of the tasks of a nexus: it stays in quarantine, and
  /// the tasks end. Any context.
  public void abandon(Nexus nexus) {
    for (LogicalUnit unit : units.values()) {
      unit.gate().abandon(caller -> caller instanceof Task task && task.nexus().equals(nexus));
    }
  }

  private static void endSession(Nexus nexus) {
    nexus.transport().end("TARGET COLD RESET");
  }

  private Future<Void> noUnit(long lun) {
    return Future.failedFuture(
        new IllegalArgumentException(name + " shows no unit at LUN " + Long.toHexString(lun)));
  }

  /// What a nexus sees may be different: if so, it is told.
  private void inventoryChanged(Nexus nexus) {
    List<ItlNexus> kept = new ArrayList<>();
    if (settleUnits(nexus, kept)) {
      Asc changed = Asc.REPORTED_LUNS_DATA_HAS_CHANGED;
      kept.forEach(itl -> itl.establish(changed));
      long lun = Lun.of(kept.isEmpty() ? 0 : kept.getFirst().number());
      nexus.transport().scsiEvent(lun, Sense.unitAttention(changed));
    }
  }

  private void settleUnits(Nexus nexus) {
    settleUnits(nexus, new ArrayList<>());
  }

  /// Brings what the nexus sees in line with units and rules; a unit that is new to it has POWER ON
  /// pending (SAM-5, Unit attention conditions).
  ///
  /// @param kept gets what it saw before and still sees
  /// @return whether anything is different
  private boolean settleUnits(Nexus nexus, List<ItlNexus> kept) {
    ItlNexus[] before = nexus.units();
    ItlNexus[] after = new ItlNexus[units.isEmpty() ? 0 : units.lastKey() + 1];
    units.forEach(
        (number, unit) -> {
          if (accessRules.shows(nexus.id().initiatorName(), nexus.initiatorAddress(), number)) {
            ItlNexus old = number < before.length ? before[number] : null;
            after[number] =
                old != null && old.unit() == unit ? old : new ItlNexus(nexus, unit, number);
          }
        });
    boolean different = false;
    for (int number = 0; number < Math.max(before.length, after.length); number++) {
      ItlNexus was = number < before.length ? before[number] : null;
      ItlNexus is = number < after.length ? after[number] : null;
      if (Objects.equals(was, is)) {
        if (is != null) {
          kept.add(is);
        }
        continue;
      }
      different = true;
      if (was != null) {
        was.unit().detach(was);
      }
      if (is != null) {
        is.establish(Asc.POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED);
        is.unit().attach(is);
      }
    }
    nexus.units(after);
    return different;
  }
}
