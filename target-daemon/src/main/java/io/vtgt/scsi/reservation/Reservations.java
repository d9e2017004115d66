package io.vtgt.scsi.reservation;

import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.reservation.ReservationType.Allows;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The reservations of one logical unit: persistent ones (SPC-5, Persistent reservations) and those
/// of RESERVE/RELEASE (SPC-2). Changed on the unit's owner context only; read from every event loop
/// through one volatile, immutable snapshot.
///
/// The two kinds never stand together: RESERVE conflicts while anybody is registered, and
/// PERSISTENT RESERVE OUT while anybody has reserved with RESERVE.
public final class Reservations {

  /// What reservations need of their unit.
  interface Unit {
    Collection<Nexus.Id> nexuses();

    void attention(Asc asc, Set<Nexus.Id> whose);

    Future<Void> abortTasksOf(Nexus.Id nexus);
  }

  /// Who may do what while there is a reservation.
  ///
  /// @param known what the holder and the registered may do
  /// @param others what everybody else may do
  private record Enforcement(Map<Nexus.Id, Set<Access>> known, Set<Access> others) {}

  private final Unit unit;
  private volatile Function<String, Set<Integer>> portalGroups = _ -> Set.of();

  // Written by the owner, read from every event loop.
  private volatile Enforcement enforcement; // null while nothing is reserved
  private volatile ReservationState state = ReservationState.NONE;
  private volatile Optional<Nexus.Id> reservedBy = Optional.empty();

  public Reservations(LogicalUnit unit) {
    this(
        new Unit() {
          @Override
          public Collection<Nexus.Id> nexuses() {
            return unit.nexuses().stream().map(Nexus::id).toList();
          }

          @Override
          public void attention(Asc asc, Set<Nexus.Id> whose) {
            unit.attention(asc, nexus -> whose.contains(nexus.id()));
          }

          @Override
          public Future<Void> abortTasksOf(Nexus.Id nexus) {
            return unit.abortTasksOf(nexus);
          }
        });
  }

  Reservations(Unit unit) {
    this.unit = unit;
  }

  /// Tells which target ports exist beyond those that nexuses were seen at: registrations with
  /// ALL_TG_PT cover them, and REGISTER AND MOVE may go there. Without it only ports with a session
  /// or a registration are known.
  ///
  /// @param ofTarget from the target's name to the portal groups it is reached through
  public void portalGroups(Function<String, Set<Integer>> ofTarget) {
    portalGroups = ofTarget;
  }

  /// True when a command of this kind from this nexus ends with RESERVATION CONFLICT. Any event
  /// loop; no lock, and next to nothing when there is no reservation.
  public boolean conflicts(Nexus.Id nexus, Access access) {
    var now = enforcement;
    return now != null && !now.known.getOrDefault(nexus, now.others).contains(access);
  }

  /// The persistent reservations now. Any event loop.
  public ReservationState state() {
    return state;
  }

  /// Who has reserved the unit with RESERVE (SPC-2). Any event loop.
  public Optional<Nexus.Id> reservedBy() {
    return reservedBy;
  }

  /// LOGICAL UNIT RESET and target resets: SPC-2 reservations end, persistent ones stay. Owner
  /// context.
  public void unitReset() {
    reservedBy(Optional.empty());
  }

  /// The nexus is gone: its SPC-2 reservation ends, persistent ones stay. Owner context.
  public void nexusLost(Nexus.Id nexus) {
    if (reservedBy.filter(nexus::equals).isPresent()) {
      reservedBy(Optional.empty());
    }
  }

  /// RESERVE (6) and (10) of the whole unit (SPC-2; SPC-4, Exceptions to SPC-2 RESERVE and RELEASE
  /// behavior). Owner context.
  Completion reserve(Nexus.Id nexus) {
    if (!state.registrations().isEmpty()) {
      return compatible(nexus);
    }
    if (reservedBy.filter(holder -> !holder.equals(nexus)).isPresent()) {
      return new Completion.ReservationConflict();
    }
    reservedBy(Optional.of(nexus));
    return Completion.good();
  }

