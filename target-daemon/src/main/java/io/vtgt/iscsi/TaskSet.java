package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.collection.IntObjectHashMap;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.ScsiCommand;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.scsi.sbc.BlockLimits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The SCSI commands of one session (SAM-5, Task set): begins them, moves their data, answers them,
/// ends them before their time. Touched on the connection's event loop only.
final class TaskSet {
  private static final Logger log = LoggerFactory.getLogger(TaskSet.class);

  /// Immediate commands come outside the command window, so they have a bound of their own.
  private static final int MOST_IMMEDIATE = 64;

  /// Tags of tasks that ended while their data was still on the way: it is dropped without a word.
  private static final int TAGS_REMEMBERED = 64;

  private static final TaskAttribute[] ATTRIBUTES = TaskAttribute.values();

  private final Session session;
  private final TargetPort target;
  private final Output output;
  private final DataBudget budget;
  private final Counter.Tally tally;

  private final IntObjectHashMap<TaskInProgress> tasks = new IntObjectHashMap<>();

  /// Tasks that wait for memory, in their order.
  private final ArrayDeque<TaskInProgress> waiting = new ArrayDeque<>();

  /// What all tasks together hold of the data budget.
  private long heldBytes;

  /// Tasks that came by way of the command window, and those of them that are forgiven it.
  private int ordered;

  private int slow;

  private long sweeps;

  private final int[] endedEarly = new int[TAGS_REMEMBERED];
  private int endedEarlyCount;
  private int lastTtt;

  TaskSet(Session session, TargetPort target, Output output, DataBudget budget) {
    this.session = session;
    this.target = target;
    this.output = output;
    this.budget = budget;
    tally = session.tally();
    Arrays.fill(endedEarly, Bhs.NO_TAG);
  }

  int size() {
    return tasks.size();
  }

  /// Tasks that take up the command window.
  int windowCount() {
    return ordered - slow;
  }

  // Time

  /// Looks after tasks that do not move: called again and again, `sweepMillis` apart.
  ///
  /// What has been under way too long takes up no place in the window any more, so that a unit
  /// whose store hangs does not keep the initiator from its other units. As many as the window is
  /// wide are forgiven; a unit that has half of them is crowded, and its new commands are answered
  /// BUSY.
  ///
  /// @return whether a WRITE has waited for its data too long
  boolean sweep(long sweepMillis) {
    sweeps++;
    var patience = session.patience();
    int forgiven = session.window().size();
    for (var task : tasks.values()) {
      long stillMillis = (sweeps - task.sweptAt) * sweepMillis;
      if (task.dataOut != null && task.dataOut.expectsMore()) {
        if (stillMillis > patience.dataOutMillis()) {
          log.warn("{}: {}: its data does not come", session, task);
          return true;
        }
      } else if (!task.slow
          && !task.immediate
          && stillMillis > patience.slowMillis()
          && slow < forgiven) {
        task.slow = true;
        slow++;
        lend(task);
      }
    }
    if (heldBytes == 0 && !waiting.isEmpty()) {
      waitNoLonger(waiting.peek());
    }
    return false;
  }

  /// What a slow task holds of the data budget is lent to others.
  private void lend(TaskInProgress task) {
    if (task.running && task.budgetBytes > 0 && budget.forgive(task.budgetBytes)) {
      task.forgivenBytes = task.budgetBytes;
      heldBytes -= task.budgetBytes;
      task.budgetBytes = 0;
    }
  }

  private boolean crowded(long lun) {
    int count = 0;
    for (var task : tasks.values()) {
      if (task.slow && task.task.lun() == lun) {
        count++;
      }
    }
    return 2 * count >= session.window().size();
  }

  /// @return null when there is none
  TaskInProgress find(int itt) {
    return tasks.get(itt);
  }

  boolean any(Predicate<TaskInProgress> which) {
    for (var task : tasks.values()) {
      if (which.test(task)) {
        return true;
      }
    }
    return false;
  }

  // Begin

