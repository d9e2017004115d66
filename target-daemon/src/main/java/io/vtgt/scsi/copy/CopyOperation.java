package io.vtgt.scsi.copy;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Status;
import io.vtgt.scsi.Task;
import io.vtgt.target.ForeignWork;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// One copy operation (SPC-5, Third-party copy commands and operations): from its command on, and
/// after its end as long as somebody may ask about it.
///
/// Its work runs on the context of the nexus that asked for it. What others read is volatile.
final class CopyOperation implements ForeignWork {

  /// What started it.
  ///
  /// @param serviceAction of the command
  /// @param listId how the initiator asks about it; none when it will not
  /// @param background goes on after the command was answered (IMMED)
  record Origin(int serviceAction, OptionalInt listId, boolean background) {}

  private final Origin origin;
  private final Task task;
  private final Promise<Void> ended = Promise.promise();

  // Touched on its own context only.
  private final Set<LogicalUnit> touched = new HashSet<>();

  private volatile boolean stopped;
  private volatile long transferredBytes;
  private volatile int segments;
  private volatile int operations;
  private volatile Optional<Completion> completion = Optional.empty();
  private volatile boolean partial;
  private volatile Optional<RodToken> token = Optional.empty();

  // What has been fetched once is not told again (SPC-5, RECEIVE COPY STATUS(LID1), RECEIVE COPY
  // FAILURE DETAILS(LID1), RECEIVE ROD TOKEN INFORMATION).
  private volatile boolean statusTaken;
  private volatile boolean detailsTaken;

  CopyOperation(Origin origin, Task task) {
    this.origin = origin;
    this.task = task;
  }

  Origin origin() {
    return origin;
  }

  /// For whom it is done.
  Nexus.Id initiator() {
    return task.nexus().id();
  }

  /// The context it works on.
  Context context() {
    return task.nexus().context();
  }

  /// True when it shall begin nothing more.
  boolean stopping() {
    return stopped || (!origin.background() && task.aborted());
  }

  @Override
  public Future<Void> stop() {
    Promise<Void> seen = Promise.promise();
    context()
        .runOnContext(
            _ -> {
              stopped = true;
              seen.complete();
            });
    return seen.future();
  }

  /// Completes when nothing of it is under way any more.
  Future<Void> ended() {
    return ended.future();
  }

  boolean hasEnded() {
    return completion.isPresent();
  }

  // Progress, on its own context.

  /// From now on it reads or writes this unit too: what ends its initiator's tasks there stops it.
  void touch(LogicalUnit unit, Nexus.Id as) {
    touched.add(unit);
    unit.aborts().begin(this, as);
  }

  void transferred(long bytes) {
    transferredBytes = bytes;
  }

  long transferredBytes() {
    return transferredBytes;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  void segmentBegun() {
    segments++;
  }

  int segments() {
    return segments;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  void operationDone() {
    operations++;
  }

  int operations() {
    return operations;
  }

  void end(Completion how) {
    touched.forEach(unit -> unit.aborts().end(this));
    touched.clear();
    completion = Optional.of(how);
    ended.complete();
  }

  /// It wrote less than it was asked to, because the token stands for no more.
  void partial(boolean value) {
    partial = value;
  }

  boolean partial() {
    return partial;
  }

  void token(RodToken value) {
    token = Optional.of(value);
  }

  /// What it ended with, once it has.
  Optional<Completion> completion() {
    return completion;
  }

  boolean succeeded() {
    return completion.filter(how -> how.status() == Status.GOOD).isPresent();
  }

  /// It ended because it was stopped.
  boolean terminated() {
    return stopping() && !succeeded();
  }

  // What is told only once.

  Optional<RodToken> token() {
    return token;
  }

  void tokenTaken() {
    token = Optional.empty();
  }

  boolean statusTaken() {
    return statusTaken;
  }

  void takeStatus() {
    statusTaken = true;
  }

  boolean detailsTaken() {
    return detailsTaken;
  }

  void takeDetails() {
    detailsTaken = true;
  }
}
