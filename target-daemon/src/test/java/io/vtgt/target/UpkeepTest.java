package io.vtgt.target;

import static io.vtgt.target.ScsiFixture.await;
import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.Layer;
import io.vtgt.store.Snapshots;
import io.vtgt.store.SnapshotsBelow;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.Stores.LayerSpec;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit.Profile;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A unit is changed under the eyes of an initiator that stays logged in.
class UpkeepTest {
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00",
      INQUIRY = "12 00 00 00 60 00",
      BLOCK_LIMITS = "12 01 b0 00 40 00",
      PROVISIONING = "12 01 b2 00 08 00",
      IDENTIFICATION = "12 01 83 00 ff 00",
      READ_CAPACITY_16 = "9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00",
      CACHING_PAGE = "1a 08 08 00 ff 00",
      THRESHOLDS_PAGE = "1a 08 1c 02 ff 00",
      WRITE_ONE_BLOCK = "2a 00 00 00 00 00 00 00 01 00",
      PREVENT = "1e 00 00 00 01 00",
      BLOCK = "5a".repeat(512);
  private static final String INQUIRY_CHANGED = "UNIT_ATTENTION 3f03",
      MODE_CHANGED = "UNIT_ATTENTION 2a01",
      CAPACITY_CHANGED = "UNIT_ATTENTION 2a09",
      READY_CHANGED = "UNIT_ATTENTION 2800",
      THRESHOLD_REACHED = "UNIT_ATTENTION 3807";

  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private LogicalUnit unit;
  private Initiator initiator;

  private void serve(Profile profile) {
    serve(profile, new MemoryStore(ScsiFixture.BYTES));
  }

  private void serve(Profile profile, MemoryStore store) {
    unit = fixture.addUnit(0, profile, store);
    initiator = fixture.ready("a");
  }

  private String send(String cdb) {
    return initiator.send(0, cdb).status();
  }

  private String write() {
    return initiator.send(0, WRITE_ONE_BLOCK, BLOCK).status();
  }

  private void change(Profile next) {
    change(next, ModeSettings.INITIAL);
  }

  private void change(Profile next, ModeSettings mode) {
    await(new Upkeep(unit).change(next, mode));
  }

  /// The attentions that are pending, in their order.
  private void assertTold(String... attentions) {
    for (String attention : attentions) {
      assertEquals(attention, send(TEST_UNIT_READY));
    }
    assertEquals("GOOD", send(TEST_UNIT_READY));
  }

  private static Profile with(
      Profile was,
      String vendor,
      String scsiId,
      int lowestAligned,
      int optimal,
      int granularity,
      boolean online,
      ThinThreshold threshold) {
    return new Profile(
        was.name(),
        was.uuid(),
        was.naa(),
        was.serial(),
        vendor,
        was.product(),
        was.revision(),
        was.blockBytes(),
        was.physicalBlockBytes(),
        was.thin(),
        was.unmapCommand(),
        was.maxCompareAndWriteBlocks(),
        was.removable(),
        was.readOnly(),
        was.rotationRate(),
        scsiId,
        online,
        lowestAligned,
        optimal,
        granularity,
        threshold,
        was.longCdbs(),
        was.whenStoreIsAway());
  }

  private static Profile online(boolean online) {
    return with(ScsiFixture.PROFILE, "VTGT", "SERIAL-1", 0, 0, 0, online, ThinThreshold.NONE);
  }

  private static Profile warning(ThinThreshold threshold) {
    return with(ScsiFixture.PROFILE, "VTGT", "SERIAL-1", 0, 0, 0, true, threshold);
  }

  @Test
  void nothing_changed_isNotTold() {
    serve(ScsiFixture.PROFILE);
    change(profile(true, false, false));
    assertTold();
  }

  @Test
  void readOnly_setAndTakenBack_refusesWritesMeanwhile() {
    serve(ScsiFixture.PROFILE);
    assertEquals("GOOD", write());
    change(profile(true, false, true));
    assertTold(MODE_CHANGED);
    assertEquals("DATA_PROTECT 2700", write());
    change(profile(true, false, false));
    assertTold(MODE_CHANGED);
    assertEquals("GOOD", write());
  }

