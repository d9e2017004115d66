package io.vtgt.store.sheepdog;

import java.util.concurrent.TimeUnit;

/// How long things may take, milliseconds.
///
/// @param giveUp how long an operation is kept while no `sheep` answers, or while the cluster says
///   that it is not ready
/// @param connect how long one attempt to connect may take
/// @param retryLeast the first pause before something is tried again
/// @param retryMost the longest
/// @param settle how long after the loss of a connection a request that was sent on it is reckoned
///   to be under way in the cluster
/// @param probe with an answer due and nothing heard for so long, a sign of life is asked for
/// @param silence with nothing heard for so long then, the connection is taken for lost
record Timing(
    long giveUp,
    long connect,
    long retryLeast,
    long retryMost,
    long settle,
    long probe,
    long silence) {
  static final Timing USUAL = new Timing(20_000, 3_000, 100, 1_000, 5_000, 4_000, 12_000);

  Timing withGiveUp(long millis) {
    return new Timing(millis, connect, retryLeast, retryMost, settle, probe, silence);
  }

  /// When an operation that begins now is given up.
  long deadline() {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(giveUp);
  }

  /// The pause before the attempt of that number, from 1.
  long pause(int attempt) {
    return Math.min(retryMost, retryLeast << Math.min(attempt - 1, 16));
  }

  static boolean passed(long nanos) {
    return System.nanoTime() - nanos >= 0;
  }

  static long millisUntil(long nanos) {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime()) + 1);
  }
}
