package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Task;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreFault;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends the tasks of a unit otherwise than by themselves (SAM-5, Aborting commands), and knows when
/// nothing of them can reach the medium any more.
public final class TaskAborts {
  private static final Logger log = LoggerFactory.getLogger(TaskAborts.class);

  /// How long the end of tasks may take before those who wait for it are told that it is not so.
  /// Longer than initiators wait.
  private static final long ABORT_SECONDS = 60;

  private final LogicalUnit unit;

  // Changed by copies, on their own contexts.
  private final Set<Foreign> foreignWork = ConcurrentHashMap.newKeySet();

  /// @param as the nexus that the initiator of the work is at this unit
  private record Foreign(ForeignWork work, Nexus.Id as) {}

  TaskAborts(LogicalUnit unit) {
    this.unit = unit;
  }

  /// Work is about to touch this unit; [#end] takes it back.
  ///
  /// @param as the nexus that its initiator is here
  public void begin(ForeignWork work, Nexus.Id as) {
    foreignWork.add(new Foreign(work, as));
  }

  public void end(ForeignWork work) {
    foreignWork.removeIf(foreign -> foreign.work().equals(work));
  }

  /// Ends every task of one nexus on this unit (PREEMPT AND ABORT) and what it prevents; completes,
  /// on the calling context, when none of its writes can still reach the medium, those of a session
  /// that is over too. Fails with [StoreFault.Kind#TIMEOUT] when that is not so in time. Not for
  /// the nexus whose own control command asks: that command would wait for itself.
  public Future<Void> tasksOf(Nexus.Id nexus) {
    unit.preventRemoval(nexus, false);
    Predicate<Nexus> whose = candidate -> candidate.id().equals(nexus);
    return abortTasks(
        attached(whose), whose, unit.state().mode().taskAbortedStatus(), nexus::equals);
  }

  /// Ends every task of the nexus of `task` on this unit but for `task` itself, which asks for it,
  /// and what the nexus prevents; completes, on the calling context, when none of their writes can
  /// still reach the medium.
  public Future<Void> tasksBeside(Task task) {
    Nexus nexus = task.nexus();
    unit.preventRemoval(nexus.id(), false);
    return abortTasks(
        nexus::equals,
        other -> other.nexus().equals(nexus) && other.tag() != task.tag(),
        () -> {
          var ends = new ArrayList<>(stopForeignWork(nexus.id()::equals));
          ends.add(nexus.transport().abortTasksBeside(task.lun(), task.tag()));
          return ends;
        });
  }

  /// Completes, on any context, when no command of these nexuses that [LogicalUnit#begin] took
  /// before can touch the medium any more, be its nexus gone. For when new ones are refused; what
  /// is done for them without a task is stopped.
  Future<Void> commandsEnded(Predicate<Nexus.Id> whose) {
    var ends = new ArrayList<Future<Void>>();
    for (ItlNexus itl : unit.attached()) {
      if (whose.test(itl.nexus().id())) {
        ends.add(itl.quiet());
      }
    }
    for (ItlNexus itl : unit.leaving()) {
      if (whose.test(itl.nexus().id())) {
        ends.add(itl.quiet());
      }
    }
    ends.addAll(stopForeignWork(whose));
    // Commands that a deadline ended may have left changes in quarantine.
    return Future.join(ends)
        .compose(
            _ ->
                unit.gate()
                    .landed(
                        caller -> !(caller instanceof Task task) || whose.test(task.nexus().id())));
  }

  /// Ends the tasks of every nexus `whose` matches, through its transport; completes, on the
  /// calling context, when none of their writes can still reach the medium. Fails with
  /// [StoreFault.Kind#TIMEOUT] when that is not so in time: then the tasks have ended, as far as
  /// they could, and what the store still holds is in quarantine.
  private Future<Void> abortTasks(Predicate<Nexus> whose, boolean tellTaskAborted) {
    return abortTasks(attached(whose), whose, tellTaskAborted, _ -> false);
  }

  /// The same for everybody, and all foreign work.
  Future<Void> allTasks() {
    return abortTasks(unit.attached(), _ -> true, false, _ -> true);
  }

  private List<ItlNexus> attached(Predicate<Nexus> whose) {
    return unit.attached().stream().filter(itl -> whose.test(itl.nexus())).toList();
  }

  /// The same for nexuses that may not see the unit any more, and for foreign work.
  ///
  /// @param foreign whose foreign work stops too
  Future<Void> tasks(
      List<ItlNexus> affected, boolean tellTaskAborted, Predicate<Nexus.Id> foreign) {
    Set<Nexus> whose = affected.stream().map(ItlNexus::nexus).collect(Collectors.toSet());
    return abortTasks(affected, whose::contains, tellTaskAborted, foreign);
  }

