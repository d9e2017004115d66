package io.vtgt.store;

import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;

/// One call of the gate, from its admission until the store has answered the last piece of it.
abstract class Operation<T> implements Completable<T>, StoreCall {

  /// Who has to wait for whom where ranges overlap.
  enum Reach {
    /// Waits for a barrier only: reads, flushes, questions.
    READS,
    /// Excluded by an exclusive range; goes side by side with other changes.
    CHANGES,
    /// Waits for every change under way, and later changes wait for it.
    EXCLUDES_CHANGES,
    /// The same for reads too: nobody may see it half done.
    EXCLUDES_ALL,
    /// Waits for everything under way, and everything later waits for it.
    BARRIER;

    boolean exclusive() {
      return this == EXCLUDES_CHANGES || this == EXCLUDES_ALL || this == BARRIER;
    }
  }

  /// Which counters an answer goes to.
  enum Count {
    READ,
    WRITE,
    FLUSH,
    UNMAP,
    OTHER,
    /// None: nobody but the gateway itself asked.
    OWN
  }

  final Caller caller;
  final Count count;
  final Reach reach;
  final long offset;
  final long length;

  // Written once, before the operation becomes visible to other threads.
  private final StoreGate gate;
  ContextInternal context;
  Lane lane;

  // Guarded by the lane's monitor.
  Operation<?> previous;
  Operation<?> next;
  long sequence;
  boolean awaited; // its end is of interest: to an exclusive one, a watcher, or the quarantine

  // Guarded by the gate's order monitor.
  private List<Operation<?>> dependents;
  private List<Drain> watchers;
  private int blockers;
  private boolean quarantined;
  private boolean answered;

  // Set by the thread that calls the store, read by the deadline scan.
  private volatile Promise<T> promise;
  private int progressTick; // plain: the scan may see the one before
  private volatile boolean abandoned;

  Operation(StoreGate gate, Caller caller, Count count, Reach reach, long offset, long length) {
    this.gate = gate;
    this.caller = caller;
    this.count = count;
    this.reach = reach;
    this.offset = offset;
    this.length = length;
  }

  /// Calls the store. May answer at once.
  abstract Future<T> start();

  /// Gives back what [#start] would have used, because it is never called.
  void discard() {}

  /// Gives back an answer that nobody waits for any more.
  void drop(T answer) {}

  /// The store answered, or everything that was asked of it did.
  @Override
  public final void complete(T answer, Throwable failure) {
    gate.answered(this, answer, failure);
  }

  boolean overlaps(Operation<?> other) {
    return offset < other.offset + other.length && other.offset < offset + length;
  }

  /// Must `other` keep away from this exclusive operation's range? From that of an abandoned change
  /// readers must keep away too: what it holds is not known.
  boolean excludes(Operation<?> other) {
    if (reach == Reach.BARRIER || other.reach == Reach.BARRIER) {
      return true;
    }
    boolean readersToo = reach == Reach.EXCLUDES_ALL || abandoned;
    return (readersToo || other.reach != Reach.READS) && overlaps(other);
  }

  /// Something moved: the deadline starts again.
  void progress(int tick) {
    progressTick = tick;
  }

  int progressTick() {
    return progressTick;
  }

  /// The caller has been told that it took too long.
  boolean abandoned() {
    return abandoned;
  }

  /// No further piece is begun: it is abandoned, or its caller does not want it any more.
  @Override
  public final boolean stopped() {
    return abandoned || caller.aborted();
  }

  @Override
  public final Object party() {
    return caller.party();
  }

  @Override
  public final void waits() {
    progress(gate.tickNow());
  }

  void abandon() {
    abandoned = true;
  }

  /// Null as long as the caller has no future yet.
  Promise<T> promise() {
    return promise;
  }

  Future<T> promised() {
    Promise<T> made = CallingContext.promise(context);
    promise = made;
    return made.future();
  }

  /// Under the gate's order monitor.
  void blockedBy(int count) {
    blockers = count;
  }

  /// Gives up waiting. Under the gate's order monitor.
  ///
  /// @return it was waiting, and will not be begun
  boolean withdraw() {
    if (blockers <= 0) {
      return false;
    }
    blockers = Integer.MIN_VALUE;
    return true;
  }

  /// One operation that this one waited for has ended.
  ///
  /// @return none is left
  boolean unblocked() {
    if (blockers == Integer.MIN_VALUE) {
      return false;
    }
    blockers--;
    return blockers == 0;
  }

  /// It has begun, was given up, and the store has not answered. Under the gate's order monitor.
  ///
  /// @return false when it is there already, or the store has answered after all
  boolean enterQuarantine() {
    boolean enters = !quarantined && !answered;
    quarantined |= enters;
    return enters;
  }

  /// The store has answered. Under the gate's order monitor.
  ///
  /// @return it was in quarantine
  boolean leaveQuarantine() {
    answered = true;
    return quarantined;
  }

  boolean quarantined() {
    return quarantined;
  }

  void addWatcher(Drain watcher) {
    if (watchers == null) {
      watchers = new ArrayList<>();
    }
    watchers.add(watcher);
  }

  List<Drain> takeWatchers() {
    List<Drain> taken = watchers;
    watchers = null;
    return taken == null ? List.of() : taken;
  }

  void addDependent(Operation<?> dependent) {
    if (dependents == null) {
      dependents = new ArrayList<>();
    }
    dependents.add(dependent);
  }

  List<Operation<?>> takeDependents() {
    List<Operation<?>> taken = dependents;
    dependents = null;
    return taken == null ? List.of() : taken;
  }
}
