package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.json.JsonObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How often a unit was stopped and its medium taken out, over its whole life (SPC-5, Start-Stop
/// Cycle Counter log page): kept in the unit's memory, so that a restart does not forget it.
public final class StartStopCycles {
  private static final Logger log = LoggerFactory.getLogger(StartStopCycles.class);
  private static final String PART = "start-stop-cycles", STOPS = "stops", UNLOADS = "unloads";

  /// @param stops START STOP UNIT commands that stopped the unit
  /// @param unloads those that ejected the medium
  public record Counts(long stops, long unloads) {}

  private static final Counts NEVER = new Counts(0, 0);

  private final UnitMemory memory;
  private final Context owner;

  // Replaced whole by the owner.
  private volatile Counts counts;

  // Touched only on the owner.
  private boolean keeping;
  private Counts kept;

  StartStopCycles(UnitMemory memory, Context owner) {
    this.memory = memory;
    this.owner = owner;
    this.counts = memory.recall(PART).map(StartStopCycles::read).orElse(NEVER);
    this.kept = counts;
  }

  private static Counts read(JsonObject part) {
    try {
      return new Counts(part.getLong(STOPS), part.getLong(UNLOADS));
    } catch (RuntimeException e) {
      log.warn("start-stop cycles cannot be read: {}", part, e);
      return NEVER;
    }
  }

  public Counts counts() {
    return counts;
  }

  /// Any context.
  public void stopped() {
    owner.runOnContext(_ -> count(new Counts(counts.stops() + 1, counts.unloads())));
  }

  /// Any context.
  public void unloaded() {
    owner.runOnContext(_ -> count(new Counts(counts.stops(), counts.unloads() + 1)));
  }

  private void count(Counts next) {
    counts = next;
    keep();
  }

  /// One write at a time: what is counted meanwhile goes with the next.
  private void keep() {
    Counts now = counts;
    if (keeping || now.equals(kept)) {
      return;
    }
    keeping = true;
    memory
        .keep(PART, new JsonObject().put(STOPS, now.stops()).put(UNLOADS, now.unloads()))
        .onComplete(
            (_, failure) -> {
              keeping = false;
              kept = now; // after a failure too: the next stop tries again
              if (failure != null) {
                log.warn("start-stop cycles could not be kept", failure);
              }
              keep();
            });
  }
}
