package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.scsi.reservation.Reservations;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A direct-access block device (SBC-4) behind a LUN.
public final class LogicalUnit {

  /// What stays the same while the unit is open.
  ///
  /// @param uuid identity that never changes; NAA and serial are made from it unless the document
  ///   sets them
  /// @param naa the 8 or 16 bytes of an NAA identifier
  /// @param blockBytes logical block length: 512 or 4096
  /// @param physicalBlockBytes a power of two times `blockBytes`
  /// @param thin unmap is offered, and provisioning type thin reported
  /// @param unmapCommand a thin unit takes UNMAP; without it only WRITE SAME with UNMAP deallocates
  /// @param maxCompareAndWriteBlocks MAXIMUM COMPARE AND WRITE LENGTH at most; 0 is what the gate
  ///   can do
  public record Profile(
      String name,
      UUID uuid,
      byte[] naa,
      String serial,
      String vendor,
      String product,
      String revision,
      int blockBytes,
      int physicalBlockBytes,
      boolean thin,
      boolean unmapCommand,
      int maxCompareAndWriteBlocks,
      boolean removable,
      boolean readOnly,
      int rotationRate) {
    public Profile {
      if (naa.length != 8 && naa.length != 16) {
        throw new IllegalArgumentException(
            name + ": NAA of " + naa.length + " bytes, expected 8 or 16");
      }
      if (blockBytes != 512 && blockBytes != 4096) {
        throw new IllegalArgumentException(name + ": block of " + blockBytes + " bytes");
      }
      if (physicalBlockBytes < blockBytes || Integer.bitCount(physicalBlockBytes) != 1) {
        throw new IllegalArgumentException(
            name + ": physical block of " + physicalBlockBytes + " bytes");
      }
    }
  }

  private static final Logger log = LoggerFactory.getLogger(LogicalUnit.class);

  /// How long the end of tasks may take before those who wait for it are told that it is not so.
  /// Longer than initiators wait.
  private static final long ABORT_SECONDS = 60;

  private static final Step RESERVATION_CONFLICT =
      new Step.Done(new Completion.ReservationConflict());

  private static final Step BUSY = new Step.Done(new Completion.Busy());

  /// There never is an auto contingent allegiance: NACA is refused.
  private static final Step NO_ACA = Step.check(Sense.illegalRequest(Asc.INVALID_MESSAGE_ERROR));

  private final Profile profile;
  private final StoreGate gate;
  private final LogicalUnitState atFirst;
  private final Context owner;
  private final UnitMemory memory;
  private final ControlQueue controlQueue;
  private final Reservations reservations;
  private final TaskOrder order = new TaskOrder();

  // Replaced whole by the owner, read from every event loop.
  private volatile LogicalUnitState state;

  // Changed by the targets that hold the unit, read from any context.
  private final List<ItlNexus> nexuses = new CopyOnWriteArrayList<>();

  // Changed by PREVENT ALLOW MEDIUM REMOVAL on the nexus' loop, by resets and nexus losses
  // elsewhere.
  private final Set<Nexus.Id> preventing = ConcurrentHashMap.newKeySet();

  /// @param state as it is at first and again after a reset
  /// @param owner the event loop context on which everything but the data path is changed
  /// @param memory what the unit keeps over restarts beside its medium
  public LogicalUnit(
      Profile profile, StoreGate gate, LogicalUnitState state, Context owner, UnitMemory memory) {
    this.profile = profile;
    this.gate = gate;
    this.atFirst = state;
    this.state = state;
    this.owner = owner;
    this.memory = memory;
    this.controlQueue = new ControlQueue(owner);
    this.reservations = new Reservations(this);
  }

  public Profile profile() {
    return profile;
  }

  public StoreGate gate() {
    return gate;
  }

  /// An immutable snapshot, replaced whole by the unit's owner.
  public LogicalUnitState state() {
    return state;
  }

  /// As it was at first: what a reset goes back to, and the default values of the mode pages.
  public LogicalUnitState defaults() {
    return atFirst;
  }

  /// What the unit keeps over restarts beside its medium. Written on [#owner()].
  public UnitMemory memory() {
    return memory;
  }

  /// Blocks of the unit now.
  public long blockCount() {
    return gate.geometry().bytes() / profile.blockBytes();
  }

  /// UNMAP is offered, and thin provisioning reported: the document wants it and the store can.
  public boolean thin() {
    return profile.thin() && gate.limits().unmapGranularity() > 0;
  }

  /// By configuration or by SWP of the control mode page.
  public boolean writeProtected() {
    return profile.readOnly() || state.mode().softwareWriteProtect();
  }