  /// Begins a command, or refuses its PDU.
  void begin(ScsiCommand command) {
    var refused = refused(command);
    if (refused != null) {
      session.reject(command, refused.reason, refused.why);
      if (!command.finalBit() && !tasks.containsKey(command.itt())) {
        remember(command.itt()); // its data is on the way
      }
      return;
    }
    long length = command.expectedDataLength();
    boolean write = command.write(), read = command.read();
    long dataIn = !read ? 0 : write ? command.bidirectionalReadLength() : length;
    var task =
        new Task(
            session.nexus(),
            command.lun(),
            command.itt(),
            new Cdb(command.cdb()),
            ATTRIBUTES[command.attribute()],
            write ? length : 0,
            dataIn);
    var begun = new TaskInProgress(task, command.cmdSn(), command.immediate());
    begun.sweptAt = sweeps;
    begun.place = target.arrive(task);
    tasks.put(task.tag(), begun);
    if (!begun.immediate) {
      ordered++;
    }
    tally.add(Counter.COMMANDS, 1);
    if (slow > 0 && crowded(task.lun())) {
      if (!command.finalBit()) {
        remember(command.itt());
      }
      respond(begun, new Completion.Busy());
      return;
    }
    if (write) {
      beginWithDataOut(begun, command);
    } else {
      // A length that no command returns is not believed.
      long bytes = Math.min(dataIn, BlockLimits.MAX_TRANSFER_BYTES);
      inTurn(begun, () -> withMemory(begun, bytes, () -> start(begun)));
    }
  }

  private record Refused(RejectReason reason, String why) {}

  private Refused refused(ScsiCommand command) {
    if (command.itt() == Bhs.NO_TAG) {
      return new Refused(RejectReason.INVALID_PDU_FIELD, "a command without a tag");
    }
    if (tasks.containsKey(command.itt())) {
      return new Refused(RejectReason.TASK_IN_PROGRESS, "its tag is that of a task in progress");
    }
    if (command.attribute() >= ATTRIBUTES.length) {
      return new Refused(
          RejectReason.INVALID_PDU_FIELD, "reserved task attribute " + command.attribute());
    }
    if (command.expectedDataLength() > 0 && !command.read() && !command.write()) {
      return new Refused(
          RejectReason.INVALID_PDU_FIELD,
          command.expectedDataLength() + " bytes of data, but neither R nor W");
    }
    if (command.data().isReadable() && !command.write()) {
      return new Refused(RejectReason.PROTOCOL_ERROR, "immediate data without W");
    }
    if (command.immediate() && tasks.size() - ordered >= MOST_IMMEDIATE) {
      return new Refused(
          RejectReason.IMMEDIATE_COMMAND_REJECT,
          "more than " + MOST_IMMEDIATE + " immediate commands");
    }
    return null;
  }

  private void beginWithDataOut(TaskInProgress begun, ScsiCommand command) {
    var parameters = session.parameters();
    var transfer =
        new DataOutTransfer(
            session.alloc(), parameters, begun.task.dataOutLength(), !command.finalBit());
    begun.dataOut = transfer;
    if (command.data().isReadable()) {
      transfer.immediate(command.data().retainedSlice());
    }
    long unasked =
        command.finalBit()
            ? command.data().readableBytes()
            : Math.min(begun.task.dataOutLength(), parameters.firstBurstLength());
    hold(begun, unasked + Math.min(begun.task.dataInLength(), BlockLimits.MAX_TRANSFER_BYTES));
    if (transfer.fault() != null) {
      proceed(begun);
    } else {
      if (begun.place != null) { // what comes unasked is kept until the command can ask
        transfer.need((int) Math.min(begun.task.dataOutLength(), parameters.firstBurstLength()));
      }
      inTurn(begun, () -> start(begun));
    }
  }

  /// Goes on with a task when its unit's order of tasks lets it begin: nearly always at once.
  private void inTurn(TaskInProgress task, Runnable next) {
    if (task.place == null) {
      next.run();
      return;
    }
    task.place
        .turn()
        .onComplete(
            _ ->
                session.later(
                    () -> {
                      if (!task.over) {
                        task.urgent = true;
                        next.run();
                      }
                    }));
  }

  private void start(TaskInProgress begun) {
    Step step;
    try {
      step = target.begin(begun.task);
    } catch (RuntimeException bug) {
      step = new Step.Done(broken(begun, bug));
    }
    on(begun, step);
  }

  private void on(TaskInProgress task, Step step) {
    switch (step) {
      case Step.Done(var completion) -> conclude(task, completion);
      case Step.Running(var completion) -> {
        task.running = true;
        completion.onComplete(
            result -> {
              if (session.onEventLoop()) {
                ran(task, result);
              } else {
                session.later(() -> ran(task, result));
              }
            });
      }
      case Step.NeedsData(var length, var then) -> {
        if (task.then != null || task.dataOutWanted > 0) {
          conclude(task, broken(task, new IllegalStateException("asks for its data twice")));
          return;
        }
        task.dataOutWanted = length;
        if (task.dataOut == null) { // without W: it gets what it was promised, nothing
          on(task, give(task, then, Unpooled.EMPTY_BUFFER));
          return;
        }
        task.then = then;
        task.dataOut.need((int) Math.min(length, task.task.dataOutLength()));
        proceed(task);
      }
    }
  }

