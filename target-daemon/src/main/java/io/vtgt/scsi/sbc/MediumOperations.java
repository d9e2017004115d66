package io.vtgt.scsi.sbc;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.SoleUse;
import io.vtgt.store.StoreFault;
import io.vtgt.target.Condition;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.UnitMemory;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// FORMAT UNIT and SANITIZE of one unit: goes over its medium piece by piece, in the background.
///
/// The unit remembers that one is under way before the first byte is changed, and forgets it after
/// the last: a sanitize that a kill or a power failure cuts off goes on where the unit is opened
/// next, and one that fails keeps everybody from the medium; a format that is cut off leaves the
/// medium format corrupt. Resets and aborts end the command that asked, never the operation (SBC-4,
/// Performing a sanitize operation).
public final class MediumOperations {
  private static final Logger LOG = LoggerFactory.getLogger(MediumOperations.class);

  /// The part of the unit's memory.
  private static final String PART = "medium-operation";

  private static final String FAILED = "failed", PASS = "pass", OFFSET = "offset";

  /// An overwrite leaves the store to others: it writes no faster than this, or than it takes to be
  /// over in [#LONGEST_PASS_SECONDS], whichever is faster.
  private static final long LEAST_BYTES_PER_SECOND = 32 << 20;

  private static final long LONGEST_PASS_SECONDS = 3600;

  /// How often the place is kept from which a sanitize goes on after a restart.
  private static final int PIECES_BETWEEN_NOTES = 64;

  private final LogicalUnit unit;

  public MediumOperations(LogicalUnit unit) {
    this.unit = unit;
  }

  /// What the unit suffers from by what it remembers of an operation.
  public static Condition recalled(UnitMemory memory) {
    return remembered(memory)
        .map(
            kept -> {
              MediumOperation operation = MediumOperation.fromJson(kept);
              return kept.getBoolean(FAILED) || !operation.isSanitize()
                  ? operation.afterFailure()
                  : operation.underWay(0);
            })
        .orElse(Condition.USABLE);
  }

  private static Optional<JsonObject> remembered(UnitMemory memory) {
    return memory.recall(PART).filter(kept -> !kept.isEmpty());
  }

  /// Goes on with a sanitize that was under way when the unit was last in use. Called once.
  public void resume() {
    if (unit.state().condition() instanceof Condition.Sanitizing) {
      JsonObject kept = remembered(unit.memory()).orElseThrow();
      unit.owner()
          .runOnContext(
              _ -> {
                var sweep = new Sweep(MediumOperation.fromJson(kept), Optional.empty());
                sweep.pass = kept.getInteger(PASS);
                sweep.offset = kept.getLong(OFFSET);
                LOG.info(
                    "{}: a sanitize that was cut off goes on in pass {} at byte {}",
                    name(),
                    sweep.pass + 1,
                    sweep.offset);
                sweep.begin();
              });
    }
  }

  /// Begins an operation as a control command of the unit.
  ///
  /// @param immediate IMMED: the command ends when the operation has begun, not when it is over
  Step start(Task task, MediumOperation operation, boolean immediate) {
    var whole = Promise.<Completion>promise();
    var waiting = immediate ? Optional.<Waiting>empty() : Optional.of(new Waiting(task, whole));
    var control = (Step.Running) unit.onOwner(task, () -> begin(operation, waiting));
    Future<Completion> begun = control.completion();
    return new Step.Running(
        immediate
            ? begun
            : begun.compose(
                begin ->
                    begin instanceof Completion.Good
                        ? whole.future()
                        : Future.succeededFuture(begin)));
  }

  private Future<Completion> begin(MediumOperation operation, Optional<Waiting> waiting) {
    Condition now = unit.state().condition();
    if (now instanceof Condition.Sanitizing || now instanceof Condition.Formatting) {
      return Future.succeededFuture(
          Completion.check(Condition.sense(now).orElseThrow())); // began just now
    }
    var sweep = new Sweep(operation, waiting);
    return unit.memory()
        .keep(PART, sweep.note(false))
        .map(
            _ -> {
              LOG.info("{}: {} begins", name(), operation.getClass().getSimpleName());
              sweep.begin();
              return Completion.good();
            });
  }

  /// EXIT FAILURE MODE: the medium is used again as it is.
  Step exitFailure(Task task) {
    return unit.onOwner(
        task,
        () ->
            unit.state().condition() instanceof Condition.SanitizeFailed
                ? unit.memory()
                    .keep(PART, new JsonObject())
                    .map(
                        _ -> {
                          LOG.warn("{}: used again after a sanitize that failed", name());
                          publish(Condition.USABLE);
                          return Completion.good();
                        })
                : Future.succeededFuture(Completion.good()));
  }

  private void publish(Condition condition) {
    unit.publish(unit.state().withCondition(condition));
  }

  private String name() {
    return unit.profile().name();
  }

