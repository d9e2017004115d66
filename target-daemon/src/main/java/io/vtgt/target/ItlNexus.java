package io.vtgt.target;

import io.vtgt.scsi.Asc;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One nexus and one unit it sees (SAM-5, I_T_L nexus): the unit attention conditions pending
/// there.
///
/// Conditions come from any context and are taken on the nexus' loop. Each kind is pending at most
/// once, so the queue is bounded by the number of [Asc] constants.
final class ItlNexus {
  private final Nexus nexus;
  private final LogicalUnit unit;
  private final int number;

  // Guarded by this; `attentionPending` mirrors whether it is empty, for the data path.
  private final List<Asc> pending = new ArrayList<>();
  private volatile boolean attentionPending;

  ItlNexus(Nexus nexus, LogicalUnit unit, int number) {
    this.nexus = nexus;
    this.unit = unit;
    this.number = number;
  }

  Nexus nexus() {
    return nexus;
  }

  LogicalUnit unit() {
    return unit;
  }

  /// The unit's number in the nexus' target.
  int number() {
    return number;
  }

  boolean attentionPending() {
    return attentionPending;
  }

  /// Makes a condition pending. Resets go before everything else; of several resets the one of the
  /// highest precedence stays (SAM-5, Unit attention conditions).
  synchronized void establish(Asc asc) {
    if (pending.contains(asc)) {
      return;
    }
    if (!isReset(asc)) {
      pending.add(asc);
    } else if (pending.isEmpty() || !isReset(pending.getFirst())) {
      pending.addFirst(asc);
    } else if (asc.code < pending.getFirst().code) {
      pending.set(0, asc);
    }
    attentionPending = true;
  }

  /// Reports the condition that is first in order, which clears it.
  synchronized Optional<Asc> take() {
    Optional<Asc> first = pending.isEmpty() ? Optional.empty() : Optional.of(pending.removeFirst());
    attentionPending = !pending.isEmpty();
    return first;
  }

  /// What is pending, first in order first; nothing is cleared.
  synchronized List<Asc> pending() {
    return List.copyOf(pending);
  }

  synchronized void clear(Asc asc) {
    pending.remove(asc);
    attentionPending = !pending.isEmpty();
  }

  /// The codes 29h are ordered by precedence: power on, bus reset, device reset … nexus loss.
  private static boolean isReset(Asc asc) {
    return asc.code >> 8 == 0x29;
  }
}
