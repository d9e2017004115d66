package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.vertx.core.internal.VertxInternal;
import io.vtgt.iscsi.pdu.AsyncMessage;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.ResponsePdu;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.store.Layer;
import io.vtgt.store.Limits;
import io.vtgt.store.StoreGate;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.Lun;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.Target;
import io.vtgt.target.UnitMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Abort truth: after the answer to a task management function no write of a task it ended reaches
/// the medium, whatever the store does and when; and no write that was answered GOOD is lost.
///
/// Three initiators write through real sockets to a store that lets each piece of a write go on in
/// an order, and after a time, that the seed says. In between one of them ends tasks in one of ten
/// ways. The moment the answer is there the medium below is looked at; when everything has landed
/// that still could, the blocks of the ended writes must be as they were. One of the two units has
/// a deadline that strikes while writes are kept, and what was given up is written anew.
class AbortTruthTest {
  private static final int ROUNDS = Integer.getInteger("abortTruth.rounds", 1000);
  private static final String TARGET = "iqn.2026-11.test:truth";

  /// What is written and looked at in one: eight blocks.
  private static final int SLOT = 4096, SLOTS = 64;

  private static final long DEADLINE_MILLIS = 32;

  private static final int GOOD = 0, CHECK_CONDITION = 2;
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00";

  /// The ways to end tasks, with the function code where it is a task management function.
  private enum Way {
    ABORT_TASK(1),
    ABORT_TASK_SET(2),
    CLEAR_TASK_SET(4),
    LOGICAL_UNIT_RESET(5),
    TARGET_WARM_RESET(6),
    TARGET_COLD_RESET(7),
    I_T_NEXUS_RESET(11),
    PREEMPT_AND_ABORT(0),
    LOGOUT(0),
    CONNECTION_LOST(0);

    final int function;

    Way(int function) {
      this.function = function;
    }
  }

  /// One write on its way.
  private static final class Write {
    final Actor by;
    final Disk disk;
    final int itt;
    final int slot;
    final int slots;
    final long version;
    int status = -1;
    int asc;

    Write(Actor by, Disk disk, int itt, int slot, int slots, long version) {
      this.by = by;
      this.disk = disk;
      this.itt = itt;
      this.slot = slot;
      this.slots = slots;
      this.version = version;
    }

    boolean covers(int at) {
      return slot <= at && at < slot + slots;
    }

    boolean answered() {
      return status >= 0;
    }

    /// Given up by the deadline.
    boolean givenUp() {
      return status == CHECK_CONDITION && asc == 0x0801;
    }
  }

  /// An initiator that logs in again when its session has ended.
  private final class Actor {
    final String name;
    final Map<Integer, Write> writes = new HashMap<>();
    TestInitiator initiator;

    Actor(String name) {
      this.name = name;
    }

    TestInitiator live() throws IOException {
      if (initiator == null) {
        initiator = fixture.loggedIn(name, TARGET, 0x400000000001L);
      }
      return initiator;
    }

    void write(Disk disk, int slot, int slots, long version) throws IOException {
      var command =
          live()
              .write("2a 00 %08x 00 %04x 00".formatted(slot * 8, slots * 8), (long) slots * SLOT)
              .lun(Lun.of(disk.lun));
      var write = new Write(this, disk, command.itt(), slot, slots, version);
      writes.put(command.itt(), write);
      var data = ByteBuffer.allocate(slots * SLOT);
      while (data.hasRemaining()) {
        data.putLong(version);
      }
      live().send(command, data.array());
      disk.issued(write);
    }

    /// Takes answers until one is wanted.
    ResponsePdu receive(Predicate<ResponsePdu> wanted) throws IOException {
      while (true) {
        var pdu = live().receive();
        if (pdu instanceof ScsiResponse response && writes.containsKey(response.itt())) {
          var write = writes.get(response.itt());
          assertTrue(!write.answered(), "answered twice");
          write.status = response.status();
          var sense = response.data();
          if (sense.readableBytes() >= 16) {
            write.asc = sense.getUnsignedShort(sense.readerIndex() + 14);
          }
        } else if (wanted.test(pdu)) {
          return pdu;
        } else if (!(pdu instanceof AsyncMessage)) {
          fail("unexpected: " + pdu);
        }
      }
    }

