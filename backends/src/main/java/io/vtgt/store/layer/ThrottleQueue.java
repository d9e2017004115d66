package io.vtgt.store.layer;

import io.vtgt.store.StoreCall;
import io.vtgt.store.layer.TokenBucket.Rate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Those who share some rates, and in which order they pass.
///
/// Reads pass in their order, and so do writes. Between a read and a write that wait for the same
/// bucket the older one goes first; one that waits for the bucket of its own direction does not
/// hold up the other direction. So nobody is overtaken for ever.
///
/// Time comes in as an argument and never goes back. Guarded by its owner.
final class ThrottleQueue {

  enum Direction {
    READ,
    WRITE
  }

  /// What may pass in a second; empty for as much as comes.
  record Rates(
      Optional<Rate> operations,
      Optional<Rate> reads,
      Optional<Rate> writes,
      Optional<Rate> bytes,
      Optional<Rate> readBytes,
      Optional<Rate> writeBytes) {

    /// Whether anything of this direction can ever have to wait.
    boolean bound(Direction direction) {
      return operations.isPresent()
          || bytes.isPresent()
          || (direction == Direction.READ
              ? reads.isPresent() || readBytes.isPresent()
              : writes.isPresent() || writeBytes.isPresent());
    }
  }

  /// One who waits.
  ///
  /// @param bytes what it moves
  /// @param goOn called when its turn has come
  /// @param drop called instead when nobody wants it any more
  record Waiting(
      Direction direction,
      long bytes,
      StoreCall call,
      long sinceNanos,
      Runnable goOn,
      Runnable drop) {}

  /// Nobody waits.
  static final long NEVER = Long.MAX_VALUE;

  /// A bucket of operations, and one of bytes; either may be missing.
  private record Pair(TokenBucket operations, TokenBucket bytes) {
    static Pair of(Optional<Rate> operations, Optional<Rate> bytes, long now) {
      return new Pair(
          operations.map(rate -> new TokenBucket(rate, now)).orElse(null),
          bytes.map(rate -> new TokenBucket(rate, now)).orElse(null));
    }

    long waitNanos(long length, long now) {
      long forOperations = operations == null ? 0 : operations.waitNanos(1, now);
      long forBytes = bytes == null ? 0 : bytes.waitNanos(length, now);
      return Math.max(forOperations, forBytes);
    }

    void take(long length) {
      if (operations != null) {
        operations.take(1);
      }
      if (bytes != null) {
        bytes.take(length);
      }
    }

    boolean full(long now) {
      return (operations == null || operations.full(now)) && (bytes == null || bytes.full(now));
    }
  }

  private final Pair shared;
  private final Pair reading;
  private final Pair writing;
  private final Deque<Waiting> reads = new ArrayDeque<>();
  private final Deque<Waiting> writes = new ArrayDeque<>();

  ThrottleQueue(Rates rates, long nowNanos) {
    this.shared = Pair.of(rates.operations(), rates.bytes(), nowNanos);
    this.reading = Pair.of(rates.reads(), rates.readBytes(), nowNanos);
    this.writing = Pair.of(rates.writes(), rates.writeBytes(), nowNanos);
  }

  /// Lets one who just came pass, if that is right.
  ///
  /// @return false when it has to wait: see [#add]
  boolean pass(Direction direction, long bytes, long now) {
    if (waiting() > 0
        || shared.waitNanos(bytes, now) > 0
        || own(direction).waitNanos(bytes, now) > 0) {
      return false;
    }
    take(direction, bytes);
    return true;
  }

  void add(Waiting waiting) {
    queue(waiting.direction()).add(waiting);
  }

  int waiting() {
    return reads.size() + writes.size();
  }

  /// Hands on everyone whose turn it is.
  ///
  /// @return in how many nanoseconds the next one's turn can be; [#NEVER] when nobody waits
  long release(long now, Consumer<Waiting> pass) {
    while (true) {
      Waiting first = first();
      if (first == null) {
        return NEVER;
      }
      long wait = shared.waitNanos(first.bytes(), now);
      if (wait > 0) {
        return wait; // nobody takes what the oldest waits for
      }
      long ownWait = own(first.direction()).waitNanos(first.bytes(), now);
      Waiting next = first;
      if (ownWait > 0) {
        Waiting other = queue(other(first.direction())).peek();
        if (other == null) {
          return ownWait;
        }
        long otherWait =
            Math.max(
                shared.waitNanos(other.bytes(), now),
                own(other.direction()).waitNanos(other.bytes(), now));
        if (otherWait > 0) {
          return Math.min(ownWait, otherWait);
        }
        next = other;
      }
      queue(next.direction()).remove();
      take(next.direction(), next.bytes());
      pass.accept(next);
    }
  }

  /// Takes everybody out.
  List<Waiting> clear() {
    List<Waiting> all = new ArrayList<>(waiting());
    for (Waiting first = first(); first != null; first = first()) {
      all.add(queue(first.direction()).remove());
    }
    return all;
  }

  /// Takes those out that nobody wants any more, and tells the others' callers that they wait.
  List<Waiting> lookThrough() {
    List<Waiting> unwanted = new ArrayList<>();
    for (Deque<Waiting> queue : List.of(reads, writes)) {
      queue.removeIf(waiting -> waiting.call().stopped() && unwanted.add(waiting));
      queue.forEach(waiting -> waiting.call().waits());
    }
    return unwanted;
  }

  /// As good as a new one.
  boolean idle(long now) {
    return waiting() == 0 && shared.full(now) && reading.full(now) && writing.full(now);
  }

  /// Who came first of those at the heads, or null.
  private Waiting first() {
    Waiting read = reads.peek();
    Waiting write = writes.peek();
    if (read == null || write == null) {
      return read == null ? write : read;
    }
    return read.sinceNanos() - write.sinceNanos() <= 0 ? read : write;
  }

  private void take(Direction direction, long bytes) {
    shared.take(bytes);
    own(direction).take(bytes);
  }

  private Pair own(Direction direction) {
    return direction == Direction.READ ? reading : writing;
  }

  private Deque<Waiting> queue(Direction direction) {
    return direction == Direction.READ ? reads : writes;
  }

  private static Direction other(Direction direction) {
    return direction == Direction.READ ? Direction.WRITE : Direction.READ;
  }
}