  private Step give(TaskInProgress task, Function<ByteBuf, Step> then, ByteBuf data) {
    tally.add(Counter.WRITE_BYTES, data.readableBytes());
    try {
      return then.apply(data);
    } catch (RuntimeException bug) {
      return new Step.Done(broken(task, bug));
    }
  }

  private void ran(TaskInProgress task, AsyncResult<Completion> result) {
    task.running = false;
    if (result.succeeded()) {
      conclude(task, result.result());
    } else if (task.aborted) {
      finish(task);
    } else {
      conclude(task, broken(task, result.cause()));
    }
  }

  private Completion broken(TaskInProgress task, Throwable bug) {
    log.error("{}: {} failed", session, task, bug);
    return Completion.check(Sense.of(SenseKey.HARDWARE_ERROR, Asc.INTERNAL_TARGET_FAILURE));
  }

  // Data-Out

  /// Takes a piece of a WRITE's data.
  ///
  /// @param damaged its data digest is wrong
  void accept(DataOut pdu, boolean damaged) {
    var task = tasks.get(pdu.itt());
    if (task != null && task.dataOut != null && !task.aborted) {
      task.sweptAt = sweeps;
      if (task.dataOut.accept(pdu, damaged)) {
        proceed(task);
        return;
      }
    } else if (remembered(pdu.itt())) {
      return;
    }
    if (!damaged) {
      session.reject(pdu, RejectReason.INVALID_PDU_FIELD, "no task waits for this data");
    }
  }

  /// Goes on with a WRITE as far as its data allows.
  private void proceed(TaskInProgress task) {
    var transfer = task.dataOut;
    if (transfer.expectsMore() && (task.completion != null || transfer.fault() != null)) {
      return; // the status waits for the rest of the data
    }
    if (task.completion != null) {
      respond(task, task.completion);
    } else if (transfer.fault() != null) {
      log.warn("{}: {}: {}", session, task, transfer.faultInWords());
      respond(task, Completion.check(Sense.of(SenseKey.ABORTED_COMMAND, transfer.fault())));
    } else if (task.then != null && transfer.complete()) {
      var then = task.then;
      task.then = null;
      on(task, give(task, then, transfer.take()));
    } else if (task.then != null && task.waiter == null && transfer.mayAsk()) {
      solicit(task);
    }
  }

  private void solicit(TaskInProgress task) {
    withMemory(task, task.dataOut.memoryNeeded(), () -> ask(task));
  }

  private void ask(TaskInProgress task) {
    task.dataOut.ready();
    while (task.dataOut.mayAsk()) {
      lastTtt = lastTtt + 1 == Bhs.NO_TAG ? 1 : lastTtt + 1;
      var ask = task.dataOut.ask(lastTtt);
      task.dataPdus++;
      output.send(
          R2t.on(output.header())
              .lun(task.task.lun())
              .itt(task.task.tag())
              .ttt(ask.ttt())
              .statSn(session.statSn())
              .expCmdSn(session.window().expected())
              .maxCmdSn(session.window().max())
              .r2tSn(ask.r2tSn())
              .bufferOffset(ask.offset())
              .desiredLength(ask.length()));
    }
  }

  // End

  private void conclude(TaskInProgress task, Completion completion) {
    if (task.aborted) {
      release(completion);
      finish(task);
    } else if (task.dataOut != null && task.dataOut.expectsMore()) {
      task.completion = completion; // refused: what it sends is swallowed first
      task.dataOut.drop();
    } else {
      respond(task, completion);
    }
  }

  private void respond(TaskInProgress task, Completion completion) {
    long budgetBytes = task.budgetBytes;
    task.budgetBytes = 0;
    remove(task);
    switch (completion) {
      case Completion.Good(var data) -> {
        if (data.isReadable()) {
          good(task, data, budgetBytes);
          task.over();
          return;
        }
        data.release();
        response(task, completion, 0, Unpooled.EMPTY_BUFFER);
      }
      case Completion.CheckCondition(var sense, var descriptorFormat) -> {
        tally.add(Counter.CHECK_CONDITIONS, 1);
        response(task, completion, 0, senseData(sense, descriptorFormat));
        target.checkCondition(task.task);
      }
      case Completion.ConditionMet _,
          Completion.ReservationConflict _,
          Completion.Busy _,
          Completion.TaskSetFull _,
          Completion.TaskAborted _ ->
          response(task, completion, 0, Unpooled.EMPTY_BUFFER);
    }
    giveBack(budgetBytes);
    task.over();
  }

