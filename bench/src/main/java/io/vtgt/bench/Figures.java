package io.vtgt.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/// What one measured window showed.
///
/// @param operations commands that ended in the window
/// @param iops operations a second
/// @param mebibytesPerSecond of data
/// @param p99Micros 99th percentile of the time from sending a command to its status
/// @param targetCpuMicros CPU of the target process per operation, all its threads, user and system
/// @param generatorCpuMicros CPU of the load generator per operation
record Figures(
    long operations,
    double iops,
    double mebibytesPerSecond,
    double p99Micros,
    double targetCpuMicros,
    double generatorCpuMicros) {

  /// The median of each figure by itself.
  static Figures median(List<Figures> rounds) {
    return new Figures(
        (long) median(rounds, Figures::operations),
        median(rounds, Figures::iops),
        median(rounds, Figures::mebibytesPerSecond),
        median(rounds, Figures::p99Micros),
        median(rounds, Figures::targetCpuMicros),
        median(rounds, Figures::generatorCpuMicros));
  }

  private static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