  /// RELEASE (6) and (10). Releasing what one does not hold is no error (SPC-2). Owner context.
  Completion release(Nexus.Id nexus) {
    if (!state.registrations().isEmpty()) {
      return compatible(nexus);
    }
    nexusLost(nexus);
    return Completion.good();
  }

  /// RESERVE and RELEASE while somebody is registered: whoever may use the unit by the persistent
  /// reservation hears GOOD and nothing changes (CRH); everybody else conflicts.
  private Completion compatible(Nexus.Id nexus) {
    boolean member =
        state.reservation().filter(held -> held.type().registrantsOnly()).isPresent()
            && state.keyOf(nexus).isPresent();
    return state.holds(nexus) || member ? Completion.good() : new Completion.ReservationConflict();
  }

  /// PERSISTENT RESERVE OUT. Owner context.
  ///
  /// @return with PREEMPT AND ABORT completes when no write of a preempted nexus can still reach
  ///   the medium
  Future<Completion> reserveOut(Nexus.Id sender, ReserveOutRules.Order order) {
    if (reservedBy.isPresent()) { // regardless of initiator and service action (SPC-2)
      return Future.succeededFuture(new Completion.ReservationConflict());
    }
    return switch (ReserveOutRules.rule(state, sender, order, known(sender))) {
      case Ruling.Conflict _ -> Future.succeededFuture(new Completion.ReservationConflict());
      case Ruling.Refused(var sense) -> Future.succeededFuture(Completion.check(sense));
      case Ruling.Granted granted -> {
        publish(granted.next());
        tell(granted.attentions());
        yield order.action() == ServiceAction.PREEMPT_AND_ABORT
            ? abort(granted.preempted()).map(Completion.good())
            : Future.succeededFuture(Completion.good());
      }
    };
  }

  private ReserveOutRules.Known known(Nexus.Id sender) {
    var nexuses = unit.nexuses();
    var groups = new HashSet<>(portalGroups.apply(sender.targetName()));
    groups.add(sender.portalGroup());
    for (var nexus : nexuses) {
      if (nexus.targetName().equals(sender.targetName())) {
        groups.add(nexus.portalGroup());
      }
    }
    for (var registration : state.registrations()) {
      if (registration.nexus().targetName().equals(sender.targetName())) {
        groups.add(registration.nexus().portalGroup());
      }
    }
    return new ReserveOutRules.Known(nexuses, groups);
  }

  private void publish(ReservationState next) {
    state = next;
    enforcement = next.reservation().map(held -> enforcing(next, held)).orElse(null);
  }

  private static Enforcement enforcing(
      ReservationState state, ReservationState.Reservation reservation) {
    var type = reservation.type();
    var known = new HashMap<Nexus.Id, Set<Access>>();
    for (var registration : state.registrations()) {
      var nexus = registration.nexus();
      known.put(nexus, state.holds(nexus) ? type.holder : type.registered);
    }
    return new Enforcement(Map.copyOf(known), type.others);
  }

  private void reservedBy(Optional<Nexus.Id> nexus) {
    if (nexus.equals(reservedBy)) {
      return; // a persistent reservation, if there is one, goes on being enforced
    }
    reservedBy = nexus;
    enforcement =
        nexus
            .map(
                holder -> new Enforcement(Map.of(holder, Allows.EVERYTHING), Allows.BESIDE_RESERVE))
            .orElse(null);
  }

  private void tell(Map<Nexus.Id, Asc> attentions) {
    var byAsc = new EnumMap<Asc, Set<Nexus.Id>>(Asc.class);
    attentions.forEach((nexus, asc) -> byAsc.computeIfAbsent(asc, _ -> new HashSet<>()).add(nexus));
    byAsc.forEach(unit::attention);
  }

  private Future<Void> abort(Set<Nexus.Id> nexuses) {
    List<Future<Void>> aborts = nexuses.stream().map(unit::abortTasksOf).toList();
    return Future.join(aborts).mapEmpty();
  }
}
