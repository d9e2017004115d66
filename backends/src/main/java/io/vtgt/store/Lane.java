package io.vtgt.store;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Operations under way that were begun by a few threads, oldest first.
///
/// Its monitor is held for a few instructions per operation and hardly ever contended.
final class Lane {
  private final StoreGate gate;
  private final int index;

  // Everything under this object's monitor.
  private Operation<?> head;
  private Operation<?> tail;
  private int size;
  private long lastSequence;
  private List<Drain> drains;
  private final Tally tally = new Tally();

  /// @param index from 0, its place among the gate's lanes
  Lane(StoreGate gate, int index) {
    this.gate = gate;
    this.index = index;
  }

  /// Takes an operation in if nothing stands in its way.
  synchronized Admission admit(Operation<?> operation) {
    if (gate.refuses(operation)) {
      return Admission.REFUSED;
    }
    if (operation.reach.exclusive()) {
      return Admission.MUST_QUEUE;
    }
    for (Operation<?> exclusive : gate.exclusives()) {
      if (exclusive.excludes(operation)) {
        return Admission.MUST_QUEUE;
      }
    }
    link(operation);
    return Admission.ADMITTED;
  }

  /// Takes an operation in, whatever it has to wait for.
  ///
  /// @return false when the gate takes it no more
  synchronized boolean enter(Operation<?> operation) {
    if (gate.refuses(operation)) {
      return false;
    }
    link(operation);
    return true;
  }

  private void link(Operation<?> operation) {
    operation.sequence = ++lastSequence;
    operation.previous = tail;
    if (tail == null) {
      head = operation;
    } else {
      tail.next = operation;
    }
    tail = operation;
    size++;
  }

  /// Makes `exclusive` wait for what it excludes here. Exclusive ones, and those in quarantine, are
  /// not looked at: the gate has them in a list.
  ///
  /// @return how many it has to wait for
  synchronized int await(Operation<?> exclusive) {
    int found = 0;
    for (Operation<?> other = head; other != null; other = other.next) {
      if (!other.reach.exclusive() && !other.quarantined() && exclusive.excludes(other)) {
        other.awaited = true;
        other.addDependent(exclusive);
        found++;
      }
    }
    return found;
  }

  /// @return the drains that waited for this operation last
  synchronized List<Drain> remove(Operation<?> operation, boolean succeeded) {
    tally.count(operation, succeeded);
    if (operation.previous == null) {
      head = operation.next;
    } else {
      operation.previous.next = operation.next;
    }
    if (operation.next == null) {
      tail = operation.previous;
    } else {
      operation.next.previous = operation.previous;
    }
    operation.previous = null;
    operation.next = null;
    size--;
    if (drains == null) {
      return List.of();
    }
    List<Drain> ended = new ArrayList<>();
    for (Drain drain : drains) {
      if (head == null || head.sequence > drain.until(this)) {
        ended.add(drain);
      }
    }
    drains.removeAll(ended);
    if (drains.isEmpty()) {
      drains = null;
    }
    return ended;
  }

  synchronized void join(Drain drain) {
    if (head != null) {
      if (drains == null) {
        drains = new ArrayList<>();
      }
      drains.add(drain);
      drain.waitFor(this, lastSequence);
    }
  }

  /// Marks what has not moved for a whole deadline as given up.
  synchronized List<Operation<?>> late(int now) {
    List<Operation<?>> late = null;
    for (Operation<?> operation = head; operation != null; operation = operation.next) {
      if (now - operation.progressTick() > StoreGate.TICKS_PER_DEADLINE
          && !operation.abandoned()
          && operation.promise() != null) {
        abandon(operation);
        if (late == null) {
          late = new ArrayList<>();
        }
        late.add(operation);
      }
    }
    return late == null ? List.of() : late;
  }

  /// Marks the changes of some callers as given up.
  synchronized List<Operation<?>> abandon(Predicate<Caller> whose) {
    List<Operation<?>> chosen = new ArrayList<>();
    for (Operation<?> operation : matching(whose)) {
      if (!operation.abandoned()) {
        abandon(operation);
        chosen.add(operation);
      }
    }
    return chosen;
  }

  private void abandon(Operation<?> operation) {
    operation.abandon();
    operation.awaited = true;
    tally.timeout();
  }

  /// The changes of some callers, those of nobody in particular left out.
  synchronized List<Operation<?>> matching(Predicate<Caller> whose) {
    List<Operation<?>> found = new ArrayList<>();
    for (Operation<?> operation = head; operation != null; operation = operation.next) {
      if (operation.reach != Operation.Reach.READS
          && !operation.caller.isAnonymous()
          && whose.test(operation.caller)) {
        found.add(operation);
      }
    }
    return found;
  }

  /// Makes `drain` wait for the changes of some callers and of nobody in particular.
  synchronized void watch(Drain drain, Predicate<Caller> whose) {
    for (Operation<?> operation = head; operation != null; operation = operation.next) {
      if (operation.reach != Operation.Reach.READS
          && (operation.caller.isAnonymous() || whose.test(operation.caller))) {
        operation.awaited = true;
        operation.addWatcher(drain);
        drain.waitForOne();
      }
    }
  }

  int index() {
    return index;
  }

  /// Adds what was counted here to a sum.
  ///
  /// @return how many are under way here
  synchronized int addTo(Tally sum) {
    sum.add(tally);
    return size;
  }

  /// What an operation may do now.
  enum Admission {
    ADMITTED,
    MUST_QUEUE,
    REFUSED
  }
}