  /// Sends the data and the status of a READ: Data-In PDUs as long as the initiator takes them, in
  /// sequences of MaxBurstLength, and the status in the last.
  ///
  /// @param data owned by this method
  private void good(TaskInProgress task, ByteBuf data, long budgetBytes) {
    long available = data.readableBytes(), wanted = task.task.dataInLength();
    int total = (int) Math.min(available, wanted);
    boolean collapsed = total > 0 && task.task.dataOutLength() == 0;
    int segment = session.sendSegmentLength(), burst = session.parameters().maxBurstLength();
    for (int offset = 0, inBurst = 0; offset < total; ) {
      int length = Math.min(Math.min(total - offset, segment), burst - inBurst);
      boolean last = offset + length == total;
      inBurst = inBurst + length == burst ? 0 : inBurst + length;
      var pdu =
          DataIn.on(output.header())
              .finalBit(last || inBurst == 0)
              .itt(task.task.tag())
              .ttt(Bhs.NO_TAG)
              .expCmdSn(session.window().expected())
              .maxCmdSn(session.window().max())
              .dataSn(task.dataPdus++)
              .bufferOffset(offset);
      if (last && collapsed) {
        pdu.statusPresent(true)
            .statSn(session.nextStatSn())
            .overflow(available > wanted)
            .underflow(available < wanted)
            .residual(Math.abs(available - wanted));
      }
      output.send(pdu, data, offset, length, last ? () -> giveBack(budgetBytes) : Output.NOTHING);
      offset += length;
    }
    tally.add(Counter.READ_BYTES, total);
    data.release();
    if (!collapsed) {
      if (total == 0) {
        giveBack(budgetBytes);
      }
      response(task, Completion.good(), available, Unpooled.EMPTY_BUFFER);
    }
  }

  /// Sends a SCSI Response.
  ///
  /// @param dataIn bytes that the command had for the initiator
  /// @param sense borrowed
  private void response(TaskInProgress task, Completion completion, long dataIn, ByteBuf sense) {
    var pdu =
        ScsiResponse.on(output.header())
            .status(completion.status().code)
            .itt(task.task.tag())
            .statSn(session.nextStatSn())
            .expCmdSn(session.window().expected())
            .maxCmdSn(session.window().max())
            .expDataSn(task.dataPdus);
    long out = task.dataOutWanted - task.task.dataOutLength();
    long in = dataIn - task.task.dataInLength();
    if (task.task.dataOutLength() > 0 && task.task.dataInLength() > 0) {
      pdu.overflow(out > 0).underflow(out < 0).residual(Math.abs(out));
      pdu.bidirectionalReadOverflow(in > 0)
          .bidirectionalReadUnderflow(in < 0)
          .bidirectionalReadResidual(Math.abs(in));
    } else {
      long residual = task.task.dataInLength() > 0 || in > 0 ? in : out;
      pdu.overflow(residual > 0).underflow(residual < 0).residual(Math.abs(residual));
    }
    output.send(pdu, sense);
  }

  /// Sense data behind its length (RFC 7143 section 11.4.7).
  private static ByteBuf senseData(Sense sense, boolean descriptorFormat) {
    byte[] encoded = sense.encode(descriptorFormat);
    return Unpooled.buffer(2 + encoded.length).writeShort(encoded.length).writeBytes(encoded);
  }

  private static void release(Completion completion) {
    if (completion instanceof Completion.Good(var data)) {
      data.release();
    }
  }

  private void remove(TaskInProgress task) {
    tasks.remove(task.task.tag());
    if (!task.immediate) {
      ordered--;
    }
    if (task.slow) {
      slow--;
      budget.forgivenCame(task.forgivenBytes);
      task.forgivenBytes = 0;
    }
    if (task.dataOut != null) {
      task.dataOut.drop();
    }
    session.windowOpens();
  }

  // Memory

  /// Goes on with a task when there is memory for its data: at once, or in its turn. A session that
  /// holds nothing gets what it needs whatever others hold, so that none can be starved.
  private void withMemory(TaskInProgress task, long bytes, Runnable next) {
    if (bytes == 0 || heldBytes == 0 || task.urgent) {
      hold(task, bytes);
      next.run();
    } else if (budget.tryTake(bytes)) {
      held(task, bytes);
      next.run();
    } else {
      tally.add(Counter.STALLS, 1);
      task.wait = new TaskInProgress.Wait(bytes, next);
      waiting.add(task);
      task.waiter = budget.await(bytes, session.context(), () -> granted(task, bytes));
    }
  }

