package io.vtgt.scsi.reservation;

import io.vtgt.scsi.Access;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;

/// The reservations of one logical unit: persistent ones (SPC-5, Persistent reservations) and those
/// of RESERVE/RELEASE (SPC-2). Changed on the unit's owner context only; read from every event loop
/// through one volatile, immutable snapshot.
public final class Reservations {

  public Reservations(LogicalUnit unit) {}

  /// True when a command of this kind from this nexus ends with RESERVATION CONFLICT. Any event
  /// loop; no lock, and next to nothing when there is no reservation.
  public boolean conflicts(Nexus.Id nexus, Access access) {
    return false;
  }

  /// LOGICAL UNIT RESET and target resets: SPC-2 reservations end, persistent ones stay. Owner
  /// context.
  public void unitReset() {}

  /// The nexus is gone: its SPC-2 reservation ends, persistent ones stay. Owner context.
  public void nexusLost(Nexus.Id nexus) {}
}
