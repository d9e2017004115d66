package io.vtgt.scsi.copy;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Completion;
import io.vtgt.store.Extent;
import io.vtgt.store.Limits;
import io.vtgt.store.StoreFault;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Carries out one [Move], in pieces, through the gates of both units.
///
/// - At most [#MEMORY_BYTES] are held at once.
/// - Before each piece it is asked whether to go on, and both units whether the initiator still
///   may; after each read once more. So what stops a copy stops it within a piece, and then nothing
///   of it is under way any more.
/// - Where the source can tell, what holds no data is not read but deallocated (or zeroed) at the
///   destination.
/// - Where source and destination overlap, the bytes arrive as if all had been read first: the
///   order of the pieces sees to it, one at a time.
/// - The source is not frozen: bytes that others write meanwhile may arrive as they were before or
///   as they are after (unless the copy is of a token, which then breaks).
///
/// Everything happens on one event loop; a store that answers at once does not keep it for longer
/// than [#TURN_BYTES].
final class Mover {
  private static final int PIECE_BYTES = 512 << 10;
  private static final int PIECES = 2;

  /// What one copy holds in memory.
  static final int MEMORY_BYTES = PIECE_BYTES * PIECES;

  /// What is copied in one turn of the event loop.
  private static final int TURN_BYTES = 4 << 20;

  /// For how much of the source it is asked at once which parts hold data.
  private static final long WINDOW_BYTES = 256L << 20;

  /// Zeroes are written so many at a time: a store that cannot deallocate writes them all.
  private static final long ZERO_PIECE_BYTES = 32L << 20;

  /// A shorter hole is copied like data: to leave it out would cost more.
  private static final long MIN_HOLE_BYTES = 32 << 10;

  /// Part of the move, in bytes from its beginning.
  private record Run(long start, long end, boolean hole) {}

  private final CopyOperation operation;
  private final Context context;
  private final Move move;
  private final long before;
  private final Supplier<Optional<Outcome>> stop;
  private final Promise<Outcome> done = Promise.promise();

  /// What is known of the source and not begun yet, in order.
  private final ArrayDeque<Run> runs = new ArrayDeque<>();

  /// Pieces that have arrived beyond the first that has not.
  private final TreeMap<Long, Long> arrived = new TreeMap<>();

  private final boolean backwards;
  private final int mostPieces;

  private long begun; // bytes that pieces were begun for
  private long known; // bytes that are or were in `runs`
  private long contiguous; // bytes from the beginning that have arrived
  private int underWay;
  private boolean asking; // for the extents of the source
  private boolean pumping;
  private boolean gaveUp; // a write was given up: it may still land
  private long turnBytes;
  private Outcome outcome;

  /// @param operation gets the progress; everything happens on its context
  /// @param before bytes it had transferred before this move
  /// @param stop asked before and within every piece; what it answers ends the move
  Mover(CopyOperation operation, Move move, long before, Supplier<Optional<Outcome>> stop) {
    this.operation = operation;
    this.context = operation.context();
    this.move = move;
    this.before = before;
    this.stop = stop;
    boolean overlaps = move instanceof Move.Copy copy && copy.overlaps();
    backwards = overlaps && move instanceof Move.Copy copy && copy.fromOffset() < copy.toOffset();
    mostPieces = overlaps ? 1 : PIECES;
    boolean asksForHoles =
        move instanceof Move.Copy copy && !overlaps && tellsHoles(copy.from().gate().limits());
    if (!asksForHoles) {
      runs.add(new Run(0, move.length(), move instanceof Move.Zero));
      known = move.length();
    }
  }

  /// @return completes when nothing of it is under way any more; never fails
  Future<Outcome> run() {
    pump();
    return done.future();
  }

  private static boolean tellsHoles(Limits limits) {
    return limits.reportsExtents() && limits.unmapZeroes();
  }

  private void pump() {
    if (pumping) {
      return; // called from within: the loop below goes on
    }
    pumping = true;
    try {
      while (mayBegin()) {
        if (turnBytes >= TURN_BYTES) {
          turnBytes = 0;
          context.runOnContext(_ -> pump());
          return;
        }
        if (runs.isEmpty()) {
          ask();
        } else {
          begin();
        }
      }
    } finally {
      pumping = false;
    }
    if (underWay == 0 && !asking && (outcome != null || begun == move.length())) {
      finish();
    }
  }

  private boolean mayBegin() {
    return outcome == null
        && begun < move.length()
        && underWay < mostPieces
        && !(asking && runs.isEmpty());
  }

  private void finish() {
    if (outcome == null) {
      outcome = Outcome.DONE;
    }
    // Whoever stops a copy relies on nothing of it landing later.
    if (gaveUp && stop.get().orElse(outcome) instanceof Outcome.Stopped) {
      move.to().gate().landed(_ -> false).onComplete(_ -> done.tryComplete(outcome));
    } else {
      done.tryComplete(outcome);
    }
  }

  // Holes

