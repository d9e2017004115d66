package io.vtgt.scsi.copy;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Status;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.store.ChangeWatch;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/// POPULATE TOKEN (SBC-4): makes a ROD token of ranges of the unit, for RECEIVE ROD TOKEN
/// INFORMATION to fetch. Nothing is copied: the ranges are watched from now on, and the token ends
/// when one of them changes.
final class PopulateToken {
  // The parameter list.
  private static final int DATA_LENGTH = 0, FLAGS = 2, TIMEOUT = 4, ROD_TYPE = 8;
  private static final int RANGES_LENGTH = 14, HEADER_LENGTH = 16;
  private static final int IMMED = 0x01, RTV = 0x02;
  private static final int LEAST_DATA_LENGTH = 0x1e;

  /// How long writes that were under way are waited for: the ranges must stand still.
  private static final int SETTLE_SECONDS = 10;

  private static final Completion NO_ROD =
      Completion.check(Sense.illegalRequest(Asc.INSUFFICIENT_RESOURCES_TO_CREATE_ROD));
  private static final Completion NO_TOKEN =
      Completion.check(Sense.illegalRequest(Asc.INSUFFICIENT_RESOURCES_TO_CREATE_ROD_TOKEN));

  private PopulateToken() {}

  static Step begin(Task task, LogicalUnit unit) {
    return TokenCommand.withList(task, HEADER_LENGTH, bytes -> populate(task, unit, bytes));
  }

  private static Step populate(Task task, LogicalUnit unit, byte[] bytes) {
    ByteBuffer list = ByteBuffer.wrap(bytes);
    if ((list.getShort(DATA_LENGTH) & 0xffff) < LEAST_DATA_LENGTH) {
      return wrong(DATA_LENGTH);
    }
    long timeout = list.getInt(TIMEOUT) & 0xffff_ffffL;
    if (timeout > CopyLimits.TOKEN_SECONDS) {
      return wrong(TIMEOUT);
    }
    int flags = list.get(FLAGS);
    if ((flags & RTV) != 0 && !supports(list.getInt(ROD_TYPE))) {
      return wrong(ROD_TYPE);
    }
    return switch (BlockRanges.read(bytes, RANGES_LENGTH, unit)) {
      case BlockRanges.Read.Malformed(var sense) -> Step.check(sense);
      case BlockRanges.Read.Understood(var ranges) -> {
        int seconds = timeout == 0 ? CopyLimits.DEFAULT_TOKEN_SECONDS : (int) timeout;
        var operation =
            TokenCommand.operation(task, CopyCommands.POPULATE_TOKEN, (flags & IMMED) != 0);
        yield unit.copyManager()
            .begin(unit, operation, () -> make(task, unit, operation, ranges, seconds));
      }
    };
  }

  /// Watches first, then lets what was under way end: what stands in the ranges then is what the
  /// token stands for, and every change from then on is noticed.
  private static Future<Completion> make(
      Task task, LogicalUnit unit, CopyOperation operation, BlockRanges ranges, int seconds) {
    ChangeWatch watch = unit.gate().watch(ranges.ranges());
    return unit.gate()
        .landed(_ -> true)
        .timeout(SETTLE_SECONDS, TimeUnit.SECONDS)
        .transform(
            settled -> {
              Completion end =
                  operation.stopping()
                      ? Completion.check(CopyManager.stopped())
                      : settled.failed()
                          ? NO_ROD
                          : token(task, unit, operation, ranges, watch, seconds);
              if (end.status() != Status.GOOD) {
                unit.gate().unwatch(watch);
              }
              return Future.succeededFuture(end);
            });
  }

  private static Completion token(
      Task task,
      LogicalUnit unit,
      CopyOperation operation,
      BlockRanges ranges,
      ChangeWatch watch,
      int seconds) {
    return unit.copyManager()
        .tokens()
        .create(task.nexus(), unit, ranges.ranges(), watch, seconds)
        .map(
            token -> {
              operation.transferred(token.length());
              operation.token(token);
              return Completion.good();
            })
        .orElse(NO_TOKEN);
  }

  private static boolean supports(int rodType) {
    return switch (rodType) {
      case RodTokens.CHANGE_VULNERABLE,
          RodTokens.POINT_IN_TIME_DEFAULT,
          RodTokens.POINT_IN_TIME_ANY ->
          true;
      default -> false;
    };
  }

  private static Step wrong(int at) {
    return Step.check(Sense.invalidFieldInParameterList(at, 7));
  }
}