  private void layers(String... kinds) {
    var specs = Arrays.stream(kinds).map(it -> new LayerSpec(it, Map.of())).toList();
    await(new Upkeep(unit).restack(() -> unit.gate().restack(specs, _ -> Optional.empty())));
  }

  @Test
  void layers_changed_areToldWhereTheUnitIsAnotherToInitiators() {
    serve(ScsiFixture.PROFILE);
    assertEquals("GOOD", write());
    layers("delay");
    assertTold();
    assertEquals("GOOD", write());
    layers("delay", "readonly");
    assertTold(MODE_CHANGED);
    assertEquals("DATA_PROTECT 2700", write());
    layers();
    assertTold(MODE_CHANGED);
    assertEquals("GOOD", write());
  }

  @Test
  void thin_switchedOff_isToldAndUnmapIsUnknown() {
    serve(ScsiFixture.PROFILE);
    change(profile(false, false, false));
    assertTold(INQUIRY_CHANGED, CAPACITY_CHANGED);
    assertEquals(
        "ILLEGAL_REQUEST 2000", initiator.send(0, "42 00 00 00 00 00 00 00 08 00").status());
    assertEquals("00", initiator.send(0, READ_CAPACITY_16).data().split(" ", -1)[14]);
  }

  @Test
  void identityAndTransfers_changed_areInTheirPages() {
    serve(ScsiFixture.PROFILE);
    change(with(ScsiFixture.PROFILE, "ACME", "ID-7", 7, 2048, 64, true, ThinThreshold.NONE));
    assertTold(INQUIRY_CHANGED, CAPACITY_CHANGED);
    assertTrue(initiator.send(0, INQUIRY).data().contains("41 43 4d 45 20 20 20 20"));
    assertTrue(
        initiator
            .send(0, IDENTIFICATION)
            .data()
            .contains("41 43 4d 45 20 20 20 20 49 44 2d 37")); // ACME, ID-7
    String limits = initiator.send(0, BLOCK_LIMITS).data();
    assertEquals("00 40", limits.substring(3 * 6, 3 * 8 - 1)); // granularity
    assertEquals("00 00 08 00", limits.substring(3 * 12, 3 * 16 - 1)); // optimal transfer length
    String capacity = initiator.send(0, READ_CAPACITY_16).data();
    assertEquals("c0 07", capacity.substring(3 * 14, 3 * 16 - 1)); // LBPME, LBPRZ, lowest aligned
  }

  @Test
  void online_switchedOffAndOn_isNotReadyMeanwhile() {
    serve(ScsiFixture.PROFILE);
    change(online(false));
    assertEquals("NOT_READY 0412", send(TEST_UNIT_READY));
    assertEquals("NOT_READY 0412", write());
    assertEquals("GOOD", send(INQUIRY));
    change(online(true));
    assertTold(READY_CHANGED);
    assertEquals("GOOD", write());
  }

  @Test
  void modeAtFirst_changed_isTakenAtOnceAndByAReset() {
    serve(ScsiFixture.PROFILE);
    change(ScsiFixture.PROFILE, ModeSettings.INITIAL.withWriteCacheEnabled(false));
    assertTold(MODE_CHANGED);
    assertFalse(unit.state().mode().writeCacheEnabled());
    assertEquals("00", initiator.send(0, CACHING_PAGE).data().split(" ", -1)[6]);
    await(fixture.target().resetUnit(initiator.nexus, Lun.of(0)));
    assertFalse(unit.state().mode().writeCacheEnabled());
  }

  @Test
  void modeAtFirst_changedElsewhere_leavesWhatAnInitiatorHasSet() {
    serve(ScsiFixture.PROFILE);
    assertEquals(
        "GOOD",
        initiator
            .send(0, "15 10 00 00 10 00", "00 00 00 00 0a 0a 02 10 08 00 00 00 00 00 00 00")
            .status());
    assertEquals("DATA_PROTECT 2702", write());
    change(ScsiFixture.PROFILE, ModeSettings.INITIAL.withTaskAbortedStatus(true));
    assertTold(MODE_CHANGED);
    assertTrue(unit.state().mode().softwareWriteProtect());
    assertTrue(unit.state().mode().taskAbortedStatus());
  }

