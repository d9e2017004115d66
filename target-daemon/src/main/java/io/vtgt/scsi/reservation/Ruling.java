package io.vtgt.scsi.reservation;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.target.Nexus;
import java.util.Map;
import java.util.Set;

/// What the rules of PERSISTENT RESERVE OUT say to one command. A value: nothing has happened yet.
sealed interface Ruling {

  /// @param next the state afterwards
  /// @param attentions the unit attention each of these nexuses is owed
  /// @param preempted nexuses whose tasks end before PREEMPT AND ABORT does; the sender too when
  ///   the key is its own, or everybody's
  record Granted(ReservationState next, Map<Nexus.Id, Asc> attentions, Set<Nexus.Id> preempted)
      implements Ruling {}

  /// RESERVATION CONFLICT status.
  record Conflict() implements Ruling {}

  record Refused(Sense sense) implements Ruling {}
}
