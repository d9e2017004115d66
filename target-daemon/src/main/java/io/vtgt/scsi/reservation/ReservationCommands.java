package io.vtgt.scsi.reservation;

import static io.vtgt.scsi.CommandSpec.command;
import static io.vtgt.scsi.CommandSpec.service;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// The rows of the reservation commands.
public final class ReservationCommands {
  private static final int SCOPE_TYPE = 2, LIST_LENGTH = 5, ALLOCATION_LENGTH = 7;

  private ReservationCommands() {}

  /// RESERVE, RELEASE (SPC-2), PERSISTENT RESERVE IN and OUT (SPC-5), in the order of operation
  /// codes. Third parties, extents and reservation identifications of RESERVE and RELEASE are not
  /// in the usage maps, so they are refused with them.
  public static List<CommandSpec> rows() {
    var rows = new ArrayList<CommandSpec>();
    rows.add(
        command(
            "RESERVE (6)", "16 00 00 00 00 00", Access.OWN_RULES, ReservationCommands::reserve));
    rows.add(
        command(
            "RELEASE (6)", "17 00 00 00 00 00", Access.OWN_RULES, ReservationCommands::release));
    rows.add(
        command(
            "RESERVE (10)",
            "56 00 00 00 00 00 00 00 00 00",
            Access.OWN_RULES,
            ReservationCommands::reserve));
    rows.add(
        command(
            "RELEASE (10)",
            "57 00 00 00 00 00 00 00 00 00",
            Access.OWN_RULES,
            ReservationCommands::release));
    rows.add(in("READ KEYS", 0x00, ReserveIn::readKeys));
    rows.add(in("READ RESERVATION", 0x01, ReserveIn::readReservation));
    rows.add(in("REPORT CAPABILITIES", 0x02, ReserveIn::reportCapabilities));
    rows.add(in("READ FULL STATUS", 0x03, ReserveIn::readFullStatus));
    for (var action : ServiceAction.values()) {
      rows.add(out(action));
    }
    return List.copyOf(rows);
  }

  private static CommandSpec in(
      String title, int serviceAction, Function<ReservationState, ByteBuf> answer) {
    return service(
        "PERSISTENT RESERVE IN, " + title,
        serviceAction,
        "5E %02X 00 00 00 00 00 FF FF 00".formatted(serviceAction),
        Access.REPORTS,
        (task, unit) -> reserveIn(task.cdb(), unit.reservations(), answer));
  }

  /// SCOPE and TYPE are in every usage map: what ignores them must not refuse them.
  private static CommandSpec out(ServiceAction action) {
    return service(
        "PERSISTENT RESERVE OUT, " + action.title,
        action.code,
        "5F %02X FF 00 00 FF FF FF FF 00".formatted(action.code),
        Access.OWN_RULES,
        (task, unit) -> reserveOut(action, task, unit));
  }

  private static Step reserve(Task task, LogicalUnit unit) {
    return unit.onOwner(
        task, () -> Future.succeededFuture(unit.reservations().reserve(task.nexus().id())));
  }

  private static Step release(Task task, LogicalUnit unit) {
    return unit.onOwner(
        task, () -> Future.succeededFuture(unit.reservations().release(task.nexus().id())));
  }

  /// While anybody has reserved with RESERVE, even PERSISTENT RESERVE IN conflicts, for everybody
  /// (SPC-2). A short ALLOCATION LENGTH cuts the answer; the lengths inside stay those of the
  /// whole.
  static Step reserveIn(
      Cdb cdb, Reservations reservations, Function<ReservationState, ByteBuf> answer) {
    if (reservations.reservedBy().isPresent()) {
      return new Step.Done(new Completion.ReservationConflict());
    }
    ByteBuf whole = answer.apply(reservations.state());
    return Step.good(whole.writerIndex(Math.min(whole.writerIndex(), cdb.u16(ALLOCATION_LENGTH))));
  }

  private static Step reserveOut(ServiceAction action, Task task, LogicalUnit unit) {
    return reserveOut(
        action,
        task.cdb(),
        order ->
            unit.inTurn(
                task,
                () ->
                    unit.reservations()
                        .reserveOut(
                            task.nexus().id(), order, () -> unit.aborts().tasksBeside(task))));
  }

  /// Gathers the parameter list and reads it.
  ///
  /// @param carryOut called on the task's context with a command that is well-formed
  static Step reserveOut(
      ServiceAction action, Cdb cdb, Function<ReserveOutRules.Order, Step> carryOut) {
    long length = cdb.u32(LIST_LENGTH);
    if (length < ReserveOutList.LEAST_BYTES || length > ReserveOutList.MOST_BYTES) {
      return Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));
    }
    int scopeType = cdb.u8(SCOPE_TYPE);
    return new Step.NeedsData(
        (int) length,
        data -> {
          try {
            return switch (ReserveOutList.read(action, data, length)) {
              case ReserveOutList.Read.Malformed(var sense) -> Step.check(sense);
              case ReserveOutList.Read.Understood(var list) ->
                  carryOut.apply(
                      new ReserveOutRules.Order(action, scopeType >> 4, scopeType & 0xf, list));
            };
          } finally {
            data.release();
          }
        });
  }
}
