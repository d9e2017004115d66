package io.vtgt.target;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// One nexus and one unit it sees (SAM-5, I_T_L nexus): the unit attention conditions pending
/// there, and how many commands run that must end before the path can be closed.
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

  // Written on the nexus' loop, and by a reset of the unit elsewhere; null when there is none.
  private volatile byte[] echo;

  /// Commands under way. One more only on the nexus' loop, one less wherever a command completes.
  private final AtomicInteger running = new AtomicInteger();

  // Guarded by this; `quietAwaited` tells without the lock whether there are any.
  private final List<Promise<Void>> quietWaiters = new ArrayList<>();
  private volatile boolean quietAwaited;

  private volatile boolean detached;

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

  /// The nexus' echo buffer at the unit (SPC-5, READ BUFFER), or null.
  byte[] echo() {
    return echo;
  }

  /// @param data taken over, not copied; null to forget it
  void echo(byte[] data) {
    echo = data;
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

  /// The nexus does not see the unit any more; commands of it may still run.
  void detach() {
    detached = true;
  }

  boolean detached() {
    return detached;
  }

  /// Counts a command until it completes. Called on the nexus' loop.
  void count(Future<?> command) {
    running.incrementAndGet();
    command.onComplete(
        _ -> {
          if (running.decrementAndGet() == 0 && quietAwaited) {
            tellQuiet();
          }
        });
  }

  /// Completes, on any context, when none of the commands runs any more that were begun before this
  /// call. Only where no more are begun: else it may take for ever. Any context.
  Future<Void> quiet() {
    Promise<Void> quiet = Promise.promise();
    // One turn of the loop: a command that is being begun there is counted afterwards.
    nexus
        .context()
        .runOnContext(
            _ -> {
              synchronized (this) {
                quietWaiters.add(quiet);
                quietAwaited = true;
              }
              if (running.get() == 0) {
                tellQuiet();
              }
            });
    return quiet.future();
  }

  private void tellQuiet() {
    List<Promise<Void>> waiters;
    synchronized (this) {
      waiters = List.copyOf(quietWaiters);
      quietWaiters.clear();
      quietAwaited = false;
    }
    waiters.forEach(Promise::complete);
  }

  /// The codes 29h are ordered by precedence: power on, bus reset, device reset … nexus loss.
  private static boolean isReset(Asc asc) {
    return asc.code >> 8 == 0x29;
  }
}