  /// Why the unit is not ready, or nothing when it is.
  public Optional<Sense> notReady() {
    LogicalUnitState now = state;
    if (!now.mediumPresent()) {
      return Optional.of(Sense.of(SenseKey.NOT_READY, Asc.MEDIUM_NOT_PRESENT));
    }
    if (!now.started()) {
      return Optional.of(
          Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_INITIALIZING_COMMAND_REQUIRED));
    }
    return Optional.empty();
  }

  public Reservations reservations() {
    return reservations;
  }

  /// The context on which everything of the unit but its data path is changed.
  public Context owner() {
    return owner;
  }

  /// Runs a control command on [#owner()] and brings its completion back to the task's context.
  /// Control commands of a unit run one after the other: the next begins when the completion of the
  /// one before is there.
  public Step onOwner(Task task, Supplier<Future<Completion>> command) {
    return new Step.Running(controlQueue.run(task, command));
  }

  /// The nexuses that are logged in and see this unit.
  public List<Nexus> nexuses() {
    var seen = new ArrayList<Nexus>();
    for (ItlNexus itl : nexuses) {
      seen.add(itl.nexus());
    }
    return seen;
  }

  /// Makes a unit attention pending at every nexus that `whose` matches. Any context.
  public void attention(Asc asc, Predicate<Nexus> whose) {
    for (ItlNexus itl : nexuses) {
      if (whose.test(itl.nexus())) {
        itl.establish(asc);
      }
    }
  }

  /// The medium has another size: tells every nexus. Any context.
  public void capacityChanged() {
    attention(Asc.CAPACITY_DATA_HAS_CHANGED, _ -> true);
  }

  /// PREVENT ALLOW MEDIUM REMOVAL: sets or ends what one nexus prevents. Any context.
  public void preventRemoval(Nexus nexus, boolean prevented) {
    if (prevented) {
      preventing.add(nexus.id());
    } else {
      preventing.remove(nexus.id());
    }
  }

  /// True while a nexus prevents that the medium is removed.
  public boolean removalPrevented() {
    return !preventing.isEmpty();
  }

  /// Ends every task of one nexus on this unit (PREEMPT AND ABORT) and what it prevents; completes,
  /// on the calling context, when none of its writes can still reach the medium, those of a session
  /// that is over too. Fails with [StoreFault.Kind#TIMEOUT] when that is not so in time. Not for
  /// the nexus whose own control command asks: that command would wait for itself.
  public Future<Void> abortTasksOf(Nexus.Id nexus) {
    preventing.remove(nexus);
    return abortTasks(candidate -> candidate.id().equals(nexus), state.mode().taskAbortedStatus());
  }

  /// Publishes a new state. Owner context only.
  public void publish(LogicalUnitState next) {
    this.state = next;
  }

  /// A task has arrived: tells it when to begin, by its task attribute. Called on the nexus' loop,
  /// in the order of arrival.
  ///
  /// @return null when that is at once and nobody has to know when it ends
  TaskOrder.Place arrive(Task task) {
    return order.arrive(task, this::begunTasksOver);
  }

  private Future<Void> begunTasksOver() {
    return Future.join(
            nexuses.stream()
                .map(itl -> itl.nexus().transport().begunTasksOver(Lun.of(itl.number())))
                .toList())
        .mapEmpty();
  }

  /// Finds the task's row of the command table, checks what comes before the handler (unit
  /// attention, reservation, medium, write protection, CDB bits), and begins it. Called on the
  /// nexus' loop.
  ///
  /// The order is that of SAM-5 (Status precedence) and of the sense keys: what other nexuses did
  /// comes before what the unit cannot do now, and that before what is wrong in the CDB.
  public Step begin(Task task) {
    Step step;
    try {
      CommandSpec row = CommandTable.find(task.cdb()).orElse(null);
      Step refusal = refusal(task, row);
      step = refusal != null ? refusal : row.handler().apply(task, this);
    } catch (RuntimeException | Error e) {
      step = new Step.Done(failed(e));
    }
    return settled(step);
  }

  /// Why the command does not begin, or null. (Null, because this is asked for every READ.)
  private Step refusal(Task task, CommandSpec row) {
    if (task.attribute() == TaskAttribute.ACA) {
      return NO_ACA;
    }
    boolean offered = row != null && row.offered().test(this);
    Access access = offered ? row.access() : Access.REPORTS;
    if (access != Access.ALWAYS) {
      Step attention = attention(task);
      if (attention != null) {
        return attention;
      }
    }
    if (!offered) {
      return unknown(task.cdb());
    }
    if (access != Access.ALWAYS
        && access != Access.OWN_RULES
        && reservations.conflicts(task.nexus().id(), access)) {
      return RESERVATION_CONFLICT;
    }
    if (row.needsMedium()) {
      if (gate.hung()) {
        return BUSY; // nothing more for a store that does not answer
      }
      Optional<Sense> notReady = ready() ? Optional.empty() : notReady();
      if (notReady.isPresent()) {
        return Step.check(notReady.get());
      }
    }
    if (access == Access.WRITES_MEDIUM && writeProtected()) {
      return Step.check(Sense.of(SenseKey.DATA_PROTECT, writeProtection()));
    }
    Optional<Sense> fault = row.refusal(task.cdb());
    return fault.isEmpty() ? null : Step.check(fault.get());
  }

  private Step attention(Task task) {
    ItlNexus itl = task.nexus().at(task.lun());
    if (itl == null || itl.unit() != this || !itl.attentionPending()) {
      return null;
    }
    Optional<Asc> asc = task.nexus().takeAttention(task.lun());
    return asc.isEmpty() ? null : Step.check(Sense.unitAttention(asc.get()));
  }

  /// A command nobody knows, or one that this unit does not offer.
  private Step unknown(Cdb cdb) {
    return CommandTable.hasServiceActions(cdb.opcode()) && CommandTable.offers(this, cdb.opcode())
        ? Step.check(Sense.invalidFieldInCdb(1, 4))
        : Step.check(Sense.illegalRequest(Asc.INVALID_COMMAND_OPERATION_CODE));
  }

  private boolean ready() {
    LogicalUnitState now = state;
    return now.mediumPresent() && now.started();
  }

  private Asc writeProtection() {
    return profile.readOnly() ? Asc.WRITE_PROTECTED : Asc.SOFTWARE_WRITE_PROTECTED;
  }

  /// The handler's step with failures turned into sense, and sense in the format the unit asks for.
  private Step settled(Step step) {
    return switch (step) {
      case Step.Done done ->
          state.mode().descriptorSense() ? new Step.Done(inUnitsFormat(done.completion())) : done;
      case Step.Running running -> settled(running.completion());
      case Step.NeedsData needs ->
          new Step.NeedsData(
              needs.length(),
              data -> {
                Step next;
                try {
                  next = needs.then().apply(data);
                } catch (RuntimeException | Error e) {
                  next = new Step.Done(failed(e));
                }
                return settled(next);
              });
    };
  }

  private Step settled(Future<Completion> completion) {
    if (completion.succeeded()) {
      return settled(new Step.Done(completion.result()));
    }
    if (completion.failed()) {
      return new Step.Done(failed(completion.cause()));
    }
    Future<Completion> told = completion.otherwise(this::failed);
    return new Step.Running(state.mode().descriptorSense() ? told.map(this::inUnitsFormat) : told);
  }

  private Completion inUnitsFormat(Completion completion) {
    return completion instanceof Completion.CheckCondition check
        ? new Completion.CheckCondition(check.sense(), state.mode().descriptorSense())
        : completion;
  }

  /// A store's failure as what the initiator is told. Anything but a [StoreFault] is a bug of ours,
  /// and logged.
  public Completion failed(Throwable failure) {
    return new Completion.CheckCondition(senseOf(failure), state.mode().descriptorSense());
  }

  private Sense senseOf(Throwable failure) {
    if (!(failure instanceof StoreFault fault)) {
      log.error("{}: a command failed", profile.name(), failure);
      return internalFailure();
    }
    log.debug("{}: {}", profile.name(), fault.getMessage());
    return switch (fault.kind()) {
      case READ_ERROR -> Sense.of(SenseKey.MEDIUM_ERROR, Asc.UNRECOVERED_READ_ERROR);
      case WRITE_ERROR -> Sense.of(SenseKey.MEDIUM_ERROR, Asc.WRITE_ERROR);
      case OUT_OF_SPACE ->
          Sense.of(SenseKey.DATA_PROTECT, Asc.SPACE_ALLOCATION_FAILED_WRITE_PROTECT);
      case READ_ONLY -> Sense.of(SenseKey.DATA_PROTECT, Asc.WRITE_PROTECTED);
      // Linux and ESXi try again for a while on 04h/01h, and give up at once on 04h/00h.
      case UNAVAILABLE ->
          Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_IS_IN_PROCESS_OF_BECOMING_READY);
      case TIMEOUT -> Sense.of(SenseKey.ABORTED_COMMAND, Asc.LOGICAL_UNIT_COMMUNICATION_TIME_OUT);
      // Handlers have checked the range: the medium became smaller since.
      case OUT_OF_RANGE -> Sense.illegalRequest(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
      case UNSUPPORTED -> {
        log.error("{}: a command was offered that the store cannot do", profile.name(), fault);
        yield internalFailure();
      }
      case CLOSED -> Sense.illegalRequest(Asc.LOGICAL_UNIT_NOT_SUPPORTED);
    };
  }

  private static Sense internalFailure() {
    return Sense.of(SenseKey.HARDWARE_ERROR, Asc.INTERNAL_TARGET_FAILURE);
  }

  /// The nexuses that see the unit, as they are now.
  List<ItlNexus> attached() {
    return List.copyOf(nexuses);
  }

  /// A nexus sees the unit from now on. Called by its target.
  void attach(ItlNexus itl) {
    nexuses.add(itl);
  }

  /// A nexus does not see the unit any more: it is gone, or the unit was taken away or hidden from
  /// it. What lasts only as long as the nexus ends (SAM-5, I_T nexus loss). Called by its target.
  void detach(ItlNexus itl) {
    nexuses.remove(itl);
    preventing.remove(itl.nexus().id());
    owner.runOnContext(_ -> reservations.nexusLost(itl.nexus().id()));
  }

  /// Ends the tasks of every nexus `whose` matches, through its transport; completes, on the
  /// calling context, when none of their writes can still reach the medium. Fails with
  /// [StoreFault.Kind#TIMEOUT] when that is not so in time: then the tasks have ended, as far as
  /// they could, and what the store still holds is in quarantine.
  Future<Void> abortTasks(Predicate<Nexus> whose, boolean tellTaskAborted) {
    return abortTasks(
        nexuses.stream().filter(itl -> whose.test(itl.nexus())).toList(), whose, tellTaskAborted);
  }

  /// The same for nexuses that may not see the unit any more.
  Future<Void> abortTasks(List<ItlNexus> affected, boolean tellTaskAborted) {
    Set<Nexus> whose = affected.stream().map(ItlNexus::nexus).collect(Collectors.toSet());
    return abortTasks(affected, whose::contains, tellTaskAborted);
  }

  private Future<Void> abortTasks(
      List<ItlNexus> affected, Predicate<Nexus> whose, boolean tellTaskAborted) {
    Promise<Void> ended = Promise.promise();
    Context caller = Vertx.currentContext();
    owner.runOnContext(
        _ -> {
          Promise<Void> tasksEnded = Promise.promise();
          controlQueue.refuse(whose, tasksEnded.future());
          Future.join(affected.stream().map(itl -> abortTasks(itl, tellTaskAborted)).toList())
              .<Void>mapEmpty()
              .onComplete(tasksEnded);
          tasksEnded
              .future()
              .otherwiseEmpty() // a session that ended meanwhile has no tasks; the gate knows the
              // rest
              .compose(_ -> landed(task -> whose.test(task.nexus())))
              .timeout(ABORT_SECONDS, TimeUnit.SECONDS)
              .recover(this::notInTime)
              .onComplete(result -> on(caller, () -> ended.handle(result)));
        });
    return ended.future();
  }

  private Future<Void> notInTime(Throwable failure) {
    return Future.failedFuture(
        failure instanceof TimeoutException
            ? new StoreFault(
                StoreFault.Kind.TIMEOUT,
                "writes of ended tasks are not answered by the store, %d operations in quarantine"
                    .formatted(gate.quarantined()))
            : failure);
  }

  /// Completes when no change of the tasks that `whose` matches can reach the medium any more;
  /// those that have not begun are taken back. Any context.
  Future<Void> landed(Predicate<Task> whose) {
    gate.withdraw(Caller::aborted);
    return gate.landed(caller -> caller instanceof Task task && whose.test(task));
  }

  private static Future<Void> abortTasks(ItlNexus itl, boolean tellTaskAborted) {
    try {
      OptionalLong lun = OptionalLong.of(Lun.of(itl.number()));
      return itl.nexus().transport().abortTasks(lun, tellTaskAborted);
    } catch (RuntimeException e) {
      log.error("{}: tasks could not be ended", itl.nexus(), e);
      return Future.failedFuture(e);
    }
  }

  /// LOGICAL UNIT RESET (SAM-5, Logical unit reset): ends every task, forgets what a reset forgets,
  /// then tells every nexus, the one that asked too. Completes on the calling context.
  ///
  /// @param asc what they are told
  Future<Void> reset(Asc asc) {
    Promise<Void> done = Promise.promise();
    Context caller = Vertx.currentContext();
    abortTasks(_ -> true, false)
        .onComplete(
            result ->
                owner.runOnContext(
                    _ -> {
                      reservations.unitReset();
                      preventing.clear();
                      publish(state.afterReset(atFirst));
                      attention(asc, _ -> true);
                      on(caller, () -> done.handle(result));
                    }));
    return done.future();
  }

  private static void on(Context context, Runnable action) {
    if (context == null || context.equals(Vertx.currentContext())) {
      action.run();
    } else {
      context.runOnContext(_ -> action.run());
    }
  }
}
