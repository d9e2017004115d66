package io.vtgt.store.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.store.StoreCall;
import io.vtgt.store.layer.ThrottleQueue.Direction;
import io.vtgt.store.layer.ThrottleQueue.Rates;
import io.vtgt.store.layer.ThrottleQueue.Waiting;
import io.vtgt.store.layer.TokenBucket.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/// What a throttle lets through, over simulated time.
class ThrottlePropertyTest {
  private static final int ROUNDS = 300;
  private static final int ARRIVALS = 200;
  private static final double SECOND = 1e9;

  /// What passed, and when.
  private record Passed(long at, int number, Direction direction, long bytes) {}

  @Test
  void throttle_whateverArrives_letsNoMoreThanRateAndBurstThrough() {
    for (long seed = 1; seed <= ROUNDS; seed++) {
      try {
        new Round(new Random(seed)).run();
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /// Operations that arrive at random and pass as a random throttle lets them.
  private static final class Round {
    private final Random random;
    private final Rates rates;
    private final ThrottleQueue queue;
    private final List<Passed> passed = new ArrayList<>();
    private long now;
    private double mostSeconds;

    Round(Random random) {
      this.random = random;
      this.now = random.nextLong() >> 2; // the clock may begin anywhere, below zero too
      this.rates =
          new Rates(
              rate(1000, 50),
              rate(1000, 50),
              rate(1000, 50),
              rate(10 << 20, 1 << 20),
              rate(10 << 20, 1 << 20),
              rate(10 << 20, 1 << 20));
      this.queue = new ThrottleQueue(rates, now);
    }

    private Optional<Rate> rate(int most, int burst) {
      return random.nextBoolean()
          ? Optional.empty()
          : Optional.of(new Rate(1 + random.nextInt(most), 1 + random.nextInt(burst)));
    }

    void run() {
      long start = now;
      for (int i = 0; i < ARRIVALS; i++) {
        long arrival = now + (random.nextInt(4) == 0 ? (long) (random.nextDouble() * SECOND) : 0);
        passUntil(arrival);
        arrive(i);
      }
      long lastArrival = now;
      passUntil(Long.MAX_VALUE);

      assertEquals(ARRIVALS, passed.size());
      for (Direction direction : Direction.values()) {
        inOrder(passed.stream().filter(it -> it.direction == direction).toList());
      }
      bounded(rates.operations(), _ -> true, _ -> 1);
      bounded(rates.reads(), it -> it.direction == Direction.READ, _ -> 1);
      bounded(rates.writes(), it -> it.direction == Direction.WRITE, _ -> 1);
      bounded(rates.bytes(), _ -> true, Passed::bytes);
      bounded(rates.readBytes(), it -> it.direction == Direction.READ, Passed::bytes);
      bounded(rates.writeBytes(), it -> it.direction == Direction.WRITE, Passed::bytes);
      // Nobody waits without a reason: not longer than every bucket by itself needs for all of it.
      assertTrue(
          now - lastArrival <= mostSeconds * SECOND + ARRIVALS,
          () -> "took " + (now - start) + " ns, at most " + mostSeconds + " s");
    }

    private void arrive(int number) {
      Direction direction = random.nextBoolean() ? Direction.READ : Direction.WRITE;
      long bytes = 512L * (1 + random.nextInt(random.nextInt(10) == 0 ? 8192 : 16));
      if (queue.pass(direction, bytes, now)) {
        passed.add(new Passed(now, number, direction, bytes));
        return;
      }
      queue.add(
          new Waiting(
              direction,
              bytes,
              StoreCall.OWN,
              now,
              () -> passed.add(new Passed(now, number, direction, bytes)),
              () -> {}));
      assertFalse(queue.idle(now));
    }

    private void passUntil(long end) {
      while (true) {
        long wait = queue.release(now, waiting -> waiting.goOn().run());
        if (wait == ThrottleQueue.NEVER) {
          break;
        }
        assertTrue(wait > 0);
        if (end != Long.MAX_VALUE && now + wait > end) {
          break;
        }
        now += wait;
      }
      if (end != Long.MAX_VALUE) {
        now = end;
      }
    }

    private void inOrder(List<Passed> some) {
      for (int i = 1; i < some.size(); i++) {
        assertTrue(some.get(i - 1).number < some.get(i).number);
      }
    }

    /// In every stretch of time not more than came in it and was kept before; only its last
    /// operation may cost more than is kept at all.
    private void bounded(
        Optional<Rate> rate, Predicate<Passed> which, ToLongFunction<Passed> cost) {
      if (rate.isEmpty()) {
        return;
      }
      List<Passed> some = passed.stream().filter(which).toList();
      mostSeconds +=
          (double) some.stream().mapToLong(cost).sum() / rate.get().perSecond() + 1 / SECOND;
      for (int i = 0; i < some.size(); i++) {
        long sum = 0;
        for (int j = i; j < some.size(); j++) {
          long last = cost.applyAsLong(some.get(j));
          sum += last;
          double seconds = (double) (some.get(j).at - some.get(i).at) / SECOND;
          double most =
              rate.get().perSecond() * seconds
                  + rate.get().burst()
                  + Math.max(0, last - rate.get().burst());
          assertTrue(sum <= most + 0.01, sum + " in " + seconds + " s, at most " + most);
        }
      }
    }
  }
}
