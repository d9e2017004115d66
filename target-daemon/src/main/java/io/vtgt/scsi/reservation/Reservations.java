package io.vtgt.scsi.reservation;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.reservation.ReservationType.Allows;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.Turn;
import io.vtgt.target.UnitMemory;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The reservations of one logical unit: persistent ones (SPC-5, Persistent reservations) and those
/// of RESERVE/RELEASE (SPC-2). Changed on the unit's owner context only; read from every event loop
/// through one volatile, immutable snapshot.
///
/// The two kinds never stand together: RESERVE conflicts while anybody is registered, and
/// PERSISTENT RESERVE OUT while anybody has reserved with RESERVE.
///
/// **What outlives the daemon** (SPC-5, Preserving persistent reservations and registrations
/// through power loss) goes to the unit's memory first. The order of a PERSISTENT RESERVE OUT is:
/// rule on it, make the new state durable, publish it, tell who lost something, abort what PREEMPT
/// AND ABORT preempted, answer GOOD. So nothing is enforced that could be forgotten, a failed write
/// changes nothing, and whoever hears GOOD finds the new state enforced on every event loop, now
/// and after a restart. Meanwhile no other control command of the unit runs; the data path goes on
/// by the old state, as the standard allows until the command is answered.
public final class Reservations {
  private static final Logger log = LoggerFactory.getLogger(Reservations.class);

  /// What reservations need of their unit.
  interface Unit {
    String name();

    UnitMemory memory();

    Collection<Nexus.Id> nexuses();

    void attention(Asc asc, Set<Nexus.Id> whose);

    Future<Void> abortTasksOf(Nexus.Id nexus);
  }

  private static final int LOG_SENSE = 0x4d;

  /// A state that is not durable by then is given up, so that the unit's other control commands go
  /// on.
  private static final int KEEP_SECONDS = 20;

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
  private volatile boolean lost;

  // Touched by the owner only.
  private JsonObject kept; // what a power cycle must bring back
  private boolean keptForSure = true; // and would: no write of it has failed

