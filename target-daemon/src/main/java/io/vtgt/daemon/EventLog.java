package io.vtgt.daemon;

import io.vtgt.mgmt.TargetAdmin.Event;
import io.vtgt.target.Announcer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/// The last events of the daemon, for the management interface; each is logged too. Any thread.
final class EventLog implements Announcer {
  static final int MOST_KEPT = 1000;

  private final InstantSource clock;

  // Under this object's monitor.
  private final Deque<Event> kept = new ArrayDeque<>();
  private long last;

  EventLog(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public void announce(String subject, Severity severity, String words) {
    Announcer.LOG.announce(subject, severity, words);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    synchronized (this) {
      last++;
      kept.add(
          new Event(
              last, now.toString(), severity.name().toLowerCase(Locale.ROOT), subject, words));
      if (kept.size() > MOST_KEPT) {
        kept.remove();
      }
    }
  }

  /// Oldest first.
  ///
  /// @param after a number that this daemon has not given yet is one of an earlier life: all are
  ///   told then
  synchronized List<Event> after(long after) {
    return kept.stream().filter(it -> after > last || it.number() > after).toList();
  }
}