  @Test
  void medium_ejectedByTheOperator_isGoneUntilItIsLoaded() {
    serve(profile(true, true, false));
    await(new Upkeep(unit).eject(false));
    assertEquals("NOT_READY 3a00", send(TEST_UNIT_READY));
    await(new Upkeep(unit).eject(false));
    await(new Upkeep(unit).load());
    assertTold(READY_CHANGED);
    await(new Upkeep(unit).load());
    assertTold();
  }

  @Test
  void medium_thatAnInitiatorHolds_isEjectedByForceOnly() {
    serve(profile(true, true, false));
    assertEquals("GOOD", send(PREVENT));
    assertRefused("an initiator prevents that its medium is removed", false);
    assertTold();
    await(new Upkeep(unit).eject(true));
    assertEquals("NOT_READY 3a00", send(TEST_UNIT_READY));
  }

  @Test
  void medium_thatIsNotRemovable_staysByForceToo() {
    serve(ScsiFixture.PROFILE);
    assertRefused("its medium is not removable", true);
    assertTold();
  }

  private void assertRefused(String why, boolean force) {
    var refused = assertThrows(AssertionError.class, () -> await(new Upkeep(unit).eject(force)));
    assertEquals(why, refused.getCause().getMessage());
  }

  @Test
  void removable_takenBackWithoutMedium_hasItsMedium() {
    serve(profile(true, true, false));
    await(new Upkeep(unit).eject(false));
    change(profile(true, false, false));
    assertTold(READY_CHANGED, INQUIRY_CHANGED);
  }

  @Test
  void size_changed_isToldAndMeasured() {
    serve(ScsiFixture.PROFILE);
    await(new Upkeep(unit).resize(2 * ScsiFixture.BYTES));
    assertTold(CAPACITY_CHANGED);
    assertEquals("GOOD", initiator.send(0, "28 00 00 00 0f ff 00 00 01 00").status());
    await(new Upkeep(unit).resize(ScsiFixture.BYTES));
    assertTold(CAPACITY_CHANGED);
    assertEquals(
        "ILLEGAL_REQUEST 2100", initiator.send(0, "28 00 00 00 0f ff 00 00 01 00").status());
  }

  @Test
  void rollback_underALoggedInInitiator_isRefusedUnlessForced() {
    serve(ScsiFixture.PROFILE);
    assertEquals("GOOD", write());
    await(unit.gate().snapshots().orElseThrow().create("a"));
    assertEquals("GOOD", initiator.send(0, WRITE_ONE_BLOCK, "a5".repeat(512)).status());
    var refused = assertThrows(AssertionError.class, () -> await(rollback("a", false)));
    assertEquals(
        "1 session sees it, and what is mounted there would be corrupted: log out first, or force"
            + " it",
        refused.getCause().getMessage());
    assertTold();
    await(rollback("a", true));
    assertTold(READY_CHANGED);
    assertEquals(BLOCK, initiator.send(0, "28 00 00 00 00 00 00 00 01 00").data().replace(" ", ""));
  }

  @Test
  void rollback_toAnotherSize_isToldToo() {
    serve(ScsiFixture.PROFILE);
    await(unit.gate().snapshots().orElseThrow().create("a"));
    await(new Upkeep(unit).resize(2 * ScsiFixture.BYTES));
    assertTold(CAPACITY_CHANGED);
    await(rollback("a", true));
    assertTold(READY_CHANGED, CAPACITY_CHANGED);
    assertEquals(
        "ILLEGAL_REQUEST 2100", initiator.send(0, "28 00 00 00 0f ff 00 00 01 00").status());
  }

  @Test
  void rollback_toNoSnapshot_isRefusedAndNobodyIsTold() {
    serve(ScsiFixture.PROFILE);
    var refused = assertThrows(AssertionError.class, () -> await(rollback("a", true)));
    assertEquals("there is no snapshot \"a\"", refused.getCause().getMessage());
    assertTold();
  }