  public Reservations(LogicalUnit unit) {
    this(
        new Unit() {
          @Override
          public String name() {
            return unit.profile().name();
          }

          @Override
          public UnitMemory memory() {
            return unit.memory();
          }

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
            return unit.aborts().tasksOf(nexus);
          }
        });
  }

  Reservations(Unit unit) {
    this.unit = unit;
    kept = KeptReservations.encode(ReservationState.NONE);
    unit.memory().recall(KeptReservations.PART).ifPresent(this::recall);
  }

  /// Takes up what was kept. What cannot be understood is not dropped: nobody knows who may use the
  /// unit then, so nobody may until REPLACE LOST RESERVATION (SPC-5, Loss of persistent reservation
  /// information).
  private void recall(JsonObject recalled) {
    kept = recalled;
    try {
      publish(KeptReservations.decode(recalled));
    } catch (RuntimeException e) {
      log.error(
          "{}: the persistent reservations that were kept cannot be read ({}); the unit refuses"
              + " commands until PERSISTENT RESERVE OUT, REPLACE LOST RESERVATION",
          unit.name(),
          e.getMessage());
      lost = true;
      enforcement = new Enforcement(Map.of(), Allows.WHILE_LOST);
    }
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

  /// What a command is answered that [#conflicts]. Any event loop.
  public Completion conflict() {
    return lost
        ? Completion.check(
            Sense.of(SenseKey.DATA_PROTECT, Asc.PERSISTENT_RESERVATION_INFORMATION_LOST))
        : new Completion.ReservationConflict();
  }

  /// The same for a command of the table: empty for those that are served even while the persistent
  /// reservations are lost, and for LOG SENSE beside RESERVE (SPC-2).
  public Optional<Completion> conflict(CommandSpec row) {
    boolean served =
        lost ? servedWhileLost(row) : row.opcode() == LOG_SENSE && reservedBy.isPresent();
    return served ? Optional.empty() : Optional.of(conflict());
  }

  /// Beside what is served always (SPC-5, Nonvolatile memory considerations for preserving
  /// persistent reservations and registrations).
  private static boolean servedWhileLost(CommandSpec row) {
    return switch (row.opcode()) {
      case LOG_SENSE, 0x3b, 0x3c -> true; // WRITE BUFFER, READ BUFFER
      case 0xa3 -> row.serviceAction().orElse(0) == 0x0a; // REPORT TARGET PORT GROUPS
      default -> false;
    };
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
    if (lost) {
      return conflict();
    }
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
    if (lost) {
      return conflict();
    }
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
  /// @param ownTasks ends the sender's own tasks but for this command: what PREEMPT AND ABORT of
  ///   its own key asks for (SPC-5, Preempting and aborting)
  /// @return the rest of the turn with PREEMPT AND ABORT: completes when no write of a preempted
  ///   nexus can still reach the medium. The new state is enforced before, so the unit's other
  ///   control commands need not wait for that.
  Future<Turn> reserveOut(
      Nexus.Id sender, ReserveOutRules.Order order, Supplier<Future<Void>> ownTasks) {
    if (reservedBy.isPresent()) { // regardless of initiator and service action (SPC-2)
      return over(new Completion.ReservationConflict());
    }
    if (lost && order.action() != ServiceAction.REPLACE_LOST_RESERVATION) {
      return over(conflict());
    }
    return switch (ReserveOutRules.rule(state, sender, order, known(sender))) {
      case Ruling.Conflict _ -> over(new Completion.ReservationConflict());
      case Ruling.Refused(var sense) -> over(Completion.check(sense));
      case Ruling.Granted granted ->
          keep(granted.next())
              .map(_ -> granted(granted, order.action(), sender, ownTasks))
              .otherwise(this::notKept);
    };
  }

  private static Future<Turn> over(Completion completion) {
    return Future.succeededFuture(Turn.over(completion));
  }

  private Turn granted(
      Ruling.Granted granted,
      ServiceAction action,
      Nexus.Id sender,
      Supplier<Future<Void>> ownTasks) {
    lost = false;
    publish(granted.next());
    tell(granted.attentions());
    return action == ServiceAction.PREEMPT_AND_ABORT
        ? new Turn(Completion.good(), abort(granted.preempted(), sender, ownTasks))
        : Turn.over(Completion.good());
  }

  /// Nothing has changed, and the initiator must not believe it has.
  private Turn notKept(Throwable failure) {
    log.error(
        "{}: persistent reservations could not be kept, the command was refused: {}",
        unit.name(),
        failure.getMessage());
    return Turn.over(
        Completion.check(Sense.of(SenseKey.HARDWARE_ERROR, Asc.INTERNAL_TARGET_FAILURE)));
  }

  /// Makes durable what a power cycle must not forget of `next`; writes nothing when that is what
  /// is kept already. After a failure what still holds is written again, so that what was refused
  /// does not come up after a restart.
  private Future<Void> keep(ReservationState next) {
    var wanted = KeptReservations.encode(next);
    if (keptForSure && wanted.equals(kept)) {
      return Future.succeededFuture();
    }
    return write(wanted)
        .recover(failure -> write(kept).transform(_ -> Future.failedFuture(failure)));
  }

  private Future<Void> write(JsonObject json) {
    keptForSure = false;
    return unit.memory()
        .keep(KeptReservations.PART, json)
        .timeout(KEEP_SECONDS, TimeUnit.SECONDS)
        .map(
            _ -> {
              kept = json;
              keptForSure = true;
              return null;
            });
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
    return new ReserveOutRules.Known(nexuses, groups, lost);
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

  private Future<Void> abort(
      Set<Nexus.Id> nexuses, Nexus.Id sender, Supplier<Future<Void>> ownTasks) {
    List<Future<Void>> aborts =
        nexuses.stream()
            .map(it -> it.equals(sender) ? ownTasks.get() : unit.abortTasksOf(it))
            .toList();
    return Future.join(aborts).mapEmpty();
  }
}
