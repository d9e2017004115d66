package io.vtgt.scsi.copy;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.ChangeWatch;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.UnitDirectory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// WRITE USING TOKEN (SBC-4): writes what a ROD token stands for to ranges of the unit.
///
/// A token may come from another initiator, as SPC-5 allows; it is good only for whoever could read
/// the unit it stands for himself.
final class WriteUsingToken {
  // The parameter list.
  private static final int DATA_LENGTH = 0, FLAGS = 2, OFFSET_INTO_ROD = 8, TOKEN = 16;
  private static final int RANGES_LENGTH = 534, HEADER_LENGTH = 536;
  private static final int IMMED = 0x01, DEL_TKN = 0x02;
  private static final int LEAST_DATA_LENGTH = 0x226;

  private WriteUsingToken() {}

  static Step begin(Task task, LogicalUnit unit) {
    return TokenCommand.withList(task, HEADER_LENGTH, bytes -> write(task, unit, bytes));
  }

  private static Step write(Task task, LogicalUnit unit, byte[] bytes) {
    ByteBuffer list = ByteBuffer.wrap(bytes);
    if ((list.getShort(DATA_LENGTH) & 0xffff) < LEAST_DATA_LENGTH) {
      return Step.check(Sense.invalidFieldInParameterList(DATA_LENGTH, 7));
    }
    return switch (BlockRanges.read(bytes, RANGES_LENGTH, unit)) {
      case BlockRanges.Read.Malformed(var sense) -> Step.check(sense);
      case BlockRanges.Read.Understood(var ranges) -> write(task, unit, list, ranges);
    };
  }

  private static Step write(Task task, LogicalUnit unit, ByteBuffer list, BlockRanges destination) {
    int flags = list.get(FLAGS);
    var operation =
        TokenCommand.operation(task, CopyCommands.WRITE_USING_TOKEN, (flags & IMMED) != 0);
    var to = End.destination(new UnitDirectory.Way(unit, task.nexus().id()));
    long offset = list.getLong(OFFSET_INTO_ROD);
    RodTokens tokens = unit.copyManager().tokens();
    byte[] bytes = new byte[RodTokens.TOKEN_LENGTH];
    list.get(TOKEN, bytes);
    return switch (tokens.use(bytes)) {
      case RodTokens.Lookup.Refused(var asc) -> Step.check(Sense.illegalRequest(asc));
      case RodTokens.Lookup.Zeroes _ ->
          unit.copyManager()
              .begin(
                  unit,
                  operation,
                  () -> carryOut(operation, to, zeroes(to, destination), Optional.empty()));
      case RodTokens.Lookup.Found(var token) -> {
        boolean delete = (flags & DEL_TKN) != 0;
        Optional<Sense> fault = fault(task, unit, token, offset);
        if (fault.isPresent()) {
          tokens.used(token, false);
          yield Step.check(fault.get());
        }
        Supplier<Future<Completion>> work =
            () -> {
              List<Move> moves = moves(source(task, unit, token), token, to, destination, offset);
              long wanted = moves.stream().mapToLong(Move::length).sum();
              operation.partial(wanted < destination.length());
              return carryOut(operation, to, moves, Optional.of(token));
            };
        Step step = unit.copyManager().begin(unit, operation, work);
        if (operation.origin().background() || step instanceof Step.Running) {
          operation.ended().onComplete(_ -> tokens.used(token, delete));
        }
        if (step instanceof Step.Done && !operation.origin().background()) {
          tokens.used(token, false); // refused
        }
        yield step;
      }
    };
  }

  private static Optional<Sense> fault(
      Task task, LogicalUnit unit, RodToken token, long offsetBlocks) {
    int blockBytes = unit.profile().blockBytes();
    if (offsetBlocks < 0 || offsetBlocks > (token.length() - 1) / blockBytes) {
      return Optional.of(Sense.invalidFieldInParameterList(OFFSET_INTO_ROD, 7));
    }
    // Who may not see the unit does not learn that there is such a token.
    return ways(task, unit, token).isEmpty()
        ? Optional.of(Sense.illegalRequest(Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN))
        : Optional.empty();
  }

  private static List<UnitDirectory.Way> ways(Task task, LogicalUnit unit, RodToken token) {
    return unit.copyManager().ways(unit, task.nexus(), it -> it == token.unit());
  }

  private static End source(Task task, LogicalUnit unit, RodToken token) {
    List<End> ends = ways(task, unit, token).stream().map(End::source).toList();
    return ends.stream().filter(it -> it.refusal().isEmpty()).findFirst().orElse(ends.getFirst());
  }

  private static List<Move> zeroes(End to, BlockRanges destination) {
    return destination.ranges().stream()
        .<Move>map(range -> new Move.Zero(to, range.offset(), range.length()))
        .toList();
  }

  /// What the token has from `offset` on, laid out over the destination's ranges: as many whole
  /// blocks of the destination as it reaches; where it ends within one, the rest of that is zeroes.
  private static List<Move> moves(
      End from, RodToken token, End to, BlockRanges destination, long offsetBlocks) {
    var moves = new ArrayList<Move>();
    long skip = offsetBlocks * to.blockBytes();
    var sources = new ArrayList<ChangeWatch.Range>();
    for (var range : token.ranges()) {
      long skipped = Math.min(skip, range.length());
      skip -= skipped;
      if (skipped < range.length()) {
        sources.add(new ChangeWatch.Range(range.offset() + skipped, range.length() - skipped));
      }
    }
    for (var range : destination.ranges()) {
      long at = range.offset();
      long end = range.offset() + range.length();
      while (at < end && !sources.isEmpty()) {
        var source = sources.removeFirst();
        long length = Math.min(source.length(), end - at);
        moves.add(new Move.Copy(from, source.offset(), to, at, length));
        if (length < source.length()) {
          sources.addFirst(
              new ChangeWatch.Range(source.offset() + length, source.length() - length));
        }
        at += length;
      }
      long block = to.ceiling(at);
      if (at < block) {
        moves.add(new Move.Zero(to, at, block - at));
      }
    }
    return moves;
  }

  private static Future<Completion> carryOut(
      CopyOperation operation, End to, List<Move> moves, Optional<RodToken> token) {
    Supplier<Optional<Outcome>> stop =
        () ->
            operation.stopping()
                ? Optional.of(new Outcome.Stopped())
                : token.filter(it -> !it.holds()).map(_ -> new Outcome.SourceChanged());
    return CopyManager.carryOut(operation, moves, 0, stop)
        .compose(
            outcome ->
                switch (outcome) {
                  case Outcome.Done _ -> to.settle().map(Completion.good());
                  case Outcome.Stopped _ ->
                      Future.succeededFuture(Completion.check(CopyManager.stopped()));
                  case Outcome.SourceChanged _ ->
                      Future.succeededFuture(
                          Completion.check(
                              Sense.illegalRequest(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED)));
                  case Outcome.Failed(boolean atSource, var why) ->
                      Future.succeededFuture(
                          atSource
                              ? Completion.check(
                                  Sense.of(SenseKey.COPY_ABORTED, Asc.THIRD_PARTY_DEVICE_FAILURE))
                              : why);
                });
  }
}
