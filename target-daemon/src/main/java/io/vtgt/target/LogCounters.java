package io.vtgt.target;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The statistics of a unit as its log pages count them: from the last LOG SELECT that reset the
/// page on. Any context.
///
/// A page is named by its page code and subpage code.
public final class LogCounters {
  private final UnitStatistics statistics;
  private final Map<Integer, UnitStatistics.Totals> resets = new ConcurrentHashMap<>();

  LogCounters(UnitStatistics statistics) {
    this.statistics = statistics;
  }

  /// What was counted since the page was reset.
  public UnitStatistics.Totals of(int page, int subpage) {
    return statistics
        .totals()
        .since(resets.getOrDefault(key(page, subpage), UnitStatistics.Totals.NOTHING));
  }

  public void reset(int page, int subpage) {
    resets.put(key(page, subpage), statistics.totals());
  }

  private static int key(int page, int subpage) {
    return page << 8 | subpage;
  }
}