    /// Everything sent to us so far is here.
    void sync() throws IOException {
      if (initiator != null) {
        var ping = initiator.nop();
        initiator.send(ping);
        receive(pdu -> pdu instanceof NopIn in && in.itt() == ping.itt());
      }
    }

    int command(int lun, String cdb, byte... data) throws IOException {
      var command = data.length == 0 ? live().command(cdb) : live().write(cdb, data.length);
      live().send(command.lun(Lun.of(lun)), data);
      var answer = receive(pdu -> pdu instanceof ScsiResponse r && r.itt() == command.itt());
      return ((ScsiResponse) answer).status();
    }

    /// Takes the unit attentions that are pending.
    void ready(int lun) throws IOException {
      for (int i = 0; command(lun, TEST_UNIT_READY) != GOOD; i++) {
        assertTrue(i < 16, "a unit that is never ready");
      }
    }

    void register(int lun, long key) throws IOException {
      assertEquals(GOOD, reserve(lun, 6, 0, key));
    }

    int reserve(int lun, int serviceAction, long key, long serviceActionKey) throws IOException {
      var list = ByteBuffer.allocate(24).putLong(key).putLong(serviceActionKey).array();
      return command(lun, "5f %02x 01 00 00 00 00 00 18 00".formatted(serviceAction), list);
    }

    void leave() throws IOException {
      initiator.close();
      initiator = null;
    }
  }

  /// A unit, and what its medium may hold.
  private final class Disk {
    final int lun;
    final MemoryStore medium = new MemoryStore((long) SLOT * SLOTS);
    final DelayLayer delays;
    final StoreGate gate;
    final List<Set<Long>> possible = new ArrayList<>();

    Disk(int lun, long deadlineMillis) {
      this.lun = lun;
      delays = new DelayLayer(fixture.vertx, new ShortTransfers(medium), DelayLayer.Delays.NONE);
      gate = new StoreGate(fixture.vertx, delays, new StoreGate.Options(deadlineMillis));
      for (int slot = 0; slot < SLOTS; slot++) {
        possible.add(new HashSet<>(Set.of(0L)));
      }
      var owner = ((VertxInternal) fixture.vertx).createEventLoopContext();
      target.addUnit(
          lun,
          new LogicalUnit(
              ScsiFixture.PROFILE,
              gate,
              LogicalUnitState.INITIAL,
              owner,
              UnitMemory.volatileMemory()));
    }

    void issued(Write write) {
      for (int i = 0; i < write.slots; i++) {
        possible.get(write.slot + i).add(write.version);
      }
    }

    /// The version of each slot as the medium has it now.
    long[] look() {
      var bytes = medium.read(0, SLOT * SLOTS).result();
      try {
        var versions = new long[SLOTS];
        for (int slot = 0; slot < SLOTS; slot++) {
          versions[slot] = bytes.getLong(bytes.readerIndex() + slot * SLOT);
        }
        return versions;
      } finally {
        bytes.release();
      }
    }
  }

  /// Makes the gate cut writes into pieces of one slot.
  private static final class ShortTransfers extends Layer {
    ShortTransfers(MemoryStore next) {
      super(next);
    }

    @Override
    public Limits limits() {
      var it = next().limits();
      return new Limits(
          SLOT,
          it.optimalTransfer(),
          it.nativeFua(),
          it.durableFlush(),
          it.unmapGranularity(),
          it.unmapZeroes(),
          it.nativeWriteZeroes(),
          it.maxNativeCompareAndWrite(),
          it.reportsExtents());
    }
  }

  private final IscsiFixture fixture = new IscsiFixture();
  private final Target target = new Target(TARGET);
  private final List<Actor> actors =
      List.of(new Actor("iqn.a"), new Actor("iqn.b"), new Actor("iqn.c"));
  private final List<Disk> disks = new ArrayList<>();
  private long lastVersion;