  private Future<Void> abortTasks(
      List<ItlNexus> affected,
      Predicate<Nexus> whose,
      boolean tellTaskAborted,
      Predicate<Nexus.Id> foreign) {
    return abortTasks(
        whose,
        task -> whose.test(task.nexus()),
        () -> {
          var ends = new ArrayList<Future<Void>>();
          affected.forEach(itl -> ends.add(abortTasks(itl, tellTaskAborted)));
          ends.addAll(stopForeignWork(foreign));
          return ends;
        });
  }

  private List<Future<Void>> stopForeignWork(Predicate<Nexus.Id> whose) {
    return foreignWork.stream()
        .filter(foreign -> whose.test(foreign.as()))
        .map(foreign -> foreign.work().stop())
        .toList();
  }

  /// @param whose control commands that wait are refused until the tasks have ended
  /// @param tasks which tasks' changes of the medium are waited for
  /// @param aborts has the transports end tasks; called on the owner
  private Future<Void> abortTasks(
      Predicate<Nexus> whose, Predicate<Task> tasks, Supplier<List<Future<Void>>> aborts) {
    Promise<Void> ended = Promise.promise();
    Context caller = Vertx.currentContext();
    unit.owner()
        .runOnContext(
            _ -> {
              Promise<Void> tasksEnded = Promise.promise();
              unit.controlQueue().refuse(whose, tasksEnded.future());
              Future.join(aborts.get()).<Void>mapEmpty().onComplete(tasksEnded);
              tasksEnded
                  .future()
                  .otherwiseEmpty() // a session that ended meanwhile has no tasks; the gate knows
                  // the
                  // rest
                  .compose(_ -> landed(tasks))
                  .timeout(ABORT_SECONDS, TimeUnit.SECONDS)
                  .recover(this::notInTime)
                  .onComplete(result -> LogicalUnit.on(caller, () -> ended.handle(result)));
            });
    return ended.future();
  }

  private Future<Void> notInTime(Throwable failure) {
    return Future.failedFuture(
        failure instanceof TimeoutException
            ? new StoreFault(
                StoreFault.Kind.TIMEOUT,
                "writes of ended tasks are not answered by the store, %d operations in quarantine"
                    .formatted(unit.gate().quarantined()))
            : failure);
  }

  /// Completes when no change of the tasks that `whose` matches can reach the medium any more;
  /// those that have not begun are taken back. Any context.
  Future<Void> landed(Predicate<Task> whose) {
    unit.gate().withdraw(Caller::aborted);
    return unit.gate().landed(caller -> caller instanceof Task task && whose.test(task));
  }

  private static Future<Void> abortTasks(ItlNexus itl, boolean tellTaskAborted) {
    try {
      OptionalLong lun = OptionalLong.of(Lun.of(itl.number()));
      return itl.nexus().transport().abortTasks(lun, tellTaskAborted);
    } catch (RuntimeException e) {
      log.error("{}: tasks could not be ended", itl.nexus(), e);
      return Future.failedFuture(e);
    }
  }

  /// Ends the tasks of every nexus because one asked for it. The others are told: by TASK ABORTED
  /// where TAS is set, by a unit attention where it is not.
  Future<Void> clearTaskSet(Nexus by) {
    return Future.join(abortTasks(by::equals, false), clearTasksOfOthers(by)).mapEmpty();
  }

  private Future<Void> clearTasksOfOthers(Nexus by) {
    boolean tellTaskAborted = unit.state().mode().taskAbortedStatus();
    return abortTasks(nexus -> !nexus.equals(by), tellTaskAborted)
        .map(
            _ -> {
              if (!tellTaskAborted) {
                unit.attention(
                    Asc.COMMANDS_CLEARED_BY_ANOTHER_INITIATOR, nexus -> !nexus.equals(by));
              }
              return null;
            });
  }

  /// A task of `by` has ended with CHECK CONDITION: ends what QERR says. Called on the nexus' loop,
  /// before its next command is looked at: what the initiator sends when it has seen the status is
  /// not ended with the rest.
  void checkCondition(ItlNexus by) {
    Future<?> ended =
        switch (unit.state().mode().queueError()) {
          case NONE -> Future.succeededFuture();
          case EVERY_TASK -> Future.join(abortTasks(by, false), clearTasksOfOthers(by.nexus()));
          case TASKS_OF_THE_NEXUS -> abortTasks(by, false);
        };
    ended.onFailure(
        failure ->
            log.warn("{}: tasks did not end: {}", unit.profile().name(), failure.toString()));
  }
}
