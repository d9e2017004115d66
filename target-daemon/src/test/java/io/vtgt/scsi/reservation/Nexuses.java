package io.vtgt.scsi.reservation;

import io.vtgt.target.Nexus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Nexuses by one-letter names, and states as text: `A=1 B=2 / WE-RO A`, with `kept` at the end
/// where APTPL is on.
///
/// A to D are initiator ports of hosts a to d at portal group 1; E is the port of A at group 2.
final class Nexuses {
  static final Nexus.Id A = nexus("a", 1, 1),
      B = nexus("b", 2, 1),
      C = nexus("c", 3, 1),
      D = nexus("d", 4, 1),
      E = nexus("a", 1, 2);
  static final Map<String, Nexus.Id> BY_NAME = Map.of("A", A, "B", B, "C", C, "D", D, "E", E);

  private static final String KEPT = " kept";
  private static final Map<String, ReservationType> TYPES = new LinkedHashMap<>();

  static {
    String[] names = {"WE", "EA", "WE-RO", "EA-RO", "WE-AR", "EA-AR"};
    for (int i = 0; i < names.length; i++) {
      TYPES.put(names[i], ReservationType.values()[i]);
    }
  }

  private Nexuses() {}

  private static Nexus.Id nexus(String host, int isid, int portalGroup) {
    return new Nexus.Id("iqn.2026-01.test:" + host, isid, "iqn.2026-01.test:target", portalGroup);
  }

  static ReservationType type(String name) {
    var type = TYPES.get(name);
    if (type == null) {
      throw new IllegalArgumentException(name);
    }
    return type;
  }

  static String name(Nexus.Id nexus) {
    for (var entry : BY_NAME.entrySet()) {
      if (entry.getValue().equals(nexus)) {
        return entry.getKey();
      }
    }
    return nexus.toString();
  }

  static ReservationState state(String whole) {
    boolean aptpl = whole.endsWith(KEPT);
    String text = aptpl ? whole.substring(0, whole.length() - KEPT.length()) : whole;
    String[] halves = text.split("/", -1);
    var registrations = new ArrayList<ReservationState.Registration>();
    for (String each : halves[0].trim().split(" +", -1)) {
      if (!each.isEmpty() && !each.equals("-")) {
        registrations.add(
            new ReservationState.Registration(
                BY_NAME.get(each.substring(0, 1)), Long.parseLong(each.substring(2), 16)));
      }
    }
    Optional<ReservationState.Reservation> reservation = Optional.empty();
    if (halves.length > 1) {
      String[] words = halves[1].trim().split(" +", -1);
      reservation =
          Optional.of(
              new ReservationState.Reservation(
                  type(words[0]),
                  words.length > 1 ? Optional.of(BY_NAME.get(words[1])) : Optional.empty()));
    }
    return new ReservationState(7, registrations, reservation, aptpl);
  }

  static String text(ReservationState state) {
    var text = new StringBuilder();
    state.registrations().stream()
        .map(each -> name(each.nexus()) + "=" + Long.toHexString(each.key()))
        .sorted()
        .forEach(each -> text.append(each).append(' '));
    if (text.isEmpty()) {
      text.append("- ");
    }
    state
        .reservation()
        .ifPresent(
            held -> {
              text.append("/ ");
              TYPES.forEach(
                  (name, type) -> {
                    if (type == held.type()) {
                      text.append(name).append(' ');
                    }
                  });
              held.holder().ifPresent(holder -> text.append(name(holder)).append(' '));
            });
    return text.toString().trim() + (state.aptpl() ? KEPT : "");
  }
}
