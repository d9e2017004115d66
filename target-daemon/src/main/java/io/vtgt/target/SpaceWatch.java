package io.vtgt.target;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.store.Size;
import io.vtgt.store.Space;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Knows how much room the medium of a unit takes and how much is left, as it was when somebody
/// looked last; warns when that reaches the unit's threshold (SBC-4, Thresholds).
///
/// Initiators are told once, and again only after the space has been clear of the threshold by a
/// twentieth of it: a unit that moves around it does not tell them all the time.
public final class SpaceWatch {
  private static final Logger log = LoggerFactory.getLogger(SpaceWatch.class);

  private static final int PERCENT = 100;

  /// How far from the threshold, as a share of it, it is taken for left.
  private static final double CLEAR = 0.05;

  /// Of the time the regular looks take this part at most: a store may have to count.
  private static final int MOST_OF_TIME = 50;

  private final LogicalUnit unit;

  // Touched only on the unit's owner.
  private Promise<Void> looking;
  private long beganNanos;
  private long tookNanos;

  // Written by the owner, read from anywhere.
  private volatile Space last = Space.NOT_TOLD;
  private volatile boolean reached;

  SpaceWatch(LogicalUnit unit) {
    this.unit = unit;
  }

  /// As it was when it was looked at last.
  public Space last() {
    return last;
  }

  /// The unit's threshold is reached, or was and the space is not clear of it yet.
  public boolean thresholdReached() {
    return reached;
  }

  /// More can be written than there is space below.
  public boolean overcommitted() {
    Space space = last;
    long unwritten = unit.gate().geometry().bytes() - Math.max(0, space.allocatedBytes());
    return space.freeBytes() != Space.UNKNOWN && unwritten > space.freeBytes();
  }

  /// As [#look()], for who comes again and again: does nothing while another look is under way, and
  /// as long as looks would take the store more than a fiftieth of the time, going by the last one.
  public Future<Void> lookAgain() {
    Promise<Void> answered = Promise.promise();
    unit.owner()
        .runOnContext(
            _ -> {
              if (looking != null || System.nanoTime() - beganNanos < MOST_OF_TIME * tookNanos) {
                answered.complete();
              } else {
                look().onComplete(answered);
              }
            });
    return answered.future();
  }

  /// Asks the store. Any context; who comes while another one asks gets the same answer.
  ///
  /// @return completes, on the unit's owner, when [#last] is new; never fails: what the store does
  ///   not tell is as it was
  public Future<Void> look() {
    Promise<Void> answered = Promise.promise();
    unit.owner()
        .runOnContext(
            _ -> {
              boolean first = looking == null;
              if (first) {
                looking = Promise.promise();
                beganNanos = System.nanoTime();
              }
              looking.future().onComplete(answered);
              if (first) {
                unit.gate().space().onComplete(this::looked); // may answer at once
              }
            });
    return answered.future();
  }

  private void looked(io.vertx.core.AsyncResult<Space> answer) {
    tookNanos = System.nanoTime() - beganNanos;
    if (answer.succeeded()) {
      last = answer.result();
      judge(answer.result());
    } else {
      log.debug("{}: no word about its space", unit.profile().name(), answer.cause());
    }
    Promise<Void> asked = looking;
    looking = null;
    asked.complete();
  }

  private void judge(Space space) {
    ThinThreshold threshold = unit.thin() ? unit.profile().thinThreshold() : ThinThreshold.NONE;
    long size = unit.gate().geometry().bytes();
    if (!reached && reaches(threshold, space, size, 0)) {
      reached = true;
      unit.announce(Announcer.Severity.WARNING, describe(space));
      unit.attention(Asc.THIN_PROVISIONING_SOFT_THRESHOLD_REACHED, _ -> true);
    } else if (reached && !reaches(threshold, space, size, CLEAR)) {
      reached = false;
      unit.announce(Announcer.Severity.INFO, "its space is clear of its threshold again");
    }
  }

  /// @param margin by which the threshold is taken to be nearer, as a share of it
  private static boolean reaches(ThinThreshold threshold, Space space, long size, double margin) {
    double usedFrom = (double) size * threshold.usedPercent() / PERCENT * (1 - margin);
    boolean used = threshold.usedPercent() > 0 && space.allocatedBytes() >= usedFrom;
    double freeBelow = threshold.freeBytes() * (1 + margin);
    return used || (space.freeBytes() != Space.UNKNOWN && space.freeBytes() < freeBelow);
  }

  /// In words, for the operator.
  public String describe(Space space) {
    String allocated =
        space.allocatedBytes() == Space.UNKNOWN
            ? ""
            : rounded(space.allocatedBytes())
                + " of "
                + Size.text(unit.gate().geometry().bytes())
                + " allocated";
    String free = space.freeBytes() == Space.UNKNOWN ? "" : rounded(space.freeBytes()) + " free";
    String both = allocated.isEmpty() || free.isEmpty() ? "" : ", ";
    return "its thin threshold is reached: " + allocated + both + free;
  }

  private static String rounded(long bytes) {
    long unit = 1L << Math.max(0, (63 - Long.numberOfLeadingZeros(Math.max(1, bytes))) / 10 * 10);
    return Size.text(bytes / unit * unit);
  }
}
