package io.vtgt.scsi.reservation;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.reservation.ReservationState.Registration;
import io.vtgt.scsi.reservation.ReservationState.Reservation;
import io.vtgt.scsi.reservation.ReserveOutList.Basic;
import io.vtgt.scsi.reservation.ReserveOutList.Move;
import io.vtgt.target.Nexus;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The rules of PERSISTENT RESERVE OUT (SPC-5, Persistent reservations): from a state and a command
/// to a [Ruling]. Pure; lives for one command.
final class ReserveOutRules {
  /// Registrations of one unit. 64 hosts with 16 paths each; a READ FULL STATUS of all of them
  /// stays below 300 KiB.
  static final int MOST_REGISTRATIONS = 1024;

  /// Bytes of the CDB and of the parameter list that refusals point at.
  private static final int CDB_SCOPE_TYPE = 2, BASIC_FLAGS = 20, LIST_KEY = 0, LIST_SA_KEY = 8;

  /// A PERSISTENT RESERVE OUT command.
  ///
  /// @param scope SCOPE, 0 is the logical unit
  /// @param type TYPE as it came
  record Order(ServiceAction action, int scope, int type, ReserveOutList list) {}

  /// What the rules must know beyond the state.
  ///
  /// @param nexuses logged in and seeing the unit
  /// @param portalGroups all target ports of the sender's target: where ALL_TG_PT registers and
  ///   REGISTER AND MOVE may go
  /// @param lost what was kept of the reservations could not be read; the state is empty then, and
  ///   only REPLACE LOST RESERVATION comes here
  record Known(Collection<Nexus.Id> nexuses, Set<Integer> portalGroups, boolean lost) {}

  private final ReservationState state;
  private final Nexus.Id sender;
  private final Order order;
  private final Known known;

  // The state to be.
  private final Map<Nexus.Id, Long> keys = new LinkedHashMap<>();
  private Optional<Reservation> reservation;
  private boolean aptpl;
  private final Map<Nexus.Id, Asc> attentions = new LinkedHashMap<>();
  private final Set<Nexus.Id> preempted = new LinkedHashSet<>();

  private ReserveOutRules(ReservationState state, Nexus.Id sender, Order order, Known known) {
    this.state = state;
    this.sender = sender;
    this.order = order;
    this.known = known;
    state.registrations().forEach(each -> keys.put(each.nexus(), each.key()));
    reservation = state.reservation();
    aptpl = state.aptpl();
  }

  /// Rules on `order` that came through `sender`.
  static Ruling rule(ReservationState state, Nexus.Id sender, Order order, Known known) {
    var rules = new ReserveOutRules(state, sender, order, known);
    return switch (order.list()) {
      case Basic list ->
          switch (order.action()) {
            case REGISTER -> rules.register(list);
            case REGISTER_AND_IGNORE_EXISTING_KEY -> rules.registerAndIgnore(list);
            case RESERVE -> rules.isSender() ? rules.reserve() : new Ruling.Conflict();
            case RELEASE -> rules.isSender() ? rules.release() : new Ruling.Conflict();
            case CLEAR -> rules.isSender() ? rules.clear() : new Ruling.Conflict();
            case PREEMPT, PREEMPT_AND_ABORT ->
                rules.isSender() ? rules.preempt() : new Ruling.Conflict();
            case REPLACE_LOST_RESERVATION -> rules.replaceLost(list);
            case REGISTER_AND_MOVE -> throw new AssertionError("basic list for " + order);
          };
      case Move move -> rules.isSender() ? rules.move(move) : new Ruling.Conflict();
    };
  }

  /// The sender is registered, and with the key it gives.
  private boolean isSender() {
    return keys.containsKey(sender) && keys.get(sender) == order.list().key();
  }

  // --- registering

  /// SPC-5, Registering, "Register behaviors for a REGISTER service action".
  private Ruling register(Basic list) {
    boolean registered = keys.containsKey(sender);
    if (registered ? !isSender() : list.key() != 0) {
      return new Ruling.Conflict();
    }
    if (!registered && list.serviceActionKey() == 0) {
      return granted(true); // "do nothing", SPEC_I_PT or not: APTPL counts for nothing either
    }
    if (!list.specifyInitiatorPorts()) {
      return registerAt(targetPorts(sender, list), list, false);
    }
    if (registered) {
      return refused(Sense.invalidFieldInParameterList(BASIC_FLAGS, 3));
    }
    var nexuses = new LinkedHashSet<>(targetPorts(sender, list));
    for (var port : list.initiatorPorts()) {
      var named = nexusesOf(port);
      if (named.isEmpty()) { // an initiator device of which no port is known
        return refused(Sense.invalidFieldInParameterList(ReserveOutList.TRANSPORT_IDS, -1));
      }
      named.forEach(nexus -> nexuses.addAll(targetPorts(nexus, list)));
    }
    for (var nexus : nexuses) {
      if (keys.containsKey(nexus)) {
        return refused(Sense.invalidFieldInParameterList(ReserveOutList.TRANSPORT_IDS, -1));
      }
    }
    return registerAt(nexuses, list, false);
  }

