package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vtgt.iscsi.pdu.TaskManagementRequest;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.StoreFault;
import io.vtgt.target.Lun;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Task management functions (RFC 7143 sections 11.5 and 11.6, RFC 7144 section 6) of one session.
/// Each is answered when none of the tasks it ended can touch the medium any more, and FUNCTION
/// REJECTED when that is not known in time.
///
/// Functions that end several tasks do not wait for Data-Out that R2Ts have asked for: initiators
/// stop sending it when they ask for such a function, and what still comes is dropped.
final class TaskManagement {
  private static final Logger log = LoggerFactory.getLogger(TaskManagement.class);

  private static final int COMPLETE = 0,
      TASK_DOES_NOT_EXIST = 1,
      LUN_DOES_NOT_EXIST = 2,
      REASSIGNMENT_NOT_SUPPORTED = 4,
      NOT_SUPPORTED = 5,
      SUCCEEDED = 7,
      REJECTED = 255;

  /// iSCSIProtocolLevel from which the functions of RFC 7144 are known.
  private static final int LEVEL_OF_RFC_7144 = 2;

  /// Functions of one session that are not answered yet.
  private static final int MOST_UNDER_WAY = 64;

  private final Session session;
  private final TargetPort target;
  private final TaskSet tasks;
  private int underWay;

  TaskManagement(Session session, TargetPort target, TaskSet tasks) {
    this.session = session;
    this.target = target;
    this.tasks = tasks;
  }

  /// Does what the request, which is borrowed, asks for, and answers it when it is done.
  void begin(TaskManagementRequest request) {
    if (underWay >= MOST_UNDER_WAY) {
      session.reject(
          request,
          RejectReason.IMMEDIATE_COMMAND_REJECT,
          underWay + " task management functions are under way");
      return;
    }
    session.tally().add(Counter.TASK_MANAGEMENT, 1);
    int itt = request.itt(), function = request.function();
    log.info(
        "{}: task management function {}, lun {}, referenced tag 0x{}",
        session,
        function,
        Long.toHexString(request.lun()),
        Integer.toHexString(request.referencedTaskTag()));
    underWay++;
    Future<Integer> response;
    try {
      response = response(request, function);
    } catch (RuntimeException bug) {
      response = Future.failedFuture(bug);
    }
    long patienceMillis = session.patience().managementMillis();
    response
        .timeout(patienceMillis, TimeUnit.MILLISECONDS)
        .onComplete(
            result ->
                session.later(
                    () -> {
                      underWay--;
                      if (result.failed()) {
                        failed(function, result.cause());
                      }
                      answer(itt, result.succeeded() ? result.result() : REJECTED);
                    }));
  }

  private void failed(int function, Throwable failure) {
    switch (failure) {
      case TimeoutException _ ->
          log.warn(
              "{}: task management function {} rejected: writes of ended tasks may still land",
              session,
              function);
      case StoreFault fault ->
          log.warn(
              "{}: task management function {} rejected: {}",
              session,
              function,
              fault.getMessage());
      default -> log.error("{}: task management function {} failed", session, function, failure);
    }
  }

  private Future<Integer> response(TaskManagementRequest request, int function) {
    long lun = Lun.canonical(request.lun());
    return switch (function) {
      case 1 -> abortTask(request); // ABORT TASK
      case 2 -> // ABORT TASK SET
          ofUnit(lun, () -> session.abortTasks(OptionalLong.of(lun), false));
      case 4 -> // CLEAR TASK SET
          ofUnit(lun, () -> target.clearTaskSet(session.nexus(), lun));
      case 5 -> // LOGICAL UNIT RESET
          ofUnit(lun, () -> target.resetUnit(session.nexus(), lun));
      case 6 -> target.reset(session.nexus(), false).map(COMPLETE); // TARGET WARM RESET
      case 7 -> target.reset(session.nexus(), true).map(COMPLETE); // TARGET COLD RESET
      case 8 -> Future.succeededFuture(REASSIGNMENT_NOT_SUPPORTED); // TASK REASSIGN
      case 9, 10, 11, 12 ->
          session.parameters().protocolLevel() < LEVEL_OF_RFC_7144
              ? Future.succeededFuture(NOT_SUPPORTED)
              : responseOfRfc7144(request, function);
      default -> Future.succeededFuture(NOT_SUPPORTED); // CLEAR ACA, unknown
    };
  }

