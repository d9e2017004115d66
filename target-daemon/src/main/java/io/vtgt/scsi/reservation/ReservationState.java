package io.vtgt.scsi.reservation;

import io.vtgt.target.Nexus;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Everything there is to know of the persistent reservations of one logical unit (SPC-5,
/// Persistent reservations). Immutable and made of plain values, so that it can be kept and read
/// back.
///
/// @param generation PRGENERATION, a counter that wraps
/// @param registrations in the order they were made, one per nexus
/// @param reservation the persistent reservation, where one is established
/// @param aptpl registrations and reservation outlive the daemon: the APTPL bit of the registration
///   made last
public record ReservationState(
    int generation,
    List<Registration> registrations,
    Optional<Reservation> reservation,
    boolean aptpl) {

  /// @param key the registered reservation key, not 0
  public record Registration(Nexus.Id nexus, long key) {
    public Registration {
      if (key == 0) {
        throw new IllegalArgumentException("key 0 is no registration: " + nexus);
      }
    }
  }

  /// A persistent reservation. Its scope is always the logical unit.
  ///
  /// @param holder a registered nexus; empty for the all registrants types
  public record Reservation(ReservationType type, Optional<Nexus.Id> holder) {
    public Reservation {
      if (type.allRegistrants() == holder.isPresent()) {
        throw new IllegalArgumentException(type + " held by " + holder);
      }
    }

    /// The reservation that `nexus` makes.
    static Reservation by(Nexus.Id nexus, ReservationType type) {
      return new Reservation(type, type.allRegistrants() ? Optional.empty() : Optional.of(nexus));
    }
  }

  public static final ReservationState NONE =
      new ReservationState(0, List.of(), Optional.empty(), false);

  public ReservationState {
    registrations = List.copyOf(registrations);
    var nexuses = new HashSet<Nexus.Id>();
    for (var registration : registrations) {
      if (!nexuses.add(registration.nexus())) {
        throw new IllegalArgumentException("registered twice: " + registration.nexus());
      }
    }
    if (reservation.isPresent()
        && (nexuses.isEmpty()
            || reservation
                .get()
                .holder()
                .filter(holder -> !nexuses.contains(holder))
                .isPresent())) {
      throw new IllegalArgumentException("held by nobody registered: " + reservation);
    }
  }

  /// The key `nexus` is registered with.
  public OptionalLong keyOf(Nexus.Id nexus) {
    for (var registration : registrations) {
      if (registration.nexus().equals(nexus)) {
        return OptionalLong.of(registration.key());
      }
    }
    return OptionalLong.empty();
  }

  /// True when `nexus` is a persistent reservation holder (SPC-5, Persistent reservation holder):
  /// with an all registrants type every registered nexus is.
  public boolean holds(Nexus.Id nexus) {
    return reservation.isPresent()
        && (reservation.get().type().allRegistrants()
            ? keyOf(nexus).isPresent()
            : reservation.get().holder().get().equals(nexus));
  }
}