  /// "Register behaviors for a REGISTER AND IGNORE EXISTING KEY service action".
  private Ruling registerAndIgnore(Basic list) {
    return registerAt(targetPorts(sender, list), list, true);
  }

  /// Registers, changes the key of, or unregisters every one of `nexuses`, or none of them. With
  /// ALL_TG_PT it is as if each had sent the same request: the existing key must be the one given,
  /// and who is not registered has nothing to change.
  private Ruling registerAt(Collection<Nexus.Id> nexuses, Basic list, boolean ignoreKey) {
    for (var nexus : nexuses) {
      if (!ignoreKey && keys.containsKey(nexus) && keys.get(nexus) != list.key()) {
        return new Ruling.Conflict();
      }
    }
    aptpl = list.aptpl();
    for (var nexus : nexuses) {
      if (list.serviceActionKey() == 0) {
        unregister(nexus);
      } else if (ignoreKey || list.key() == 0 || keys.containsKey(nexus)) {
        keys.put(nexus, list.serviceActionKey());
      }
    }
    return keys.size() > MOST_REGISTRATIONS
        ? refused(Sense.illegalRequest(Asc.INSUFFICIENT_REGISTRATION_RESOURCES))
        : granted(true);
  }

  private Set<Nexus.Id> targetPorts(Nexus.Id nexus, Basic list) {
    var ports = new LinkedHashSet<Nexus.Id>();
    ports.add(nexus);
    if (list.allTargetPorts()) {
      known.portalGroups().forEach(group -> ports.add(at(nexus, group)));
    }
    return ports;
  }

  /// The nexuses of an initiator port, or of every known port of an initiator device, with the
  /// sender's target port.
  private Set<Nexus.Id> nexusesOf(TransportId port) {
    var nexuses = new LinkedHashSet<Nexus.Id>();
    port.isid().ifPresent(isid -> nexuses.add(withSendersPort(port.initiatorName(), isid)));
    if (port.isid().isEmpty()) {
      known.nexuses().stream()
          .filter(port::names)
          .forEach(each -> nexuses.add(withSendersPort(each.initiatorName(), each.isid())));
    }
    return nexuses;
  }

  private Nexus.Id withSendersPort(String initiatorName, long isid) {
    return new Nexus.Id(initiatorName, isid, sender.targetName(), sender.portalGroup());
  }

  private static Nexus.Id at(Nexus.Id nexus, int portalGroup) {
    return new Nexus.Id(nexus.initiatorName(), nexus.isid(), nexus.targetName(), portalGroup);
  }

  /// SPC-5, Unregistering.
  private void unregister(Nexus.Id nexus) {
    attentions.remove(nexus); // owed for another port of the same request
    if (keys.remove(nexus) == null || reservation.isEmpty()) {
      return;
    }
    var type = reservation.get().type();
    if (type.allRegistrants() ? keys.isEmpty() : isHolder(nexus)) {
      reservation = Optional.empty();
      if (type.registrantsOnly()) {
        tellOthers(Asc.RESERVATIONS_RELEASED);
      }
    }
  }

  private boolean isHolder(Nexus.Id nexus) {
    return reservation.flatMap(Reservation::holder).filter(nexus::equals).isPresent();
  }

  // --- reserving, releasing, clearing

  /// SPC-5, Reserving.
  private Ruling reserve() {
    var type = ReservationType.of(order.type());
    if (order.scope() != 0 || type.isEmpty()) {
      return refusedScopeOrType();
    }
    if (reservation.isEmpty()) {
      reservation = Optional.of(Reservation.by(sender, type.get()));
      return granted(false);
    }
    return state.holds(sender) && reservation.get().type() == type.get()
        ? granted(false)
        : new Ruling.Conflict();
  }

  /// SPC-5, Releasing.
  private Ruling release() {
    if (!state.holds(sender)) {
      return granted(false);
    }
    var type = reservation.orElseThrow().type();
    if (order.scope() != 0 || order.type() != type.code) {
      return refused(Sense.illegalRequest(Asc.INVALID_RELEASE_OF_PERSISTENT_RESERVATION));
    }
    reservation = Optional.empty();
    if (type.registrantsOnly() || type.allRegistrants()) {
      tellOthers(Asc.RESERVATIONS_RELEASED);
    }
    return granted(false);
  }

  /// SPC-5, Clearing.
  private Ruling clear() {
    tellOthers(Asc.RESERVATIONS_PREEMPTED);
    keys.clear();
    reservation = Optional.empty();
    return granted(true);
  }

  // --- preempting

  /// SPC-5, Preempting, "Preempting actions".
  private Ruling preempt() {
    long key = order.list().serviceActionKey();
    if (reservation.isPresent()) {
      boolean all = reservation.get().type().allRegistrants();
      if (key == 0 && !all) {
        return refused(Sense.invalidFieldInParameterList(LIST_SA_KEY, -1));
      }
      if (all ? key == 0 : key == keys.get(reservation.get().holder().orElseThrow())) {
        return preemptReservation(key, reservation.get().type());
      }
    }
    return removeRegistrations(key);
  }

