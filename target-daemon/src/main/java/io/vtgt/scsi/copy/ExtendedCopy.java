package io.vtgt.scsi.copy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.UnitDirectory;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// EXTENDED COPY (LID1) and (LID4): copies segments between units that the initiator could read and
/// write itself, one segment after the other.
///
/// What is wrong in the parameter list as such is found before the first segment; what is wrong
/// with a unit or a range, when its segment's turn comes: then the sense key is COPY ABORTED, and
/// the COMMAND-SPECIFIC INFORMATION field tells the segment (SPC-5, EXTENDED COPY command errors).
final class ExtendedCopy {
  private static final int SERVICE_ACTION = 1, PARAMETER_LIST_LENGTH = 10;

  /// CSCD descriptor ID of the unit that was asked.
  static final int ASKED_UNIT = 0xffff;

  private final Task task;
  private final LogicalUnit unit;
  private final CopyList list;
  private final CopyOperation operation;
  private final Promise<Completion> done = Promise.promise();

  /// Written so far.
  private final Set<End> destinations = new LinkedHashSet<>();

  private long transferred;

  private ExtendedCopy(Task task, LogicalUnit unit, CopyList list) {
    this.task = task;
    this.unit = unit;
    this.list = list;
    this.operation =
        new CopyOperation(
            new CopyOperation.Origin(
                task.cdb().u8(SERVICE_ACTION) & 0x1f, list.listId(), list.immediate()),
            task);
  }

  static Step lid1(Task task, LogicalUnit unit) {
    return begin(CopyList.Format.LID1, task, unit);
  }

  static Step lid4(Task task, LogicalUnit unit) {
    return begin(CopyList.Format.LID4, task, unit);
  }

  private static Step begin(CopyList.Format format, Task task, LogicalUnit unit) {
    long length = task.cdb().u32(PARAMETER_LIST_LENGTH);
    if (length == 0) {
      return Step.GOOD;
    }
    Sense fault = CopyList.lengthFault(format, length);
    if (fault != null) {
      return Step.check(fault);
    }
    return withList(
        task,
        (int) length,
        bytes ->
            switch (CopyList.read(format, bytes)) {
              case CopyList.Read.Malformed(var sense) -> Step.check(sense);
              case CopyList.Read.Understood(var list) -> new ExtendedCopy(task, unit, list).begin();
            });
  }

  /// Gathers a parameter list; none of it when the initiator says it sends less.
  ///
  /// @param length by the CDB, 1 or more
  static Step withList(Task task, int length, Function<byte[], Step> then) {
    if (task.dataOutLength() < length) {
      return ParameterList.WRONG_LENGTH;
    }
    return ParameterList.gather(length, then);
  }

  private Step begin() {
    return unit.copyManager()
        .begin(
            unit,
            operation,
            () -> {
              segment(0);
              return done.future();
            });
  }

  private Optional<Outcome> stop() {
    return operation.stopping() ? Optional.of(new Outcome.Stopped()) : Optional.empty();
  }

  private void segment(int index) {
    if (index == list.segments().size()) {
      settle();
      return;
    }
    operation.segmentBegun();
    switch (plan(list.segments().get(index))) {
      case Plan.Refused(var sense) ->
          done.complete(Completion.check(sense.withCommandSpecific(index)));
      case Plan.Nothing _ -> segment(index + 1);
      case Plan.Ready(var move) -> {
        destinations.add(move.to());
        CopyManager.carryOut(operation, List.of(move), transferred, this::stop)
            .onSuccess(outcome -> on(outcome, index, move));
      }
    }
  }

