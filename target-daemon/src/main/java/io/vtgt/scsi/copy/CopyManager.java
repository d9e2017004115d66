package io.vtgt.scsi.copy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitDirectory;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// What the copy managers (SPC-5) of all units of a gateway share: where units are found, the
/// tokens, and how many copies there are.
public final class CopyManager {
  private final UnitDirectory directory;
  private final RodTokens tokens;
  private final AtomicInteger underWay = new AtomicInteger();

  /// @param directory every unit of the gateway
  /// @param nanoClock runs as [System#nanoTime()]: tokens expire by it
  /// @param random makes tokens nobody can guess
  public CopyManager(UnitDirectory directory, LongSupplier nanoClock, SecureRandom random) {
    this.directory = directory;
    this.tokens = new RodTokens(nanoClock, random);
  }

  /// For a unit that is part of no gateway yet.
  public static CopyManager ofOneUnit() {
    return new CopyManager(UnitDirectory.OF_THE_NEXUS, System::nanoTime, new SecureRandom());
  }

  RodTokens tokens() {
    return tokens;
  }

  /// The ways to the units that `which` matches, the unit that was asked itself first.
  List<UnitDirectory.Way> ways(LogicalUnit asked, Nexus nexus, Predicate<LogicalUnit> which) {
    var ways = new ArrayList<UnitDirectory.Way>();
    if (which.test(asked)) {
      ways.add(new UnitDirectory.Way(asked, nexus.id()));
    }
    ways.addAll(directory.find(which, nexus));
    return ways;
  }

  /// Begins a copy operation, or refuses it.
  ///
  /// @param work does it, on the operation's context; when its future completes nothing of it may
  ///   be under way any more
  Step begin(LogicalUnit unit, CopyOperation operation, Supplier<Future<Completion>> work) {
    if (underWay.incrementAndGet() > CopyLimits.COPIES) {
      underWay.decrementAndGet();
      return new Step.Done(new Completion.Busy());
    }
    Optional<Completion> refused = unit.copies().begin(operation);
    if (refused.isPresent()) {
      underWay.decrementAndGet();
      return new Step.Done(refused.get());
    }
    operation.touch(unit, operation.initiator());
    Future<Completion> ending =
        begin(work)
            .otherwise(unit::failed)
            .map(
                how -> {
                  operation.end(how);
                  unit.copies().ended();
                  underWay.decrementAndGet();
                  return how;
                });
    return operation.origin().background() ? Step.GOOD : new Step.Running(ending);
  }

  private static Future<Completion> begin(Supplier<Future<Completion>> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error bug) {
      return Future.failedFuture(bug);
    }
  }

  /// COPY OPERATION ABORT and resets end a copy with this (SPC-5, The COPY OPERATION ABORT
  /// command).
  static Sense stopped() {
    return Sense.of(SenseKey.COPY_ABORTED, Asc.COMMANDS_CLEARED_BY_DEVICE_SERVER);
  }

  /// Carries out moves one after the other, up to the first that does not end well.
  ///
  /// @param before bytes that were transferred already
  static Future<Outcome> carryOut(
      CopyOperation operation, List<Move> moves, long before, Supplier<Optional<Outcome>> stop) {
    Promise<Outcome> done = Promise.promise();
    carryOut(operation, moves, 0, before, stop, done);
    return done.future();
  }

  private static void carryOut(
      CopyOperation operation,
      List<Move> moves,
      int index,
      long before,
      Supplier<Optional<Outcome>> stop,
      Promise<Outcome> done) {
    if (index == moves.size()) {
      done.complete(Outcome.DONE);
      return;
    }
    Move move = moves.get(index);
    operation.touch(move.to().unit(), move.to().as());
    if (move instanceof Move.Copy copy) {
      operation.touch(copy.from().unit(), copy.from().as());
    }
    // Not by composing: a token of many ranges would make a deep stack of futures.
    new Mover(operation, move, before, stop)
        .run()
        .onSuccess(
            outcome -> {
              if (outcome instanceof Outcome.Done) {
                carryOut(operation, moves, index + 1, before + move.length(), stop, done);
              } else {
                done.complete(outcome);
              }
            });
  }
}