  /// "Preempting persistent reservations and registration handling".
  ///
  /// @param key 0 is everybody's
  private Ruling preemptReservation(long key, ReservationType before) {
    var type = ReservationType.of(order.type());
    if (order.scope() != 0 || type.isEmpty()) {
      return refusedScopeOrType();
    }
    for (var nexus : List.copyOf(keys.keySet())) {
      boolean named = key == 0 || keys.get(nexus) == key;
      if (named) {
        preempted.add(nexus);
      }
      if (nexus.equals(sender)) {
        continue; // it stays registered
      }
      if (named) {
        keys.remove(nexus);
        attentions.put(nexus, Asc.REGISTRATIONS_PREEMPTED);
      } else if (type.get() != before) {
        attentions.put(nexus, Asc.RESERVATIONS_RELEASED);
      }
    }
    reservation = Optional.of(Reservation.by(sender, type.get()));
    return granted(true);
  }

  /// "Removing registrations": the persistent reservation stays, SCOPE and TYPE are ignored, and
  /// the sender may remove itself.
  private Ruling removeRegistrations(long key) {
    if (!keys.containsValue(key)) {
      return new Ruling.Conflict();
    }
    for (var nexus : List.copyOf(keys.keySet())) {
      if (keys.get(nexus) == key) {
        unregister(nexus);
        preempted.add(nexus);
        if (!nexus.equals(sender)) {
          attentions.put(nexus, Asc.REGISTRATIONS_PREEMPTED);
        }
      }
    }
    return granted(true);
  }

  // --- moving

  /// SPC-5, Registering and moving the reservation.
  private Ruling move(Move move) {
    if (reservation.isEmpty()) {
      return refused(Sense.invalidFieldInCdb(1, 4));
    }
    if (!isHolder(sender)) {
      return new Ruling.Conflict(); // somebody else's, or of an all registrants type
    }
    if (move.serviceActionKey() == 0) {
      return refused(Sense.invalidFieldInParameterList(LIST_SA_KEY, -1));
    }
    if (move.initiatorPort().names(sender)) {
      return refused(Sense.invalidFieldInParameterList(ReserveOutList.MOVE_TRANSPORT_ID, -1));
    }
    if (move.targetPort() != sender.portalGroup()
        && !known.portalGroups().contains(move.targetPort())) {
      return refused(Sense.invalidFieldInParameterList(ReserveOutList.MOVE_TARGET_PORT, -1));
    }
    var port = move.initiatorPort();
    var heir =
        at(withSendersPort(port.initiatorName(), port.isid().orElseThrow()), move.targetPort());
    aptpl = move.aptpl();
    keys.put(heir, move.serviceActionKey());
    reservation = Optional.of(new Reservation(reservation.get().type(), Optional.of(heir)));
    if (move.unregister()) {
      unregister(sender);
    }
    return keys.size() > MOST_REGISTRATIONS
        ? refused(Sense.illegalRequest(Asc.INSUFFICIENT_REGISTRATION_RESOURCES))
        : granted(true);
  }

  // --- replacing what was lost

  /// SPC-5, Replacing lost reservations. While they are lost it never conflicts (Recoverable loss
  /// of persistent reservation information).
  private Ruling replaceLost(Basic list) {
    if (!known.lost()) {
      return reservation.isPresent() && !keys.containsKey(sender)
          ? new Ruling.Conflict()
          : refused(Sense.illegalRequest(Asc.INVALID_RELEASE_OF_PERSISTENT_RESERVATION));
    }
    if (list.key() != 0) {
      return refused(Sense.invalidFieldInParameterList(LIST_KEY, -1));
    }
    if (list.serviceActionKey() == 0) {
      return refused(Sense.invalidFieldInParameterList(LIST_SA_KEY, -1));
    }
    var type = ReservationType.of(order.type());
    if (order.scope() != 0 || type.isEmpty()) {
      return refusedScopeOrType();
    }
    keys.put(sender, list.serviceActionKey());
    reservation = Optional.of(Reservation.by(sender, type.get()));
    aptpl = list.aptpl();
    return granted(false); // PRGENERATION is 0, as the state of a unit that lost its own has it
  }

  // --- outcomes

  /// Owes `asc` to every registered nexus but the sender.
  private void tellOthers(Asc asc) {
    for (var nexus : keys.keySet()) {
      if (!nexus.equals(sender)) {
        attentions.put(nexus, asc);
      }
    }
  }

  private static Ruling refused(Sense sense) {
    return new Ruling.Refused(sense);
  }

  private static Ruling refusedScopeOrType() {
    return refused(Sense.invalidFieldInCdb(CDB_SCOPE_TYPE, -1));
  }

  /// @param counts PRGENERATION goes up: every service action but RESERVE and RELEASE
  private Ruling granted(boolean counts) {
    var registrations =
        keys.entrySet().stream().map(each -> new Registration(each.getKey(), each.getValue()));
    var next =
        new ReservationState(
            state.generation() + (counts ? 1 : 0), registrations.toList(), reservation, aptpl);
    return new Ruling.Granted(next, Map.copyOf(attentions), Set.copyOf(preempted));
  }
}