  private void ask() {
    var copy = (Move.Copy) move;
    long length = Math.min(WINDOW_BYTES, move.length() - known);
    long from = copy.from().floor(copy.fromOffset() + known);
    long to = copy.from().ceiling(copy.fromOffset() + known + length);
    asking = true;
    copy.from()
        .gate()
        .extents(from, to - from)
        .onComplete(
            (extents, failure) -> {
              asking = false;
              if (failure != null) {
                end(new Outcome.Failed(true, copy.from().unit().failed(failure)));
              } else if (!stopped()) {
                learn(extents, copy, known + length);
              }
              pump();
            });
  }

  /// @param limit bytes of the move that were asked for, from its beginning
  private void learn(List<Extent> extents, Move.Copy copy, long limit) {
    for (Extent extent : extents) {
      long start = Math.max(known, extent.offset() - copy.fromOffset());
      long end = Math.min(limit, extent.end() - copy.fromOffset());
      if (extent.state() == Extent.State.DEALLOCATED) {
        // Whole blocks of the destination only.
        start = copy.to().ceiling(copy.toOffset() + start) - copy.toOffset();
        end = copy.to().floor(copy.toOffset() + end) - copy.toOffset();
        if (end - start >= MIN_HOLE_BYTES) {
          add(start, false);
          add(end, true);
        }
      } else {
        add(end, false);
      }
    }
    long told =
        extents.isEmpty() ? limit : Math.min(limit, extents.getLast().end() - copy.fromOffset());
    add(told > known ? told : runs.isEmpty() ? limit : known, false);
  }

  private void add(long end, boolean hole) {
    if (end <= known) {
      return;
    }
    Run last = runs.peekLast();
    if (last != null && last.hole() == hole) {
      runs.removeLast();
      runs.addLast(new Run(last.start(), end, hole));
    } else {
      runs.addLast(new Run(known, end, hole));
    }
    known = end;
  }

  // Pieces

  private void begin() {
    if (stopped()) {
      return;
    }
    Run run = runs.removeFirst();
    long length = run.hole() ? Math.min(ZERO_PIECE_BYTES, run.end() - run.start()) : data(run);
    long start = backwards ? run.end() - length : run.start();
    Run rest =
        backwards
            ? new Run(run.start(), start, run.hole())
            : new Run(start + length, run.end(), run.hole());
    if (rest.start() < rest.end()) {
      runs.addFirst(rest);
    }
    begun += length;
    turnBytes += run.hole() ? PIECE_BYTES / 8 : length;
    underWay++;
    Future<Void> piece =
        run.hole()
            ? writing(move.to().zero(move.toOffset() + start, length))
            : copy((Move.Copy) move, start, (int) length);
    piece.onComplete(
        (_, failure) -> {
          underWay--;
          if (failure == null) {
            arrived(start, start + length);
          }
          pump();
        });
  }

  /// As much of a run of data as one piece takes: up to a multiple of the piece's length on the
  /// destination, so that only the first and the last piece can end within a block.
  private long data(Run run) {
    long at = move.toOffset() + run.start();
    long most = backwards ? PIECE_BYTES : PIECE_BYTES - at % PIECE_BYTES;
    if (backwards) {
      long last = (move.toOffset() + run.end()) % PIECE_BYTES;
      most = last == 0 ? PIECE_BYTES : last;
    }
    return Math.min(most, run.end() - run.start());
  }

  private Future<Void> copy(Move.Copy copy, long start, int length) {
    return copy.from()
        .read(copy.fromOffset() + start, length)
        .recover(
            failure -> {
              end(new Outcome.Failed(true, copy.from().unit().failed(failure)));
              return Future.failedFuture(failure);
            })
        .compose(data -> goOn(copy, start, data));
  }

  /// @param data owned by this method
  private Future<Void> goOn(Move.Copy copy, long start, ByteBuf data) {
    if (stopped()) {
      data.release();
      return Future.failedFuture("stopped");
    }
    return writing(copy.to().write(copy.toOffset() + start, data));
  }

  private Future<Void> writing(Future<Void> write) {
    return write.recover(
        failure -> {
          gaveUp |= failure instanceof StoreFault fault && fault.kind() == StoreFault.Kind.TIMEOUT;
          end(new Outcome.Failed(false, move.to().unit().failed(failure)));
          return Future.failedFuture(failure);
        });
  }

  private void arrived(long start, long end) {
    operation.operationDone();
    arrived.put(start, end);
    while (!arrived.isEmpty() && arrived.firstKey() == contiguous) {
      contiguous = arrived.pollFirstEntry().getValue();
    }
    operation.transferred(before + contiguous);
  }

  // Stopping

  /// Asks whether to go on; if not, the move ends.
  private boolean stopped() {
    if (outcome == null) {
      stop.get().or(this::refusal).ifPresent(this::end);
    }
    return outcome != null;
  }

  private Optional<Outcome> refusal() {
    if (move instanceof Move.Copy copy) {
      Optional<Completion> source = copy.from().refusal();
      if (source.isPresent()) {
        return Optional.of(new Outcome.Failed(true, source.get()));
      }
    }
    return move.to().refusal().map(why -> new Outcome.Failed(false, why));
  }

  private void end(Outcome how) {
    if (outcome == null) {
      outcome = how;
    }
  }
}
