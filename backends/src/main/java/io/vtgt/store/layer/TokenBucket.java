package io.vtgt.store.layer;

/// A rate with a burst: tokens come steadily, up to a most, and what passes takes as many as it
/// costs. What costs more than the bucket holds passes when it is full, and leaves a debt.
///
/// Time comes in as an argument and never goes back. Guarded by its owner.
final class TokenBucket {

  /// @param perSecond tokens that come in a second, 1 or more
  /// @param burst the most that are kept, 1 or more
  record Rate(long perSecond, long burst) {
    Rate {
      if (perSecond < 1 || burst < 1) {
        throw new IllegalArgumentException(perSecond + " per second, burst " + burst);
      }
    }
  }

  private static final double NANOS_PER_SECOND = 1e9;

  private final Rate rate;
  private double tokens; // below 0: a debt
  private long nowNanos;

  /// Full at first.
  TokenBucket(Rate rate, long nowNanos) {
    this.rate = rate;
    this.tokens = (double) rate.burst();
    this.nowNanos = nowNanos;
  }

  /// How long it takes until something may pass, if nothing passes before.
  ///
  /// @param cost tokens, 0 or more
  /// @return nanoseconds; 0 when it may pass now
  long waitNanos(long cost, long now) {
    fill(now);
    double missing = (double) Math.min(cost, rate.burst()) - tokens;
    return missing <= 0 ? 0 : 1 + (long) (missing / rate.perSecond() * NANOS_PER_SECOND);
  }

  /// Something passes.
  void take(long cost) {
    tokens -= cost;
  }

  /// As good as a new one.
  boolean full(long now) {
    fill(now);
    return tokens >= rate.burst();
  }

  private void fill(long now) {
    double come = (double) (now - nowNanos) / NANOS_PER_SECOND * rate.perSecond();
    tokens = Math.min((double) rate.burst(), tokens + come);
    nowNanos = now;
  }
}
