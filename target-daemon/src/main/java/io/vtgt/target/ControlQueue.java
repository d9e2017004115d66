package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Task;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// The control commands of one unit: they run on the unit's owner context, one after the other,
/// each only after the turn of the one before is over. Bounded by the sessions' command windows.
final class ControlQueue {

  private record Entry(Task task, Supplier<Future<Turn>> command, Promise<Completion> answer) {}

  private final Context owner;

  // Touched only on the owner.
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private final List<Predicate<Nexus>> refused = new ArrayList<>();
  private boolean running;

  ControlQueue(Context owner) {
    this.owner = owner;
  }

  /// @return completes on the context of the task's nexus
  Future<Completion> run(Task task, Supplier<Future<Turn>> command) {
    Promise<Completion> answer = Promise.promise();
    owner.runOnContext(
        _ -> {
          var entry = new Entry(task, command, answer);
          if (refused.stream().anyMatch(whose -> whose.test(task.nexus()))) {
            answer(entry, Future.succeededFuture(new Completion.Busy()));
          } else {
            waiting.add(entry);
            next();
          }
        });
    return answer.future();
  }

  /// Ends the commands that have not begun with BUSY, and refuses new ones with it until `ended`.
  ///
  /// Whoever waits for a nexus' tasks to end may itself be the control command that runs now; so it
  /// must not come to wait for those behind it. Owner context.
  ///
  /// @param ended completes when the tasks have ended
  void refuse(Predicate<Nexus> whose, Future<?> ended) {
    assert owner.equals(Vertx.currentContext());
    refused.add(whose);
    for (Iterator<Entry> entries = waiting.iterator(); entries.hasNext(); ) {
      Entry entry = entries.next();
      if (whose.test(entry.task().nexus())) {
        entries.remove();
        answer(entry, Future.succeededFuture(new Completion.Busy()));
      }
    }
    ended.onComplete(_ -> owner.runOnContext(_ -> refused.remove(whose)));
  }

  private void next() {
    Entry entry = running ? null : waiting.poll();
    if (entry == null) {
      return;
    }
    if (entry.task().aborted()) { // nobody wants it any more, and nobody hears this
      answer(entry, Future.succeededFuture(new Completion.Busy()));
      next();
      return;
    }
    running = true;
    begin(entry)
        .onComplete(
            result ->
                owner.runOnContext(
                    _ -> {
                      running = false;
                      answer(
                          entry,
                          result.succeeded()
                              ? result.result().rest().map(result.result().completion())
                              : Future.failedFuture(result.cause()));
                      next();
                    }));
  }

  private static Future<Turn> begin(Entry entry) {
    try {
      return entry.command().get();
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
    }
  }

  private static void answer(Entry entry, Future<Completion> result) {
    Context context = entry.task().nexus().context();
    result.onComplete(it -> context.runOnContext(_ -> entry.answer().handle(it)));
  }
}
