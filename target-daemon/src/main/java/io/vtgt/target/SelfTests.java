package io.vtgt.target;

import io.vertx.core.Future;
import io.vtgt.store.StoreGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// The self-tests of a unit and what came of them (SPC-5, Self-test modes and the Self-Test Results
/// log page): a test reads the first, the middle and the last block through the gate. Any context.
public final class SelfTests {
  /// As many as the log page tells.
  public static final int KEPT = 20;

  /// SELF-TEST RESULTS. The reads are the first and only segment of a test.
  public enum Result {
    PASSED(0x0),
    ABORTED(0x1),
    FIRST_SEGMENT_FAILED(0x5),
    IN_PROGRESS(0xf);

    public final int code;

    Result(int code) {
      this.code = code;
    }
  }

  /// @param code SELF-TEST CODE
  /// @param hours since the unit was opened, when the test ended; 0 before
  /// @param failedBlock empty when none failed
  public record Outcome(int code, Result result, int hours, OptionalLong failedBlock) {}

  private final LongSupplier nanoClock;
  private final long openedNanos;

  // Replaced whole under the monitor; the newest first.
  private volatile List<Outcome> outcomes = List.of();

  // Under the monitor: the first of the outcomes is in progress, and how many were begun.
  private boolean running;
  private long begun;

  /// @param nanoClock as [System#nanoTime()]
  SelfTests(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.openedNanos = nanoClock.getAsLong();
  }

  /// The newest first, at most [#KEPT].
  public List<Outcome> outcomes() {
    return outcomes;
  }

  public synchronized boolean running() {
    return running;
  }

  /// Begins a test that is written down.
  ///
  /// @param code SELF-TEST CODE
  /// @return empty when another is running; else completes with what came of it
  public Optional<Future<Outcome>> begin(LogicalUnit unit, int code) {
    long test;
    synchronized (this) {
      if (running) {
        return Optional.empty();
      }
      running = true;
      test = ++begun;
      var next = new ArrayList<Outcome>();
      next.add(new Outcome(code, Result.IN_PROGRESS, 0, OptionalLong.empty()));
      next.addAll(outcomes.subList(0, Math.min(outcomes.size(), KEPT - 1)));
      outcomes = List.copyOf(next);
    }
    return Optional.of(
        read(unit)
            .map(
                failed ->
                    ended(
                        test,
                        failed.isPresent() ? Result.FIRST_SEGMENT_FAILED : Result.PASSED,
                        failed)));
  }

  /// Ends the test that is running; its reads go on and are forgotten.
  ///
  /// @return false when there is none
  public synchronized boolean abort() {
    boolean was = running;
    if (was) {
      ended(begun, Result.ABORTED, OptionalLong.empty());
    }
    return was;
  }

  /// Reads what a test reads, and writes nothing down.
  ///
  /// @return completes with the block that failed, if any
  public static Future<OptionalLong> read(LogicalUnit unit) {
    long count = unit.blockCount();
    return count == 0
        ? Future.succeededFuture(OptionalLong.empty())
        : read(unit, List.of(0L, count / 2, count - 1), 0);
  }

  private static Future<OptionalLong> read(LogicalUnit unit, List<Long> blocks, int next) {
    if (next == blocks.size()) {
      return Future.succeededFuture(OptionalLong.empty());
    }
    StoreGate gate = unit.gate();
    int blockBytes = unit.profile().blockBytes();
    long block = blocks.get(next);
    return gate.read(block * blockBytes, blockBytes)
        .transform(
            (data, failure) -> {
              if (failure != null) {
                return Future.succeededFuture(OptionalLong.of(block));
              }
              data.release();
              return read(unit, blocks, next + 1);
            });
  }

  private synchronized Outcome ended(long test, Result result, OptionalLong failedBlock) {
    Outcome first = outcomes.getFirst();
    if (!running || test != begun) {
      return first; // it was aborted meanwhile, and another may be running
    }
    running = false;
    long hours = TimeUnit.NANOSECONDS.toHours(nanoClock.getAsLong() - openedNanos);
    Outcome outcome = new Outcome(first.code(), result, (int) Math.min(hours, 0xffff), failedBlock);
    var next = new ArrayList<>(outcomes);
    next.set(0, outcome);
    outcomes = List.copyOf(next);
    return outcome;
  }
}
