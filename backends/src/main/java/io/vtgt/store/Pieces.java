package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/// A long range walked in pieces, a few at a time.
///
/// The first failure stops the walk; the result comes when no piece is under way any more. Without
/// a context pieces may answer on any thread, so the state is guarded.
final class Pieces {
  /// Enough to keep a store busy, few enough that a long range does not crowd out others.
  private static final int PARALLEL = 4;

  /// A store that answers at once must not hold an event loop for a long range.
  private static final int TURN = 64;

  /// Begins one piece.
  interface Step {
    /// @param at from the start of the whole range
    /// @param length bytes of this piece
    Future<?> begin(long at, int length);
  }

  private final Operation<?> operation;
  private final StoreGate gate;
  private final long length;
  private final int pieceLength;
  private final Step step;
  private final Promise<Void> done;

  // Guarded by this.
  private long begun;
  private int underWay;
  private boolean pumping;
  private Throwable failure;

  private Pieces(StoreGate gate, Operation<?> operation, long length, int pieceLength, Step step) {
    this.gate = gate;
    this.operation = operation;
    this.length = length;
    this.pieceLength = pieceLength;
    this.step = step;
    this.done = CallingContext.promise(operation.context);
  }

  /// Walks `length` bytes in pieces of `pieceLength`, the last one shorter.
  static Future<Void> walk(
      StoreGate gate, Operation<?> operation, long length, int pieceLength, Step step) {
    Pieces pieces = new Pieces(gate, operation, length, pieceLength, step);
    pieces.pump();
    return pieces.done.future();
  }

  private void pump() {
    for (int turn = 0; ; turn++) {
      long at;
      int size;
      synchronized (this) {
        if (turn == 0) {
          if (pumping) {
            return; // the loop of another thread or further up on this stack goes on
          }
          pumping = true;
        }
        if (!mayBegin()) {
          pumping = false;
          if (underWay > 0) {
            return;
          }
          break;
        }
        if (turn == TURN && operation.context != null) {
          pumping = false;
          operation.context.runOnContext(_ -> pump());
          return;
        }
        at = begun;
        size = (int) Math.min(pieceLength, length - at);
        begun += size;
        underWay++;
      }
      begin(at, size);
    }
    finish();
  }

  // Under this object's monitor.
  private boolean mayBegin() {
    return failure == null && !operation.stopped() && begun < length && underWay < PARALLEL;
  }

  // Without it: the store may take locks of its own, and answer on another thread meanwhile.
  private void begin(long at, int size) {
    Future<?> answer;
    try {
      answer = gate.ask(operation, () -> step.begin(at, size));
    } catch (RuntimeException | Error e) {
      answer = Future.failedFuture(e);
    }
    if (answer.isComplete()) {
      ended(answer.cause());
    } else {
      answer.onComplete(
          (_, cause) -> {
            ended(cause);
            pump();
          });
    }
  }

  private synchronized void ended(Throwable cause) {
    underWay--;
    operation.progress(gate.tickNow());
    if (cause != null && failure == null) {
      failure = cause;
    }
  }

  private void finish() {
    if (failure != null) {
      done.tryFail(failure);
    } else if (begun < length) {
      done.tryFail(StoreGate.givenUp());
    } else {
      done.tryComplete();
    }
  }
}
