package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.alua.StateRule;
import io.vtgt.scsi.alua.TargetPortGroups;
import io.vtgt.scsi.copy.CopyManager;
import io.vtgt.scsi.copy.CopyOperations;
import io.vtgt.scsi.page.SavedModePages;
import io.vtgt.scsi.reservation.Reservations;
import io.vtgt.scsi.sbc.MediumOperations;
import io.vtgt.scsi.sbc.OrWriteGenerations;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A direct-access block device (SBC-4) behind a LUN.
public final class LogicalUnit {

  /// What the document says of the unit. Replaced whole by the owner ([Upkeep#change]); name,
  /// identity and block length stay the same while the unit is open.
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
  /// @param scsiId what follows the vendor in the T10 vendor ID designator
  /// @param online false answers NOT READY, OFFLINE to what needs the medium
  /// @param lowestAlignedBlock the first logical block that begins a physical one
  /// @param optimalTransferBlocks OPTIMAL TRANSFER LENGTH; 0 is what suits the store
  /// @param optimalTransferGranularityBlocks OPTIMAL TRANSFER LENGTH GRANULARITY; 0 is one physical
  ///   block
  /// @param thinThreshold when a thin unit warns of the space behind it
  /// @param longCdbs the commands with CDBs of 32 bytes are offered
  /// @param whenStoreIsAway what becomes of commands while the store cannot be used
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
      int rotationRate,
      String scsiId,
      boolean online,
      int lowestAlignedBlock,
      int optimalTransferBlocks,
      int optimalTransferGranularityBlocks,
      ThinThreshold thinThreshold,
      boolean longCdbs,
      AwayPolicy whenStoreIsAway) {
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

    /// Of a unit that is online and takes every command, and for the rest as most are.
    public Profile(
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
      this(
          name,
          uuid,
          naa,
          serial,
          vendor,
          product,
          revision,
          blockBytes,
          physicalBlockBytes,
          thin,
          unmapCommand,
          maxCompareAndWriteBlocks,
          removable,
          readOnly,
          rotationRate,
          serial,
          true,
          0,
          0,
          0,
          ThinThreshold.NONE,
          true,
          AwayPolicy.WAIT);
    }
  }

  private static final Logger log = LoggerFactory.getLogger(LogicalUnit.class);

  private final StoreGate gate;
  private final Context owner;
  private final UnitMemory memory;
  private final ControlQueue controlQueue;
  private final Reservations reservations;
  private final TaskOrder order = new TaskOrder();
  private final CopyOperations copies = new CopyOperations();
  private volatile CopyManager copyManager = CopyManager.ofOneUnit();
  private final UnitStatistics statistics;
  private final LogCounters logCounters;
  private final StartStopCycles startStopCycles;
  private final DeviceClock clock;
  private final SelfTests selfTests;
  private final TargetPortGroups portGroups;
  private final SpaceWatch spaceWatch;
  private final OrWriteGenerations orWriteGenerations = new OrWriteGenerations();
  private final MediumOperations mediumOperations;
  private final TaskAborts aborts;
  private final Admission admission;
  private final StoreWatch storeWatch;

  // Replaced whole by the owner, read from every event loop.
  private volatile Profile profile;
  private volatile LogicalUnitState atFirst;
  private volatile LogicalUnitState state;

  // The same: the mode pages as they were saved last.
  private volatile SavedModePages savedPages;

  private volatile Announcer announcer = Announcer.LOG;

  // Changed by the targets that hold the unit, read from any context.
  private final List<ItlNexus> nexuses = new CopyOnWriteArrayList<>();

  // Gone, but with commands that still run.
  private final Set<ItlNexus> leaving = ConcurrentHashMap.newKeySet();

  // Changed by PREVENT ALLOW MEDIUM REMOVAL on the nexus' loop, by resets and nexus losses
  // elsewhere.
  private final Set<Nexus.Id> preventing = ConcurrentHashMap.newKeySet();

  /// @param state as it is at first and again after a reset, but for what was saved
  /// @param owner the event loop context on which everything but the data path is changed
  /// @param memory what the unit keeps over restarts beside its medium
  public LogicalUnit(
      Profile profile, StoreGate gate, LogicalUnitState state, Context owner, UnitMemory memory) {
    this(profile, gate, state, owner, memory, InstantSource.system(), System::nanoTime);
  }

  /// @param host tells the time of day
  /// @param nanoClock as [System#nanoTime()]
  public LogicalUnit(
      Profile profile,
      StoreGate gate,
      LogicalUnitState state,
      Context owner,
      UnitMemory memory,
      InstantSource host,
      LongSupplier nanoClock) {
    this.profile = profile;
    this.gate = gate;
    this.atFirst = state.withThresholds(ThresholdSets.of(profile, gate.geometry().bytes()));
    this.savedPages = SavedModePages.recall(memory);
    this.state = saved().withCondition(MediumOperations.recalled(memory));
    this.owner = owner;
    this.memory = memory;
    this.controlQueue = new ControlQueue(owner);
    this.aborts = new TaskAborts(this);
    this.admission = new Admission(this);
    this.reservations = new Reservations(this);
    this.statistics = new UnitStatistics(nanoClock);
    this.logCounters = new LogCounters(statistics);
    this.startStopCycles = new StartStopCycles(memory, owner);
    this.clock = new DeviceClock(host);
    this.selfTests = new SelfTests(nanoClock);
    this.portGroups = new TargetPortGroups(new PortGroupUnit(this));
    this.spaceWatch = new SpaceWatch(this);
    this.mediumOperations = new MediumOperations(this);
    this.storeWatch = new StoreWatch(this);
    mediumOperations.resume();
    gate.listen(storeWatch);
    if (!gate.state().usable()) {
      storeWatch.stateChanged(gate.state());
    }
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

  /// With the default values of the mode pages.
  public LogicalUnitState defaults() {
    return atFirst;
  }

  /// With the saved values of the mode pages: what a restart and a reset go back to.
  public LogicalUnitState saved() {
    return savedPages.over(atFirst);
  }

  /// Saves the mode pages of a state, which need not be published yet. Owner context.
  ///
  /// @return completes when they are on stable storage; fails when they could not be written, and
  ///   then what was saved before still stands
  public Future<Void> save(LogicalUnitState wanted) {
    SavedModePages pages = SavedModePages.of(wanted);
    return pages
        .keep(memory)
        .map(
            _ -> {
              savedPages = pages;
              return null;
            });
  }

  /// What the unit keeps over restarts beside its medium. Written on [#owner()].
  public UnitMemory memory() {
    return memory;
  }

  /// What is counted of every command.
  public UnitStatistics statistics() {
    return statistics;
  }

  /// The same as the log pages count it.
  public LogCounters logCounters() {
    return logCounters;
  }

  public StartStopCycles startStopCycles() {
    return startStopCycles;
  }

  public DeviceClock clock() {
    return clock;
  }

  public SelfTests selfTests() {
    return selfTests;
  }

  /// Blocks of the unit now.
  public long blockCount() {
    return gate.geometry().bytes() / profile.blockBytes();
  }

  /// UNMAP is offered, and thin provisioning reported: the document wants it and the store can.
  public boolean thin() {
    return profile.thin() && gate.limits().unmapGranularity() > 0;
  }

  /// By configuration, because the store takes no writes, or by SWP of the control mode page.
  public boolean writeProtected() {
    return readOnly() || state.mode().softwareWriteProtect();
  }

  /// By configuration, or because the store takes no writes.
  public boolean readOnly() {
    return profile.readOnly() || !gate.writable();
  }

  StoreWatch storeWatch() {
    return storeWatch;
  }

  /// Tells `next` from now on what an operator should hear of the unit.
  public void announce(Announcer next) {
    announcer = next;
  }

  /// Tells the operator. Any context.
  void announce(Announcer.Severity severity, String words) {
    announcer.announce(profile.name(), severity, words);
  }

  /// How much room the medium takes and how much is left.
  public SpaceWatch spaceWatch() {
    return spaceWatch;
  }

  public Reservations reservations() {
    return reservations;
  }

  public OrWriteGenerations orWriteGenerations() {
    return orWriteGenerations;
  }

  public MediumOperations mediumOperations() {
    return mediumOperations;
  }

  /// The copies this unit was asked for, by their list identifiers.
  public CopyOperations copies() {
    return copies;
  }

  /// Copies between units and their tokens; one for all units of a gateway.
  public CopyManager copyManager() {
    return copyManager;
  }

  /// Makes the unit part of a gateway. Before that it knows only the units its nexuses see.
  public void copyManager(CopyManager manager) {
    copyManager = manager;
  }

  /// Through which groups of ports the unit is reached, and in which access state each is.
  public TargetPortGroups portGroups() {
    return portGroups;
  }

  /// What stands before a command.
  public Admission admission() {
    return admission;
  }

  /// The way tasks end otherwise than by themselves.
  public TaskAborts aborts() {
    return aborts;
  }

  ControlQueue controlQueue() {
    return controlQueue;
  }

  /// The context on which everything of the unit but its data path is changed.
  public Context owner() {
    return owner;
  }

  /// Runs a control command on [#owner()] and brings its completion back to the task's context.
  /// Control commands of a unit run one after the other: the next begins when the completion of the
  /// one before is there.
  public Step onOwner(Task task, Supplier<Future<Completion>> command) {
    return inTurn(task, () -> command.get().map(Turn::over));
  }

  /// The same for a command whose answer waits for more than its turn: the next control command
  /// begins when the turn is over, whatever it waits for then.
  public Step inTurn(Task task, Supplier<Future<Turn>> command) {
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

  /// The medium of a removable unit is put in; nothing when it is in. Owner context.
  ///
  /// @param told who is told: not an initiator that has asked for it
  public void loadMedium(Predicate<Nexus> told) {
    if (!state.mediumPresent()) {
      publish(state.withMediumPresent(true).withStarted(true));
      attention(Asc.NOT_READY_TO_READY_CHANGE, told);
    }
  }

  /// PREVENT ALLOW MEDIUM REMOVAL: sets or ends what one nexus prevents. Any context.
  public void preventRemoval(Nexus.Id nexus, boolean prevented) {
    if (prevented) {
      preventing.add(nexus);
    } else {
      preventing.remove(nexus);
    }
  }

  /// True while a nexus prevents that the medium is removed.
  public boolean removalPrevented() {
    return !preventing.isEmpty();
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

  /// Other settings: see [Upkeep]. Owner context only.
  void settle(Profile next, LogicalUnitState nextAtFirst, LogicalUnitState now) {
    ThresholdSets thresholds = ThresholdSets.of(next, gate.geometry().bytes());
    this.profile = next;
    this.atFirst = nextAtFirst.withThresholds(thresholds);
    this.state = now.withThresholds(thresholds);
  }

  /// Finds the task's row of the command table, checks what comes before the handler (unit
  /// attention, reservation, medium, write protection, CDB bits), and begins it. Called on the
  /// nexus' loop.
  ///
  /// The order is that of SAM-5 (Status precedence) and of the sense keys: what other nexuses did
  /// comes before what the unit cannot do now, and that before what is wrong in the CDB.
  public Step begin(Task task) {
    Traffic traffic = statistics.received(task.cdb());
    Step step;
    CommandSpec row = CommandTable.find(task.cdb()).orElse(null);
    try {
      Step refusal = admission.refusal(task, row);
      step = refusal != null ? refusal : counted(task, row, row.handler().apply(task, this));
    } catch (RuntimeException | Error e) {
      step = new Step.Done(failed(e));
    }
    return settled(step, task, row, traffic);
  }

  /// A command that does not end at once, known to its nexus until it ends.
  private Step counted(Task task, CommandSpec row, Step step) {
    if (step instanceof Step.Done || !StateRule.drained(row.opcode())) {
      return step;
    }
    ItlNexus itl = task.nexus().at(task.lun());
    return itl == null ? step : counted(task, row, step, itl);
  }

  /// What waits for data is asked again when it comes whether the path is still open.
  private Step counted(Task task, CommandSpec row, Step step, ItlNexus itl) {
    return switch (step) {
      case Step.Done done -> done;
      case Step.Running running -> {
        if (!running.completion().isComplete()) {
          itl.count(running.completion());
          if (itl.detached()) { // while it waited for its data
            leaves(itl);
          }
        }
        yield running;
      }
      case Step.NeedsData needs ->
          new Step.NeedsData(
              needs.length(),
              data -> {
                Step inaccessible = portGroups.refusal(task.nexus().id(), row, task.cdb());
                if (inaccessible != null) {
                  data.release();
                  return inaccessible;
                }
                return counted(task, row, needs.then().apply(data), itl);
              });
    };
  }

  /// Keeps a nexus that does not see the unit any more in mind until its commands have ended.
  private void leaves(ItlNexus itl) {
    leaving.add(itl);
    itl.quiet().onComplete(_ -> leaving.remove(itl));
  }

  /// The handler's step with failures turned into sense, and sense in the format the unit asks for;
  /// what passes is counted.
  ///
  /// @param row null where the command was refused for want of one
  private Step settled(Step step, Task task, CommandSpec row, Traffic traffic) {
    return switch (step) {
      case Step.Done done -> {
        count(traffic, done.completion());
        yield state.mode().descriptorSense()
            ? new Step.Done(inUnitsFormat(done.completion()))
            : done;
      }
      case Step.Running running -> settled(running.completion(), traffic);
      case Step.NeedsData needs ->
          new Step.NeedsData(
              needs.length(),
              data -> {
                // A format or a sanitize may have begun while the data came.
                Step next = admission.conditionRefuses(task, row);
                if (next != null) {
                  data.release();
                  return settled(next, task, row, traffic);
                }
                if (traffic.writes()) {
                  statistics.transferred(traffic, data.readableBytes());
                }
                try {
                  next = needs.then().apply(data);
                } catch (RuntimeException | Error e) {
                  next = new Step.Done(failed(e));
                }
                return settled(next, task, row, traffic);
              });
    };
  }

  private Step settled(Future<Completion> completion, Traffic traffic) {
    if (completion.succeeded()) {
      count(traffic, completion.result());
      return new Step.Done(inUnitsFormat(completion.result()));
    }
    if (completion.failed()) {
      statistics.failed(traffic, completion.cause());
      return new Step.Done(failed(completion.cause()));
    }
    long began = statistics.began();
    return new Step.Running(
        completion.transform(
            (answer, failure) -> {
              statistics.ended(traffic, began);
              if (failure != null) {
                statistics.failed(traffic, failure);
                return Future.succeededFuture(failed(failure));
              }
              count(traffic, answer);
              return Future.succeededFuture(inUnitsFormat(answer));
            }));
  }

  private void count(Traffic traffic, Completion completion) {
    if (traffic.reads() && completion instanceof Completion.Good good) {
      statistics.transferred(traffic, good.dataIn().readableBytes());
    }
  }

  private Completion inUnitsFormat(Completion completion) {
    return completion instanceof Completion.CheckCondition check
            && check.descriptorFormat() != state.mode().descriptorSense()
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
      case OUT_OF_SPACE -> {
        var _ = spaceWatch.look();
        yield Sense.of(SenseKey.DATA_PROTECT, Asc.SPACE_ALLOCATION_FAILED_WRITE_PROTECT);
      }
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

  /// The nexuses that see it no more, but have commands that still run.
  Set<ItlNexus> leaving() {
    return leaving;
  }

  /// A nexus sees the unit from now on. Called by its target.
  void attach(ItlNexus itl) {
    nexuses.add(itl);
  }

  /// A nexus does not see the unit any more: it is gone, or the unit was taken away or hidden from
  /// it. What lasts only as long as the nexus ends (SAM-5, I_T nexus loss). Called by its target.
  void detach(ItlNexus itl) {
    nexuses.remove(itl);
    preventRemoval(itl.nexus().id(), false);
    copies.nexusLost(itl.nexus().id());
    itl.detach();
    leaves(itl);
    owner.runOnContext(_ -> reservations.nexusLost(itl.nexus().id()));
  }

  /// LOGICAL UNIT RESET (SAM-5, Logical unit reset): ends every task, forgets what a reset forgets,
  /// then tells every nexus, the one that asked too. Completes on the calling context.
  ///
  /// @param asc what they are told
  Future<Void> reset(Asc asc) {
    Promise<Void> done = Promise.promise();
    Context caller = Vertx.currentContext();
    aborts
        .allTasks()
        .onComplete(
            result ->
                owner.runOnContext(
                    _ -> {
                      copies.unitReset();
                      reservations.unitReset();
                      preventing.clear();
                      if (asc == Asc.POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED) {
                        orWriteGenerations.powerOn();
                      }
                      nexuses.forEach(itl -> itl.echo(null));
                      publish(state.afterReset(saved()));
                      attention(asc, _ -> true);
                      on(caller, () -> done.handle(result));
                    }));
    return done.future();
  }

  /// Runs what belongs to a caller's context there: at once when that is this one or there is none.
  static void on(Context context, Runnable action) {
    if (context == null || context.equals(Vertx.currentContext())) {
      action.run();
    } else {
      context.runOnContext(_ -> action.run());
    }
  }
}
