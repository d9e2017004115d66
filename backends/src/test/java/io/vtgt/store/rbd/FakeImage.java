package io.vtgt.store.rbd;

import io.vtgt.store.Extent;
import io.vtgt.store.Snapshots.Snapshot;
import io.vtgt.store.StoreFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// An image that answers what a test tells it to, when it tells it to.
final class FakeImage implements Image {
  /// One asynchronous call that has not been answered.
  record Call(String what, Answered by, long offset, long length, long address) {}

  /// What several images of one cluster share: who has the lock, and who is alive.
  static final class Shared {
    Optional<String> owner = Optional.empty();
    final List<String> alive = new ArrayList<>();
    final List<String> broken = new ArrayList<>();
    boolean ownerGivesUp;
  }

  final Shared shared;
  final String address;
  String id = "1";
  long bytes = 8 << 20;
  long features =
      Librbd.FEATURE_EXCLUSIVE_LOCK | Librbd.FEATURE_OBJECT_MAP | Librbd.FEATURE_FAST_DIFF;
  Runnable changed = () -> {};
  volatile boolean closed;
  final CompletableFuture<Void> whenClosed = new CompletableFuture<>();
  volatile boolean clientLost;

  /// The question about extents is not answered before.
  volatile CompletableFuture<Void> untilExtents = CompletableFuture.completedFuture(null);

  /// Not answered yet; the test answers them. Guarded by this image.
  final List<Call> calls = new ArrayList<>();

  /// What a call answers at once; null to keep it.
  volatile Long answer = 0L;

  FakeImage(Shared shared, String address) {
    this.shared = shared;
    this.address = address;
    shared.alive.add(address);
  }

  private int take(String what, Answered by, long offset, long length, long address) {
    assert !closed : what + " of a closed image";
    Long now = answer;
    synchronized (this) {
      calls.add(new Call(what, by, offset, length, address));
    }
    if (now != null) {
      by.answered(what.equals("read") && now == 0 ? length : now);
    }
    return 0;
  }

  /// Answers everything that was kept.
  void answerAll(long result) {
    List<Call> all;
    synchronized (this) {
      all = List.copyOf(calls);
      calls.clear();
    }
    all.forEach(call -> call.by().answered(result));
  }

  synchronized Call last() {
    return calls.getLast();
  }

  @Override
  public int read(Answered by, long offset, long length, long address) {
    return take("read", by, offset, length, address);
  }

  @Override
  public int write(Answered by, long offset, long length, long address) {
    return take("write", by, offset, length, address);
  }

  @Override
  public int writev(Answered by, long offset, long vector, int count) {
    return take("writev", by, offset, count, vector);
  }

  @Override
  public int flush(Answered by) {
    return take("flush", by, 0, 0, 0);
  }

  @Override
  public int discard(Answered by, long offset, long length) {
    return take("discard", by, offset, length, 0);
  }

  @Override
  public int writeZeroes(Answered by, long offset, long length, boolean thick) {
    return take("writeZeroes", by, offset, length, 0);
  }

  @Override
  public int writeSame(Answered by, long offset, long length, long pattern, long patternLength) {
    return take("writeSame", by, offset, length, pattern);
  }

  @Override
  public int compareAndWrite(
      Answered by, long offset, long length, long expected, long data, long mismatchOut) {
    if (length > 512) {
      return Errno.EINVAL.result();
    }
    return take("compareAndWrite", by, offset, length, mismatchOut);
  }

  @Override
  public int ping(Answered by) {
    return take("ping", by, 0, 0, 0);
  }

  @Override
  public Description describe() {
    return new Description(id, bytes, 1 << 20, 1 << 20, 1, features, 0, 64 << 10);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public boolean encrypted() {
    return false;
  }

  @Override
  public void watch(Runnable changed) {
    this.changed = changed;
  }

  @Override
  public void resize(long bytes) {
    this.bytes = bytes;
  }

  @Override
  public List<Extent> extents(long offset, long length) {
    untilExtents.join();
    return List.of(new Extent(offset, length, Extent.State.DEALLOCATED));
  }

  @Override
  public boolean ownsLock() {
    return shared.owner.equals(Optional.of(address));
  }

  @Override
  public Optional<String> lockOwner() {
    return shared.owner;
  }

  @Override
  public boolean isWatchedBy(String address) {
    return shared.alive.contains(address);
  }

  @Override
  public boolean acquireLock() {
    if (shared.owner.isPresent() && !ownsLock() && !shared.ownerGivesUp) {
      return false;
    }
    shared.owner = Optional.of(address);
    return true;
  }

  @Override
  public void releaseLock() {
    shared.owner = Optional.empty();
  }

  @Override
  public void breakLock(String owner) {
    shared.broken.add(owner);
    shared.alive.remove(owner);
    shared.owner = Optional.empty();
  }

  @Override
  public String clientAddress() {
    return address;
  }

  @Override
  public List<Snapshot> snapshots() {
    return List.of();
  }

  @Override
  public void createSnapshot(String name) {}

  @Override
  public void rollBack(String snapshot) {
    throw new StoreFault(StoreFault.Kind.UNSUPPORTED, "there is none");
  }

  @Override
  public void removeSnapshot(String name) {}

  @Override
  public void protectSnapshot(String name, boolean isProtected) {}

  @Override
  public void clientIsLost() {
    clientLost = true;
  }

  @Override
  public void close() {
    assert !closed;
    closed = true;
    if (ownsLock() && !clientLost) {
      releaseLock();
    }
    whenClosed.complete(null);
  }
}