  @BeforeEach
  void listen() throws Exception {
    fixture.others.put(TARGET, new TargetPort.Scsi(target));
    disks.add(new Disk(0, 0));
    disks.add(new Disk(1, DEADLINE_MILLIS));
    fixture.listen();
  }

  @AfterEach
  void close() throws Exception {
    for (var disk : disks) {
      disk.delays.release(Traffic.WRITES);
    }
    fixture.close();
    for (var disk : disks) {
      assertEquals(0, disk.gate.counters().underWay());
    }
  }

  @Test
  void answeredAborts_areTrue() throws Exception {
    long seed = Long.getLong("abortTruth.seed", System.nanoTime());
    System.out.println("abort truth: seed " + seed);
    var tally = new HashMap<Way, Integer>();
    int aborted = 0, givenUp = 0;
    for (int round = 0; round < ROUNDS; round++) {
      var random = new Random(seed + round);
      var way = Way.values()[random.nextInt(Way.values().length)];
      try {
        var writes = round(random, way);
        tally.merge(way, 1, Integer::sum);
        aborted += (int) writes.stream().filter(write -> !write.answered()).count();
        givenUp += (int) writes.stream().filter(Write::givenUp).count();
      } catch (AssertionError | Exception e) {
        throw new AssertionError("seed %d, round %d, %s".formatted(seed, round, way), e);
      }
    }
    System.out.println(
        "abort truth: %s; %d writes ended, %d given up".formatted(tally, aborted, givenUp));
  }

  private List<Write> round(Random random, Way way) throws Exception {
    var disk = disks.get(random.nextInt(2));
    for (var actor : actors) {
      actor.writes.clear();
      for (var each : disks) {
        actor.ready(each.lun);
      }
    }
    var by = actors.get(random.nextInt(actors.size()));
    var victim = way == Way.PREEMPT_AND_ABORT ? other(by, random) : by;
    if (way == Way.PREEMPT_AND_ABORT) {
      by.register(disk.lun, 1);
      victim.register(disk.lun, 2);
    }
    disk.delays.hold(Traffic.WRITES);
    issue(random, disk);
    boolean strikes = disk.lun == 1 && random.nextInt(3) > 0; // the deadline
    if (strikes) {
      awaitDeadline(disk);
      for (var actor : actors) {
        actor.sync();
      }
      writeAnew(random, disk);
    }
    var stop = new AtomicBoolean();
    var releaser = releaser(random.nextLong(), disk, random.nextInt(3) * 2_000_000L, stop);
    try {
      var before = all();
      end(way, by, victim, disk, before, random);
      var answered = disk.look();
      stop.set(true);
      releaser.join();
      disk.delays.release(Traffic.WRITES);
      IscsiFixture.await(disk.gate.drained());
      for (var actor : actors) {
        actor.sync();
      }
      check(way, victim, disk, before, answered);
    } finally {
      stop.set(true);
      releaser.join();
    }
    return all();
  }

  private Actor other(Actor than, Random random) {
    var others = new ArrayList<>(actors);
    others.remove(than);
    return others.get(random.nextInt(others.size()));
  }

  private List<Write> all() {
    var all = new ArrayList<Write>();
    actors.forEach(actor -> all.addAll(actor.writes.values()));
    return all;
  }

  /// Writes of one to eight slots, none of which overlap.
  private void issue(Random random, Disk disk) throws IOException {
    List<Integer> places = new ArrayList<>();
    for (int place = 0; place < SLOTS; place += 8) {
      places.add(place);
    }
    Collections.shuffle(places, random);
    int count = 1 + random.nextInt(places.size());
    for (int i = 0; i < count; i++) {
      actors
          .get(random.nextInt(actors.size()))
          .write(disk, places.get(i), 1 + random.nextInt(8), ++lastVersion);
    }
    for (var actor : actors) {
      actor.sync();
    }
  }

  private void awaitDeadline(Disk disk) throws InterruptedException {
    long already = disk.gate.counters().timeouts();
    for (int i = 0; disk.gate.counters().timeouts() == already; i++) {
      assertTrue(i < 5000, "the deadline never strikes");
      Thread.sleep(2);
    }
  }