  private void granted(TaskInProgress task, long bytes) {
    task.waiter = null;
    waiting.remove(task);
    if (task.over) {
      budget.give(bytes);
    } else {
      held(task, bytes);
      task.wait.next().run();
    }
  }

  /// Takes memory for data that comes anyway.
  private void hold(TaskInProgress task, long bytes) {
    if (bytes > 0) {
      budget.force(bytes);
      held(task, bytes);
    }
  }

  private void held(TaskInProgress task, long bytes) {
    task.budgetBytes += bytes;
    heldBytes += bytes;
  }

  private void giveBack(long bytes) {
    heldBytes -= bytes;
    budget.give(bytes);
    var first = heldBytes == 0 ? waiting.peek() : null;
    if (first != null) {
      waitNoLonger(first);
    }
  }

  /// Gives a task the memory it waits for, there or not.
  private void waitNoLonger(TaskInProgress task) {
    if (task.waiter.cancel()) {
      waiting.remove(task);
      task.waiter = null;
      hold(task, task.wait.bytes());
      session
          .context() // a write that has completed calls us without one
          .runOnContext(
              _ -> {
                if (!task.over) {
                  task.wait.next().run();
                }
              });
    }
  }

  // Order

  /// Completes when the tasks of a unit are over that wait for nobody's turn: those there are now.
  Future<Void> begunOver(long lun) {
    List<Future<Void>> ends = new ArrayList<>();
    for (var task : tasks.values()) {
      if (task.task.lun() == lun && task.place == null) {
        Promise<Void> end = Promise.promise();
        task.whenOver(end::complete);
        ends.add(end.future());
        // Those who wait for its turn may hold the memory that it waits for.
        task.urgent = true;
        if (task.waiter != null) {
          waitNoLonger(task);
        }
      }
    }
    return Future.join(ends).mapEmpty();
  }

  // Abort

  /// Ends tasks before their time.
  ///
  /// @param lun only those of this unit, in its one form, or all
  /// @param which is true for those meant; may be asked on any thread
  /// @param tellTaskAborted answer each with TASK ABORTED; otherwise they end without an answer
  /// @return completes when nothing of them is under way any more, nor of those meant that had
  ///   ended while the store still worked for them
  Future<Void> abort(OptionalLong lun, Predicate<Task> which, boolean tellTaskAborted) {
    Predicate<Task> meant =
        task -> (lun.isEmpty() || task.lun() == lun.getAsLong()) && which.test(task);
    List<TaskInProgress> chosen = new ArrayList<>();
    for (var task : tasks.values()) {
      if (meant.test(task.task)) {
        chosen.add(task);
      }
    }
    for (var task : chosen) {
      if (!task.aborted) {
        task.aborted = true;
        task.task.life().end();
        task.tellTaskAborted = tellTaskAborted;
        tally.add(Counter.ABORTED_TASKS, 1);
        log.debug("{}: {} aborted", session, task);
      }
    }
    if (target == null) {
      return Future.succeededFuture(); // a discovery session has no tasks
    }
    var nexus = session.nexus();
    // Takes back what waits for its turn, too.
    var landed = target.landed(lun, task -> task.nexus().equals(nexus) && meant.test(task));
    List<Future<Void>> ends = new ArrayList<>();
    ends.add(landed);
    for (var task : chosen) {
      if (task.running) {
        Promise<Void> end = Promise.promise();
        task.whenOver(end::complete);
        ends.add(end.future());
      } else {
        finish(task);
      }
    }
    if (ends.size() == 1) {
      return landed;
    }
    // Again afterwards: a command of several steps may have taken one more before it ended.
    return Future.join(ends)
        .compose(_ -> target.landed(lun, task -> task.nexus().equals(nexus) && meant.test(task)));
  }

  /// The end of an aborted task.
  private void finish(TaskInProgress task) {
    if (task.dataOut != null && task.dataOut.expectsMore()) {
      remember(task.task.tag());
    }
    if (task.waiter != null && task.waiter.cancel()) {
      task.waiter = null;
      waiting.remove(task);
    }
    if (task.completion != null) {
      release(task.completion);
    }
    if (task.tellTaskAborted) {
      respond(task, new Completion.TaskAborted());
      return;
    }
    remove(task);
    long budgetBytes = task.budgetBytes;
    task.budgetBytes = 0;
    giveBack(budgetBytes);
    task.over();
  }

  private void remember(int itt) {
    endedEarly[endedEarlyCount++ % TAGS_REMEMBERED] = itt;
  }

  private boolean remembered(int itt) {
    for (int tag : endedEarly) {
      if (tag == itt && tag != Bhs.NO_TAG) {
        return true;
      }
    }
    return false;
  }
}
