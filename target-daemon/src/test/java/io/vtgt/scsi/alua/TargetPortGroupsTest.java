package io.vtgt.scsi.alua;

import static io.vtgt.target.ScsiFixture.PROFILE;
import static io.vtgt.target.ScsiFixture.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.UnitMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetPortGroupsTest {
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00",
      INQUIRY = "12 00 00 00 60 00",
      REQUEST_SENSE = "03 00 00 00 ff 00",
      READ = "28 00 00 00 00 00 00 00 01 00",
      WRITE = "2a 00 00 00 00 00 00 00 01 00",
      REPORT = "a3 0a 00 00 00 00 00 00 01 00 00 00",
      REPORT_EXTENDED = "a3 2a 00 00 00 00 00 00 01 00 00 00";

  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static PortGroupSetup setup(AluaMode mode, Integer... groups) {
    return new PortGroupSetup(mode, new TreeSet<>(Set.of(groups)), Map.of());
  }

  private LogicalUnit unit(AluaMode mode, Integer... groups) {
    LogicalUnit unit = fixture.addUnit(0);
    unit.portGroups().start(setup(mode, groups));
    return unit;
  }

  private static void change(LogicalUnit unit, int group, AccessState state) {
    await(unit.portGroups().changeImplicitly(group, Optional.of(state)));
  }

  /// SET TARGET PORT GROUPS of a list of groups with states, `2=02` for group 2 to standby.
  private static Answer set(Initiator by, String... groups) {
    var list = new StringBuilder("00 00 00 00");
    for (String group : groups) {
      String[] parts = group.split("=", 2);
      list.append(" %s 00 %04x".formatted(parts[1], Integer.parseInt(parts[0])));
    }
    return by.send(
        0,
        "a4 0a 00 00 00 00 00 00 00 %02x 00 00".formatted(4 + 4 * groups.length),
        list.toString());
  }

  // --- what is told

  @ParameterizedTest
  @CsvSource({"OFF, 00", "IMPLICIT, 10", "EXPLICIT, 20", "BOTH, 30"})
  void inquiry_ofEachMode_hasItsTpgs(AluaMode mode, String tpgs) {
    unit(mode, 1);
    String byte5 = fixture.ready("a").send(0, INQUIRY).data().split(" ", 7)[5];
    assertEquals(tpgs, "%02x".formatted(Integer.parseInt(byte5, 16) & 0x30));
  }

  @Test
  void report_ofTwoGroups_isAsTheStandardPrintsIt() {
    LogicalUnit unit = fixture.addUnit(0);
    unit.portGroups()
        .start(
            new PortGroupSetup(
                AluaMode.IMPLICIT,
                new TreeSet<>(Set.of(1, 0x1234)),
                Map.of(
                    1,
                    new PortGroupSetup.Default(AccessState.ACTIVE_OPTIMIZED, true),
                    0x1234,
                    new PortGroupSetup.Default(AccessState.STANDBY, false))));
    Initiator a = fixture.ready("a");
    String groups = "80 cf 00 01 00 00 00 01 00 00 00 01 02 cf 12 34 00 00 00 01 00 00 12 34";
    assertEquals("00 00 00 18 " + groups, a.send(0, REPORT).data());
    assertEquals("00 00 00 1c 10 1e 00 00 " + groups, a.send(0, REPORT_EXTENDED).data());
    assertEquals("00 00 00 18 80 cf", a.send(0, "a3 0a 00 00 00 00 00 00 00 06 00 00").data());
    assertEquals("GOOD", a.send(0, "a3 0a 00 00 00 00 00 00 00 00 00 00").status());
  }

  @Test
  void report_inAFormatNobodyKnows_isRefused() {
    unit(AluaMode.IMPLICIT, 1);
    assertEquals(
        "ILLEGAL_REQUEST 2400 cf 00 01",
        fixture.ready("a").send(0, "a3 4a 00 00 00 00 00 00 01 00 00 00").status());
  }

  @Test
  void report_throughAGroupTheDocumentLacks_namesIt() {
    unit(AluaMode.IMPLICIT, 1);
    assertEquals(
        "00 00 00 18 00 cf 00 01 00 00 00 01 00 00 00 01 00 cf 00 05 00 00 00 01 00 00 00 05",
        fixture.ready("a", 5).send(0, REPORT).data());
  }

  @Test
  void report_afterChanges_tellsWhoMadeThem() {
    LogicalUnit unit = unit(AluaMode.BOTH, 1, 2, 3);
    Initiator a = fixture.ready("a");
    change(unit, 2, AccessState.OFFLINE);
    assertEquals("UNIT_ATTENTION 2a06", a.send(0, REPORT).status());
    assertEquals("GOOD", set(a, "3=03").status());
    assertEquals(
        "00 00 00 24 00 cf 00 01 00 00 00 01 00 00 00 01"
            + " 0e cf 00 02 00 02 00 01 00 00 00 02 03 cf 00 03 00 01 00 01 00 00 00 03",
        a.send(0, REPORT).data());
  }

  @Test
  void modes_decideWhatIsOffered() {
    LogicalUnit unit = unit(AluaMode.OFF, 1);
    Initiator a = fixture.ready("a");
    assertEquals("ILLEGAL_REQUEST 2400 cc 00 01", a.send(0, REPORT).status());
    assertEquals("ILLEGAL_REQUEST 2400 cc 00 01", set(a, "1=00").status());
    unit.portGroups().start(setup(AluaMode.IMPLICIT, 1));
    assertEquals("GOOD", a.send(0, REPORT).status());
    assertEquals("ILLEGAL_REQUEST 2400 cc 00 01", set(a, "1=00").status());
    unit.portGroups().start(setup(AluaMode.EXPLICIT, 1));
    assertEquals("GOOD", set(a, "1=00").status());
  }

  // --- what each state allows: every command is tried in StateRuleTest

  @ParameterizedTest
  @CsvSource({"STANDBY, 040b, 00", "UNAVAILABLE, 040c, 20", "OFFLINE, 0412, 20"})
  void closedPath_refusesWithItsSense_andTheOtherGoesOn(
      AccessState state, String asc, String peripheral) {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1, 2);
    Initiator a = fixture.ready("a", 1);
    Initiator b = fixture.ready("b", 2);
    change(unit, 2, state);
    assertEquals("UNIT_ATTENTION 2a06", b.send(0, READ).status());
    assertEquals("NOT_READY " + asc, b.send(0, READ).status());
    assertEquals("NOT_READY " + asc, b.send(0, WRITE, "00".repeat(512)).status());
    assertEquals(asc, b.send(0, REQUEST_SENSE).data().replace(" ", "").substring(24, 28));
    assertEquals(peripheral, b.send(0, INQUIRY).data().substring(0, 2));
    assertEquals(peripheral, b.send(0, "12 01 83 00 ff 00").data().substring(0, 2));
    assertEquals("UNIT_ATTENTION 2a06", a.send(0, READ).status());
    assertEquals("GOOD", a.send(0, READ).status());
    assertEquals("00", a.send(0, INQUIRY).data().substring(0, 2));
    change(unit, 2, AccessState.ACTIVE_NON_OPTIMIZED);
    assertEquals("UNIT_ATTENTION 2a06", b.send(0, READ).status());
    assertEquals("GOOD", b.send(0, READ).status());
  }

  @Test
  void closedPath_comesBeforeAReservation_butAfterAnAttention() {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1, 2);
    Initiator a = fixture.ready("a", 1);
    Initiator b = fixture.ready("b", 2);
    assertEquals("GOOD", a.send(0, "16 00 00 00 00 00").status());
    assertEquals("RESERVATION_CONFLICT", b.send(0, READ).status());
    change(unit, 2, AccessState.STANDBY);
    assertEquals("UNIT_ATTENTION 2a06", b.send(0, READ).status());
    assertEquals("NOT_READY 040b", b.send(0, READ).status());
  }

  // --- explicit changes

  @Test
  void set_tellsEveryNexusButTheOneThatDidIt() {
    unit(AluaMode.EXPLICIT, 1, 2);
    Initiator a = fixture.ready("a", 1);
    Initiator sameHostOtherPath = fixture.ready("a", 2);
    Initiator b = fixture.ready("b", 1);
    assertEquals("GOOD", set(a, "1=01", "2=02").status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2a06", b.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", b.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2a06", sameHostOtherPath.send(0, TEST_UNIT_READY).status());
    assertEquals("NOT_READY 040b", sameHostOtherPath.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", set(sameHostOtherPath, "2=00").status());
    assertEquals("GOOD", sameHostOtherPath.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void set_toWhatThereIs_tellsNobody() {
    unit(AluaMode.EXPLICIT, 1, 2);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    assertEquals("GOOD", set(a, "1=00", "2=00").status());
    assertEquals("GOOD", b.send(0, TEST_UNIT_READY).status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # list length and list                     | answer
          00 | ''                                    | GOOD
          04 | 00 00 00 00                           | GOOD
          03 | 00 00 00                              | ILLEGAL_REQUEST 2400 cf 00 06
          06 | 00 00 00 00 00 00                     | ILLEGAL_REQUEST 2400 cf 00 06
          08 | 00 00 00 00 02 00                     | ILLEGAL_REQUEST 1a00
          08 | 00 00 00 00 04 00 00 01               | ILLEGAL_REQUEST 2600 8b 00 04
          08 | 00 00 00 00 05 00 00 01               | ILLEGAL_REQUEST 2600 8b 00 04
          08 | 00 00 00 00 0f 00 00 01               | ILLEGAL_REQUEST 2600 8b 00 04
          08 | 00 00 00 00 00 00 00 03               | ILLEGAL_REQUEST 2600 8f 00 06
          0c | 00 00 00 00 02 00 00 01 01 00 00 01   | ILLEGAL_REQUEST 2600 8f 00 0a
          0c | 00 00 00 00 02 00 00 01 04 00 00 02   | ILLEGAL_REQUEST 2600 8b 00 08
          """)
  void set_ofAWrongList_isRefusedWhole(String length, String list, String answer) {
    unit(AluaMode.EXPLICIT, 1, 2);
    Initiator a = fixture.ready("a");
    String before = a.send(0, REPORT).data();
    assertEquals(
        answer, a.send(0, "a4 0a 00 00 00 00 00 00 00 %s 00 00".formatted(length), list).status());
    assertEquals(before, a.send(0, REPORT).data());
  }

  @Test
  void set_longerThanThereCanBeGroups_isRefused() {
    unit(AluaMode.EXPLICIT, 1);
    assertEquals(
        "ILLEGAL_REQUEST 2400 cf 00 06",
        fixture.ready("a").send(0, "a4 0a 00 00 00 00 7f ff ff fc 00 00", "00").status());
  }

  @Test
  void set_underSomebodysReservation_conflicts() {
    unit(AluaMode.EXPLICIT, 1);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    a.send(0, "16 00 00 00 00 00");
    assertEquals("RESERVATION_CONFLICT", set(b, "1=01").status());
    assertEquals("GOOD", set(a, "1=01").status());
  }

  // --- the document

  @Test
  void document_changed_rulesOverWhatWasSetBefore() {
    LogicalUnit unit = unit(AluaMode.BOTH, 1, 2);
    Initiator a = fixture.ready("a");
    assertEquals("GOOD", set(a, "1=01", "2=02").status());
    var standby = new PortGroupSetup.Default(AccessState.UNAVAILABLE, true);
    await(
        unit.portGroups()
            .change(
                new PortGroupSetup(
                    AluaMode.BOTH, new TreeSet<>(Set.of(1, 2)), Map.of(2, standby))));
    assertEquals("UNIT_ATTENTION 2a06", a.send(0, REPORT).status());
    assertEquals(
        "00 00 00 18 01 cf 00 01 00 01 00 01 00 00 00 01 83 cf 00 02 00 02 00 01 00 00 00 02",
        a.send(0, REPORT).data());
    await(unit.portGroups().change(setup(AluaMode.BOTH, 1, 2)));
    assertEquals(AccessState.ACTIVE_OPTIMIZED, unit.portGroups().reachable().get(2).state());
    assertEquals(AccessState.ACTIVE_NON_OPTIMIZED, unit.portGroups().reachable().get(1).state());
  }

  @Test
  void document_withAnotherMode_tellsOfTheInquiryData() {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1);
    Initiator a = fixture.ready("a");
    await(unit.portGroups().change(setup(AluaMode.BOTH, 1)));
    var told = List.of(a.send(0, READ).status(), a.send(0, READ).status());
    assertEquals(Set.of("UNIT_ATTENTION 2a06", "UNIT_ATTENTION 3f03"), Set.copyOf(told));
    await(unit.portGroups().change(setup(AluaMode.BOTH, 1)));
    assertEquals("GOOD", a.send(0, READ).status());
  }

  @Test
  void document_turningItOff_opensEveryPath() {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1);
    Initiator a = fixture.ready("a");
    change(unit, 1, AccessState.OFFLINE);
    await(unit.portGroups().change(setup(AluaMode.OFF, 1)));
    a.send(0, READ);
    a.send(0, READ);
    assertEquals("GOOD", a.send(0, READ).status());
  }

  @Test
  void setBack_toTheDocuments_isForgotten() {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1, 2);
    change(unit, 2, AccessState.STANDBY);
    assertEquals(
        "{\"groups\":{\"2\":{\"state\":\"standby\",\"over\":\"active-optimized\","
            + "\"by\":\"administrator\"}}}",
        unit.memory().recall("alua").orElseThrow().encode());
    await(unit.portGroups().changeImplicitly(2, Optional.empty()));
    assertEquals("{\"groups\":{}}", unit.memory().recall("alua").orElseThrow().encode());
  }

  // --- memory

  /// A unit as the groups see it, that ends commands when the test says so.
  private static final class FakeUnit implements TargetPortGroups.Unit {
    final Context owner;
    final List<Asc> told = new ArrayList<>();
    final UnitMemory memory;
    Future<Void> ended = Future.succeededFuture();

    FakeUnit(Context owner, UnitMemory memory) {
      this.owner = owner;
      this.memory = memory;
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public Context owner() {
      return owner;
    }

    @Override
    public UnitMemory memory() {
      return memory;
    }

    @Override
    public void attention(Asc asc, Predicate<Nexus> whose) {
      told.add(asc);
    }

    @Override
    public Future<Void> commandsEnded(Predicate<Nexus.Id> whose) {
      return ended;
    }
  }

  private static TargetPortGroups.ChangeFailed failure(Future<Void> change) {
    return assertInstanceOf(
        TargetPortGroups.ChangeFailed.class,
        await(change.transform(result -> Future.succeededFuture(result.cause()))));
  }

  private static AccessState stateOf(TargetPortGroups groups, int group) {
    return groups.reachable().get(group).state();
  }

  @Test
  void restart_keepsWhatWasSet_whileTheDocumentSaysTheSame() {
    var memory = UnitMemory.volatileMemory();
    var first = new TargetPortGroups(new FakeUnit(fixture.context(), memory));
    first.start(setup(AluaMode.BOTH, 1, 2));
    await(first.changeImplicitly(2, Optional.of(AccessState.STANDBY)));

    var second = new TargetPortGroups(new FakeUnit(fixture.context(), memory));
    second.start(setup(AluaMode.BOTH, 1, 2));
    assertEquals(AccessState.STANDBY, stateOf(second, 2));
    assertEquals(ChangedBy.ADMINISTRATOR, second.reachable().get(2).changedBy());
    second.start(
        new PortGroupSetup(
            AluaMode.BOTH,
            new TreeSet<>(Set.of(1, 2)),
            Map.of(2, new PortGroupSetup.Default(AccessState.ACTIVE_NON_OPTIMIZED, false))));
    assertEquals(AccessState.ACTIVE_NON_OPTIMIZED, stateOf(second, 2));
  }

  @Test
  void memory_thatCannotBeRead_isTheDocumentsState() {
    var memory = UnitMemory.volatileMemory();
    await(
        memory.keep(
            "alua",
            new JsonObject(
                """
                {"groups": {"1": {"state": "sideways", "over": "active-optimized", "by": "initiator"},
                            "x": {}, "2": {"state": "standby", "over": "active-optimized", "by": "initiator"}}}
                """)));
    var groups = new TargetPortGroups(new FakeUnit(fixture.context(), memory));
    groups.start(setup(AluaMode.BOTH, 1, 2));
    assertEquals(AccessState.ACTIVE_OPTIMIZED, stateOf(groups, 1));
    assertEquals(AccessState.STANDBY, stateOf(groups, 2));
  }

  @Test
  void memory_thatFails_failsTheChange() {
    var unit =
        new FakeUnit(
            fixture.context(),
            new UnitMemory() {
              @Override
              public Optional<JsonObject> recall(String part) {
                return Optional.empty();
              }

              @Override
              public Future<Void> keep(String part, JsonObject value) {
                return Future.failedFuture("disk full");
              }
            });
    var groups = new TargetPortGroups(unit);
    groups.start(setup(AluaMode.BOTH, 1));
    var failure = failure(groups.changeImplicitly(1, Optional.of(AccessState.STANDBY)));
    assertTrue(failure.getMessage().contains("disk full"), failure.getMessage());
    assertFalse(failure.busy);
    assertEquals(AccessState.ACTIVE_OPTIMIZED, stateOf(groups, 1));
    assertEquals(List.of(Asc.IMPLICIT_ASYMMETRIC_ACCESS_STATE_TRANSITION_FAILED), unit.told);
  }

  // --- transitions

  @Test
  void transition_thatDoesNotDrain_isTakenBack() {
    var unit = new FakeUnit(fixture.context(), UnitMemory.volatileMemory());
    unit.ended = Promise.<Void>promise().future();
    var groups = new TargetPortGroups(unit, 1);
    groups.start(setup(AluaMode.BOTH, 1));
    failure(groups.changeImplicitly(1, Optional.of(AccessState.STANDBY)));
    assertEquals(AccessState.ACTIVE_OPTIMIZED, stateOf(groups, 1));
    assertEquals(Optional.empty(), unit.memory.recall("alua"));
  }

  @Test
  void transitions_beyondTheBound_areBusy() {
    var unit = new FakeUnit(fixture.context(), UnitMemory.volatileMemory());
    var end = Promise.<Void>promise();
    unit.ended = end.future();
    var groups = new TargetPortGroups(unit);
    groups.start(setup(AluaMode.BOTH, 1));
    var changes = new ArrayList<Future<Void>>();
    for (int i = 0; i < 64; i++) {
      changes.add(groups.changeImplicitly(1, Optional.of(AccessState.STANDBY)));
    }
    var refused = failure(groups.changeImplicitly(1, Optional.of(AccessState.OFFLINE)));
    assertTrue(refused.busy);
    end.complete();
    await(Future.all(changes));
    assertEquals(AccessState.STANDBY, stateOf(groups, 1));
  }

  /// Begins a command on its nexus' loop.
  private static Future<Step> begin(Initiator initiator, String cdb, int dataOutLength) {
    Promise<Step> step = Promise.promise();
    initiator
        .nexus
        .context()
        .runOnContext(_ -> step.complete(initiator.begin(0, cdb, dataOutLength)));
    return step.future();
  }

  private DelayLayer delayed(LogicalUnit[] unit) {
    var layer = new DelayLayer(null, new MemoryStore(ScsiFixture.BYTES), DelayLayer.Delays.NONE);
    unit[0] = fixture.addUnit(0, PROFILE, layer);
    unit[0].portGroups().start(setup(AluaMode.BOTH, 1, 2));
    return layer;
  }

  @Test
  void transition_waitsForAWrite_andRefusesNewCommandsMeanwhile() {
    var units = new LogicalUnit[1];
    DelayLayer layer = delayed(units);
    Initiator a = fixture.ready("a", 1);
    Initiator b = fixture.ready("b", 2);
    layer.hold(Traffic.WRITES);
    var needs = (Step.NeedsData) await(begin(b, WRITE, 512));
    var write = ScsiFixture.on(b.nexus.context(), () -> gather(needs));
    assertEquals(1, layer.heldCount(Traffic.WRITES));

    var change = units[0].portGroups().changeImplicitly(2, Optional.of(AccessState.STANDBY));
    awaitState(units[0], 2, AccessState.TRANSITIONING);
    assertEquals("NOT_READY 040a", b.send(0, READ).status());
    assertEquals("NOT_READY 040a", set(b, "2=00").status());
    assertEquals("GOOD", b.send(0, "a0 00 00 00 00 00 00 00 00 10 00 00").status());
    assertEquals("0f", b.send(0, REPORT).data().split(" ", 18)[16]);
    assertEquals("GOOD", a.send(0, READ).status());
    assertFalse(change.isComplete());

    layer.release(Traffic.WRITES);
    await(change);
    assertEquals("GOOD", Answer.of(await(write)).status());
    assertEquals("UNIT_ATTENTION 2a06", b.send(0, READ).status());
    assertEquals("NOT_READY 040b", b.send(0, READ).status());
  }

  /// Gives a write its data; what is answered completes at once, with what it waits for inside.
  private static Future<Future<Completion>> gather(Step.NeedsData needs) {
    var next = needs.then().apply(Unpooled.buffer(512).writeZero(512));
    return Future.succeededFuture(
        switch (next) {
          case Step.Running running -> running.completion();
          case Step.Done done -> Future.succeededFuture(done.completion());
          case Step.NeedsData _ -> throw new AssertionError("more data");
        });
  }

  private static void awaitState(LogicalUnit unit, int group, AccessState state) {
    while (unit.portGroups().reachable().get(group).state() != state) {
      Thread.onSpinWait();
    }
  }

  @Test
  void write_whoseDataComesAfterTheTransition_writesNothing() {
    var units = new LogicalUnit[1];
    delayed(units);
    Initiator b = fixture.ready("b", 2);
    var needs = (Step.NeedsData) await(begin(b, WRITE, 512));
    change(units[0], 2, AccessState.STANDBY);
    var data = Unpooled.buffer(512).writeZero(512);
    var answer =
        (Step.Done)
            await(
                ScsiFixture.on(
                    b.nexus.context(),
                    () ->
                        Future.succeededFuture(Future.succeededFuture(needs.then().apply(data)))));
    assertEquals("NOT_READY 040b", Answer.of(answer.completion()).status());
    assertEquals(0, data.refCnt());
    assertEquals(0, units[0].gate().counters().writeOperations());
  }

  @Test
  void transition_waitsForTheWriteOfANexusThatIsGone() {
    var units = new LogicalUnit[1];
    DelayLayer layer = delayed(units);
    Initiator b = fixture.ready("b", 2);
    layer.hold(Traffic.WRITES);
    var needs = (Step.NeedsData) await(begin(b, WRITE, 512));
    var write = ScsiFixture.on(b.nexus.context(), () -> gather(needs));
    fixture.target().detach(b.nexus);
    var change = units[0].portGroups().changeImplicitly(2, Optional.of(AccessState.STANDBY));
    awaitState(units[0], 2, AccessState.TRANSITIONING);
    assertFalse(change.isComplete());
    layer.release(Traffic.WRITES);
    await(change);
    assertEquals("GOOD", Answer.of(await(write)).status());
  }

  @Test
  void transition_stopsWhatCopiesDoForTheNexus_andNoOthers() {
    LogicalUnit unit = unit(AluaMode.IMPLICIT, 1, 2);
    Initiator a = fixture.ready("a", 1);
    Initiator b = fixture.ready("b", 2);
    var stopped = new ArrayList<String>();
    begin(unit, a, stopped);
    begin(unit, b, stopped);
    change(unit, 2, AccessState.STANDBY);
    assertEquals(List.of("b"), stopped);
    assertEquals(Optional.empty(), unit.admission().refusalOf(a.nexus.id(), Access.WRITES_MEDIUM));
    assertEquals(
        "NOT_READY 040b",
        Answer.of(unit.admission().refusalOf(b.nexus.id(), Access.WRITES_MEDIUM).orElseThrow())
            .status());
  }

  private static void begin(LogicalUnit unit, Initiator initiator, List<String> stopped) {
    Nexus.Id as = initiator.nexus.id();
    unit.aborts()
        .begin(
            () -> {
              stopped.add(as.initiatorName());
              return Future.succeededFuture();
            },
            as);
  }
}