  /// What was given up is written again, as initiators do.
  private void writeAnew(Random random, Disk disk) throws IOException {
    for (var write : all()) {
      if (write.givenUp() && random.nextBoolean()) {
        write.by.write(disk, write.slot, write.slots, ++lastVersion);
      }
    }
  }

  /// Lets writes go on one by one, in any order.
  private static Thread releaser(long seed, Disk disk, long startNanos, AtomicBoolean stop) {
    return Thread.startVirtualThread(
        () -> {
          var random = new Random(seed);
          LockSupport.parkNanos(startNanos);
          while (!stop.get()) {
            disk.delays.releaseOne(Traffic.WRITES, random::nextInt);
            LockSupport.parkNanos(random.nextInt(500_000));
          }
        });
  }

  /// Ends tasks, and returns when that is answered.
  private void end(Way way, Actor by, Actor victim, Disk disk, List<Write> writes, Random random)
      throws IOException {
    switch (way) {
      case ABORT_TASK -> {
        var own = writes.stream().filter(write -> write.by == by).toList();
        abortedTask = own.isEmpty() ? null : own.get(random.nextInt(own.size()));
        manage(by, disk, way, abortedTask == null ? Bhs.NO_TAG : abortedTask.itt);
      }
      case ABORT_TASK_SET, CLEAR_TASK_SET, LOGICAL_UNIT_RESET, TARGET_WARM_RESET, I_T_NEXUS_RESET ->
          manage(by, disk, way, Bhs.NO_TAG);
      case TARGET_COLD_RESET -> {
        manage(by, disk, way, Bhs.NO_TAG);
        for (var actor : actors) {
          actor.live().receiveUntilClosed();
          actor.leave();
        }
      }
      case PREEMPT_AND_ABORT -> assertEquals(GOOD, by.reserve(disk.lun, 5, 1, 2));
      case LOGOUT -> {
        by.live().send(by.live().logout(0));
        by.receive(LogoutResponse.class::isInstance);
        by.leave();
      }
      case CONNECTION_LOST -> {
        by.leave();
        by.live();
      }
    }
  }

  /// The one that ABORT TASK named.
  private Write abortedTask;

  private static void manage(Actor by, Disk disk, Way way, int tag) throws IOException {
    var request = by.live().manage(way.function, Lun.of(disk.lun), tag);
    by.live().send(request);
    var answer = by.receive(TaskManagementResponse.class::isInstance);
    int response = ((TaskManagementResponse) answer).response();
    assertTrue(response == 0 || (response == 1 && way == Way.ABORT_TASK), "response " + response);
  }

  private boolean ended(Way way, Actor victim, Write write) {
    return switch (way) {
      case ABORT_TASK -> write == abortedTask;
      case ABORT_TASK_SET, I_T_NEXUS_RESET, PREEMPT_AND_ABORT, LOGOUT, CONNECTION_LOST ->
          write.by == victim;
      case CLEAR_TASK_SET, LOGICAL_UNIT_RESET, TARGET_WARM_RESET, TARGET_COLD_RESET -> true;
    };
  }

  private void check(Way way, Actor victim, Disk disk, List<Write> before, long[] answered) {
    var now = disk.look();
    for (var write : before) {
      boolean ended = ended(way, victim, write);
      assertTrue(ended || write.answered(), "a write nobody ended is not answered");
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      int at = slot;
      var writers =
          before.stream().filter(write -> write.disk == disk && write.covers(at)).toList();
      if (writers.stream().allMatch(write -> ended(way, victim, write))) {
        assertEquals(answered[slot], now[slot], "slot %d changed after the answer".formatted(slot));
      }
    }
    for (var write : before) {
      for (int slot = write.slot; write.status == GOOD && slot < write.slot + write.slots; slot++) {
        disk.possible.set(slot, new HashSet<>(Set.of(write.version)));
      }
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      assertTrue(
          disk.possible.get(slot).contains(now[slot]),
          "slot %d holds %d, expected one of %s"
              .formatted(slot, now[slot], disk.possible.get(slot)));
      disk.possible.set(slot, new HashSet<>(Set.of(now[slot])));
    }
  }
}