  @Test
  void rollback_ofAReservedUnit_keepsTheReservation() {
    serve(ScsiFixture.PROFILE);
    Initiator other = fixture.ready("b");
    assertEquals("GOOD", send("16 00 00 00 00 00"));
    await(unit.gate().snapshots().orElseThrow().create("a"));
    await(rollback("a", true));
    assertTold(READY_CHANGED);
    assertEquals("UNIT_ATTENTION 2800", other.send(0, TEST_UNIT_READY).status());
    assertEquals("RESERVATION_CONFLICT", other.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void rollback_thatTakesTooLong_isToldWhenItHasEnded() {
    Promise<Void> over = Promise.promise();
    var memory = new MemoryStore(ScsiFixture.BYTES);
    unit =
        fixture.addUnit(
            0,
            ScsiFixture.PROFILE,
            new Layer(memory) {
              @Override
              public Optional<Snapshots> snapshots() {
                return Optional.of(new Late(memory.snapshots().orElseThrow(), over.future()));
              }
            });
    initiator = fixture.ready("a");
    await(memory.snapshots().orElseThrow().create("a"));
    assertEquals("GOOD", write());
    unit.gate().options(new StoreGate.Options(16));
    var late = assertThrows(AssertionError.class, () -> await(rollback("a", true)));
    unit.gate().options(new StoreGate.Options(0));
    assertEquals(StoreFault.Kind.TIMEOUT, ((StoreFault) late.getCause()).kind());
    assertTold();
    over.complete();
    assertTold(READY_CHANGED);
    assertEquals(
        "00".repeat(512),
        initiator.send(0, "28 00 00 00 00 00 00 00 01 00").data().replace(" ", ""));
  }

  /// Snapshots of a store that rolls back when it is told to.
  private static final class Late extends SnapshotsBelow {
    private final Future<Void> when;

    Late(Snapshots snapshots, Future<Void> when) {
      super(snapshots);
      this.when = when;
    }

    @Override
    public Future<Void> rollback(String name) {
      return when.compose(_ -> super.rollback(name));
    }
  }

  private Future<Void> rollback(String snapshot, boolean force) {
    return new Upkeep(unit).rollback(snapshot, force);
  }

  @Test
  void mediumThatIsReadOnlyByItself_isWriteProtectedWhateverTheSettingsSay() {
    unit =
        fixture.addUnit(
            0,
            ScsiFixture.PROFILE,
            new Layer(new MemoryStore(ScsiFixture.BYTES)) {
              @Override
              public boolean writable() {
                return false;
              }
            });
    initiator = fixture.ready("a");
    assertEquals("DATA_PROTECT 2700", write());
    assertEquals("90", initiator.send(0, CACHING_PAGE).data().split(" ", -1)[2], "WP, DPOFUA");
    await(unit.gate().snapshots().orElseThrow().create("a"));
    var refused = assertThrows(AssertionError.class, () -> await(rollback("a", true)));
    assertEquals("its medium is opened read-only", refused.getCause().getMessage());
  }

  @Test
  void space_runsOut_isToldOnceAndAgainAfterItWasClear() {
    serve(
        warning(new ThinThreshold(50, 0)), new MemoryStore(8 << 20, 6 << 20)); // chunks of 256 KiB
    zeroes(0, 3 << 20);
    await(unit.spaceWatch().look());
    assertTold();
    zeroes(3 << 20, 1 << 20);
    await(unit.spaceWatch().look());
    assertTrue(unit.spaceWatch().thresholdReached());
    assertEquals(
        "its thin threshold is reached: 4MiB of 8MiB allocated, 2MiB free",
        unit.spaceWatch().describe(unit.spaceWatch().last()));
    assertTold(THRESHOLD_REACHED);
    await(unit.spaceWatch().look());
    assertTold();
    await(unit.gate().unmap(0, 512 << 10));
    await(unit.spaceWatch().look());
    assertFalse(unit.spaceWatch().thresholdReached());
    zeroes(0, 512 << 10);
    await(unit.spaceWatch().look());
    assertTold(THRESHOLD_REACHED);
  }

  @Test
  void spaceThatTakesLongToCount_isNotCountedAllTheTime() {
    var counts = new AtomicInteger();
    unit =
        fixture.addUnit(
            0,
            ScsiFixture.PROFILE,
            new Layer(new MemoryStore(ScsiFixture.BYTES)) {
              @Override
              public Future<Space> space() {
                return unit.owner()
                    .owner()
                    .timer(200, TimeUnit.MILLISECONDS)
                    .map(_ -> new Space(counts.incrementAndGet(), 0));
              }
            });
    await(Future.join(unit.spaceWatch().lookAgain(), unit.spaceWatch().lookAgain()));
    await(unit.spaceWatch().lookAgain());
    assertEquals(1, unit.spaceWatch().last().allocatedBytes());
    await(unit.spaceWatch().look());
    assertEquals(2, unit.spaceWatch().last().allocatedBytes());
  }

  @Test
  void spaceBelow_getsLow_isTold() {
    serve(warning(new ThinThreshold(0, 1 << 20)), new MemoryStore(8 << 20, 2 << 20));
    assertEquals("GOOD", write());
    await(unit.spaceWatch().look());
    assertTold();
    assertTrue(unit.spaceWatch().overcommitted());
    zeroes(0, (1 << 20) + (256 << 10));
    await(unit.spaceWatch().look());
    assertTold(THRESHOLD_REACHED);
  }

  private void zeroes(long offset, long length) {
    await(unit.gate().writeZeroes(offset, length, false));
  }

  @Test
  void thresholds_set_areInTheirPagesAndFollowTheSize() {
    serve(ScsiFixture.PROFILE, new MemoryStore(8 << 20));
    change(warning(new ThinThreshold(50, 3 << 20)));
    assertTold(MODE_CHANGED);
    assertEquals("0b", initiator.send(0, PROVISIONING).data().split(" ", -1)[4]); // sets of 1 MiB
    assertEquals("82 01 00 00 00 00 00 03 81 02 00 00 00 00 00 04", thresholds());
    assertEquals(
        "80", initiator.send(0, "1a 08 01 00 ff 00").data().split(" ", -1)[4 + 7]); // LBPERE
    change(warning(ThinThreshold.NONE));
    initiator.send(0, TEST_UNIT_READY);
    assertEquals("00", initiator.send(0, "1a 08 01 00 ff 00").data().split(" ", -1)[4 + 7]);
    change(warning(new ThinThreshold(50, 3 << 20)));
    await(new Upkeep(unit).resize(16 << 20));
    assertEquals("82 01 00 00 00 00 00 03 81 02 00 00 00 00 00 08", thresholds());
  }

  private String thresholds() {
    while (unit.gate() != null && !send(TEST_UNIT_READY).equals("GOOD")) {
      // what is pending is not asked about here
    }
    String page = initiator.send(0, THRESHOLDS_PAGE).data();
    assertEquals("5c 02 00 1c", page.substring(3 * 4, 3 * 8 - 1));
    return page.substring(3 * 20);
  }

  @Test
  void writes_withoutSpace_areWriteProtectedUntilThereIsSome() {
    serve(ScsiFixture.PROFILE, new MemoryStore(2 << 20, 256 << 10));
    assertEquals("GOOD", write());
    String far = "2a 00 00 00 08 00 00 00 01 00";
    assertEquals("DATA_PROTECT 2707", initiator.send(0, far, BLOCK).status());
    assertEquals("GOOD", write());
    assertEquals("GOOD", initiator.send(0, "28 00 00 00 08 00 00 00 01 00").status());
    await(unit.gate().unmap(0, 256 << 10));
    assertEquals("GOOD", initiator.send(0, far, BLOCK).status());
  }

  @Test
  void anchors_asked_areRefused() {
    serve(ScsiFixture.PROFILE);
    assertEquals(
        "ILLEGAL_REQUEST 2400",
        initiator.send(0, "42 01 00 00 00 00 00 00 08 00").status().substring(0, 20));
    assertEquals(
        "ILLEGAL_REQUEST 2400",
        initiator
            .send(0, "93 18 00 00 00 00 00 00 00 00 00 00 00 01 00 00", BLOCK)
            .status()
            .substring(0, 20));
    assertEquals(
        "e4 02", initiator.send(0, PROVISIONING).data().substring(3 * 5, 3 * 7 - 1)); // no ANC_SUP
  }
}