  private Future<Integer> responseOfRfc7144(TaskManagementRequest request, int function) {
    long lun = Lun.canonical(request.lun());
    return switch (function) {
      case 9 -> { // QUERY TASK
        var task = tasks.find(request.referencedTaskTag());
        boolean there = task != null && task.task.lun() == lun && !task.aborted;
        yield Future.succeededFuture(there ? SUCCEEDED : COMPLETE);
      }
      case 10 -> { // QUERY TASK SET
        if (!target.hasUnit(session.nexus(), lun)) {
          yield Future.succeededFuture(LUN_DOES_NOT_EXIST);
        }
        boolean any = tasks.any(task -> task.task.lun() == lun && !task.aborted);
        yield Future.succeededFuture(any ? SUCCEEDED : COMPLETE);
      }
      case 11 -> // I_T NEXUS RESET: the loss of the nexus, but for the session
          session
              .abortTasks(OptionalLong.empty(), false)
              .map(
                  _ -> {
                    if (!session.isLost()) {
                      target.detach(session.nexus());
                      target.attach(session.nexus());
                    }
                    return COMPLETE;
                  });
      case 12 -> // QUERY ASYNC EVENT
          Future.succeededFuture(
              !target.hasUnit(session.nexus(), lun)
                  ? LUN_DOES_NOT_EXIST
                  : asyncEvent(target.pendingAttentions(session.nexus(), lun)));
      default -> throw new AssertionError(function);
    };
  }

  /// FUNCTION SUCCEEDED with the unit attention that comes first (SAM-5, QUERY ASYNCHRONOUS EVENT):
  /// UADE DEPTH says whether there are more.
  ///
  /// @return the response in the low byte, the Additional Response Information above it
  private static int asyncEvent(List<Asc> pending) {
    if (pending.isEmpty()) {
      return COMPLETE;
    }
    int depth = pending.size() > 1 ? 0x20 : 0x10;
    int information = (depth | SenseKey.UNIT_ATTENTION.code) << 16 | pending.getFirst().code;
    return information << 8 | SUCCEEDED;
  }

  private Future<Integer> ofUnit(long lun, java.util.function.Supplier<Future<Void>> action) {
    return target.hasUnit(session.nexus(), lun)
        ? action.get().map(COMPLETE)
        : Future.succeededFuture(LUN_DOES_NOT_EXIST);
  }

  /// ABORT TASK, with what RFC 7143 section 11.5.5 says of a command that has not come: when its
  /// CmdSN may still come, it counts as come.
  private Future<Integer> abortTask(TaskManagementRequest request) {
    int itt = request.referencedTaskTag(), refCmdSn = request.refCmdSn();
    var task = tasks.find(itt);
    var lun = OptionalLong.of(Lun.canonical(request.lun()));
    if (task != null && task.task.lun() == lun.getAsLong()) {
      return tasks.abort(lun, it -> it.tag() == itt, false).map(COMPLETE);
    }
    if (session.removeKeptCommand(itt)) {
      session.deliverKept();
      return Future.succeededFuture(COMPLETE);
    }
    if (task == null && session.window().holds(refCmdSn) && request.cmdSn() - refCmdSn > 0) {
      session.window().plug(refCmdSn);
      session.deliverKept();
      return Future.succeededFuture(COMPLETE);
    }
    // It may have ended while the store still works for it.
    return tasks.abort(lun, it -> it.tag() == itt, false).map(TASK_DOES_NOT_EXIST);
  }

  /// @param response with Additional Response Information above the low byte
  private void answer(int itt, int response) {
    if (session.isLost()) {
      return;
    }
    var output = session.output();
    output.send(
        TaskManagementResponse.on(output.header())
            .itt(itt)
            .response(response & 0xff)
            .additional(response >>> 8)
            .statSn(session.nextStatSn())
            .expCmdSn(session.window().expected())
            .maxCmdSn(session.window().max()));
  }
}