  /// The command that asked and has not been answered.
  private record Waiting(Task task, Promise<Completion> whole) {
    void end(Completion completion) {
      task.nexus().context().runOnContext(_ -> whole.tryComplete(completion));
    }
  }

  /// One operation, on the owner context.
  private final class Sweep {
    private final MediumOperation operation;
    private final long bytes = unit.gate().geometry().bytes();

    private Optional<Waiting> waiting;
    private SoleUse medium;
    private MediumOperation.Pass walk;
    private int pass;
    private long offset; // in the pass
    private int pieces;
    private Future<Void> noted = Future.succeededFuture();

    Sweep(MediumOperation operation, Optional<Waiting> waiting) {
      this.operation = operation;
      this.waiting = waiting;
    }

    /// New commands are refused from here on; those under way end first.
    void begin() {
      publish(operation.underWay(progress()));
      unit.gate()
          .takeAlone()
          .onComplete(
              (taken, failure) -> {
                if (failure == null) {
                  medium = taken;
                  next();
                } else {
                  failed(failure);
                }
              });
    }

    private void next() {
      letGoOfAborted();
      if (walk == null) {
        walk = operation.pass(pass, unit.profile().blockBytes());
      }
      if (offset < bytes) {
        int length = (int) Math.min(walk.pieceLength(), bytes - offset);
        Future.all(walk.change(medium, offset, length), pause())
            .onComplete(
                done -> {
                  if (done.succeeded()) {
                    offset += length;
                    publish(operation.underWay(progress()));
                    noteNowAndThen();
                    goOn();
                  } else {
                    failed(done.cause());
                  }
                });
      } else {
        walk = null;
        medium
            .flush()
            .onComplete(
                (_, failure) -> {
                  if (failure != null) {
                    failed(failure);
                  } else if (++pass < operation.passCount()) {
                    offset = 0;
                    goOn();
                  } else {
                    succeeded();
                  }
                });
      }
    }

    /// A store that answers at once must not hold the loop.
    private void goOn() {
      unit.owner().runOnContext(_ -> next());
    }

    private Future<Void> pause() {
      if (!(walk instanceof MediumOperation.Writing)) {
        return Future.succeededFuture();
      }
      long bytesPerSecond = Math.max(LEAST_BYTES_PER_SECOND, bytes / LONGEST_PASS_SECONDS);
      Promise<Void> over = Promise.promise();
      unit.owner()
          .owner()
          .setTimer(Math.max(1, walk.pieceLength() * 1000L / bytesPerSecond), _ -> over.complete());
      return over.future();
    }

    private int progress() {
      double done = pass + (bytes == 0 ? 0 : (double) offset / bytes);
      return Math.clamp((long) (done / operation.passCount() * 0x10000), 0, 0xffff);
    }

    private JsonObject note(boolean failed) {
      return operation.toJson().put(FAILED, failed).put(PASS, pass).put(OFFSET, offset);
    }

    /// Only a hint: all after it is done again. What is before it must be on the medium for good,
    /// and the last word about the operation must come after it.
    private void noteNowAndThen() {
      if (operation.isSanitize() && ++pieces % PIECES_BETWEEN_NOTES == 0 && noted.isComplete()) {
        JsonObject place = note(false);
        noted =
            medium
                .flush()
                .compose(_ -> unit.memory().keep(PART, place))
                .onFailure(failure -> LOG.warn("{}: the place is not kept", name(), failure));
      }
    }

    private Future<Void> lastNote(JsonObject note) {
      return noted.transform(_ -> unit.memory().keep(PART, note));
    }

    private void succeeded() {
      lastNote(new JsonObject())
          .onComplete(
              (_, failure) -> {
                if (failure != null) {
                  failed(failure);
                  return;
                }
                LOG.info("{}: {} is done", name(), operation.getClass().getSimpleName());
                medium.end();
                publish(Condition.USABLE);
                tell(Completion.good());
              });
    }

    private void failed(Throwable cause) {
      if (cause instanceof StoreFault fault && fault.kind() == StoreFault.Kind.CLOSED) {
        tell(unit.failed(cause)); // the unit is closed: it goes on where it is opened again
        return;
      }
      LOG.error(
          "{}: {} failed in pass {} at byte {} of {}",
          name(),
          operation.getClass().getSimpleName(),
          pass + 1,
          offset,
          bytes,
          cause);
      lastNote(note(true))
          .onComplete(
              (_, failure) -> {
                if (failure != null) {
                  LOG.error("{}: nor is that kept: a restart begins it anew", name(), failure);
                }
                if (medium != null) {
                  medium.end();
                }
                publish(operation.afterFailure());
                tell(Completion.check(Sense.of(SenseKey.MEDIUM_ERROR, operation.failure())));
              });
    }

    private void letGoOfAborted() {
      if (waiting.isPresent() && waiting.get().task().aborted()) {
        tell(new Completion.TaskAborted());
      }
    }

    private void tell(Completion completion) {
      waiting.ifPresent(it -> it.end(completion));
      waiting = Optional.empty();
    }
  }
}