  private void on(Outcome outcome, int index, Move.Copy move) {
    long copied = operation.transferredBytes() - transferred;
    transferred += copied;
    Sense sense =
        switch (outcome) {
          case Outcome.Done _ -> null;
          case Outcome.Stopped _ -> CopyManager.stopped();
          case Outcome.Failed(boolean atSource, var _) ->
              aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, cscdAt(list.segments().get(index), atSource));
          case Outcome.SourceChanged _ -> throw new AssertionError(outcome); // only of tokens
        };
    if (sense == null) {
      segment(index + 1);
      return;
    }
    Sense located = sense.withCommandSpecific(index);
    done.complete(
        Completion.check(
            copied == 0
                ? located
                : located.withInformation(
                    Math.ceilDiv(move.length() - copied, (long) move.to().blockBytes()))));
  }

  /// GOOD means as durable as a WRITE of each destination.
  private void settle() {
    Future.all(destinations.stream().map(End::settle).toList())
        .onComplete(
            settled ->
                done.complete(
                    settled.succeeded()
                        ? Completion.good()
                        : Completion.check(
                            Sense.of(SenseKey.COPY_ABORTED, Asc.THIRD_PARTY_DEVICE_FAILURE)
                                .withCommandSpecific(list.segments().size() - 1))));
  }

  // What a segment comes to

  private sealed interface Plan {
    record Ready(Move.Copy move) implements Plan {}

    record Nothing() implements Plan {}

    record Refused(Sense sense) implements Plan {}
  }

  private sealed interface Found {
    record Unit(UnitDirectory.Way way) implements Found {}

    record None(Sense sense) implements Found {}
  }

  private Plan plan(Segment segment) {
    Found source = find(segment.source(), segment.at() + Segment.SOURCE, End::source);
    if (source instanceof Found.None(var sense)) {
      return new Plan.Refused(sense);
    }
    Found destination =
        find(segment.destination(), segment.at() + Segment.DESTINATION, End::destination);
    if (destination instanceof Found.None(var sense)) {
      return new Plan.Refused(sense);
    }
    return plan(
        segment,
        End.source(((Found.Unit) source).way()),
        End.destination(((Found.Unit) destination).way()));
  }

  private static Plan plan(Segment segment, End from, End to) {
    long length = segment.length(from.blockBytes(), to.blockBytes());
    if (length > CopyLimits.SEGMENT_BYTES) {
      return refused(Asc.INVALID_FIELD_IN_PARAMETER_LIST, segment.amountAt());
    }
    if (segment.kind() == Segment.Kind.BLOCK_TO_BLOCK
        && (length % from.blockBytes() != 0 || length % to.blockBytes() != 0)) {
      return refused(Asc.UNEXPECTED_INEXACT_SEGMENT, segment.amountAt());
    }
    long fromOffset = offset(segment.sourceLba(), from, segment.sourceByteOffset());
    long toOffset = offset(segment.destinationLba(), to, segment.destinationByteOffset());
    if (fromOffset < 0 || !from.holds(fromOffset, length)) {
      return refused(Asc.NO_ADDITIONAL_SENSE_INFORMATION, segment.sourceLbaAt());
    }
    if (toOffset < 0 || !to.holds(toOffset, length)) {
      return refused(Asc.NO_ADDITIONAL_SENSE_INFORMATION, segment.destinationLbaAt());
    }
    boolean inPlace = from.unit() == to.unit() && fromOffset == toOffset;
    return length == 0 || inPlace
        ? new Plan.Nothing()
        : new Plan.Ready(new Move.Copy(from, fromOffset, to, toOffset, length));
  }

  /// @return negative when the block is not on the medium
  private static long offset(long lba, End end, int byteOffset) {
    return lba < 0 || lba > end.unit().blockCount() ? -1 : lba * end.blockBytes() + byteOffset;
  }

  private Found find(int id, int idAt, Function<UnitDirectory.Way, End> asEnd) {
    if (id == ASKED_UNIT) {
      return new Found.Unit(new UnitDirectory.Way(unit, task.nexus().id()));
    }
    Cscd cscd = list.cscds().get(id);
    if (cscd == null) {
      return new Found.None(aborted(Asc.UNREACHABLE_COPY_TARGET, idAt));
    }
    if (cscd.nullDevice()) {
      return new Found.None(aborted(Asc.COPY_TARGET_DEVICE_NOT_REACHABLE, cscd.at()));
    }
    if (cscd.peripheralDeviceType() != 0) {
      return new Found.None(aborted(Asc.INCORRECT_COPY_TARGET_DEVICE_TYPE, cscd.at()));
    }
    List<UnitDirectory.Way> ways = unit.copyManager().ways(unit, task.nexus(), cscd::names);
    if (ways.isEmpty()) {
      return new Found.None(aborted(Asc.COPY_TARGET_DEVICE_NOT_REACHABLE, cscd.at()));
    }
    UnitDirectory.Way best =
        ways.stream()
            .filter(way -> asEnd.apply(way).refusal().isEmpty())
            .findFirst()
            .orElse(ways.getFirst());
    int blockBytes = best.unit().profile().blockBytes();
    return cscd.diskBlockLength() != 0 && cscd.diskBlockLength() != blockBytes
        ? new Found.None(aborted(Asc.INVALID_FIELD_IN_PARAMETER_LIST, cscd.at() + 29))
        : new Found.Unit(best);
  }

  /// Where the descriptor of a segment's source or destination stands.
  private int cscdAt(Segment segment, boolean source) {
    int id = source ? segment.source() : segment.destination();
    Cscd cscd = list.cscds().get(id);
    return cscd != null
        ? cscd.at()
        : segment.at() + (source ? Segment.SOURCE : Segment.DESTINATION);
  }

  private static Plan refused(Asc asc, int at) {
    return new Plan.Refused(aborted(asc, at));
  }

  private static Sense aborted(Asc asc, int at) {
    return Sense.of(SenseKey.COPY_ABORTED, asc).at(new Sense.FieldPointer(false, at, -1));
  }
}
