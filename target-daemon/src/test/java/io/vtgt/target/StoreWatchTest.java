package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vtgt.scsi.alua.AluaMode;
import io.vtgt.scsi.alua.PortGroupSetup;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit.Profile;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A store that goes away, comes back and changes under a unit that is served.
class StoreWatchTest {
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00",
      READ_ONE_BLOCK = "28 00 00 00 00 00 00 00 01 00",
      READ_CAPACITY_10 = "25 00 00 00 00 00 00 00 00 00",
      REPORT_TARGET_PORT_GROUPS = "a3 0a 00 00 00 00 00 00 00 ff 00 00",
      INQUIRY = "12 00 00 00 24 00";

  /// A medium that something happens to when the test says so.
  private static final class Restless extends Layer {
    private volatile StoreListener listener = StoreListener.NONE;
    private volatile Geometry geometry = super.geometry();

    Restless() {
      super(new MemoryStore(ScsiFixture.BYTES));
    }

    @Override
    public Geometry geometry() {
      return geometry;
    }

    @Override
    public void listen(StoreListener next) {
      listener = next;
    }
  }

  private final ScsiFixture fixture = new ScsiFixture();
  private final Restless store = new Restless();
  private final List<String> announced = new CopyOnWriteArrayList<>();
  private LogicalUnit unit;
  private Initiator initiator;

  @AfterEach
  void close() {
    fixture.close();
  }

  private void serve(AwayPolicy policy, AluaMode alua) {
    unit = fixture.addUnit(0, with(policy), store);
    unit.announce((_, severity, words) -> announced.add(severity + " " + words));
    unit.portGroups().start(new PortGroupSetup(alua, new TreeSet<>(List.of(1)), Map.of()));
    initiator = fixture.ready("a");
  }

  private static Profile with(AwayPolicy policy) {
    Profile p = ScsiFixture.PROFILE;
    return new Profile(
        p.name(),
        p.uuid(),
        p.naa(),
        p.serial(),
        p.vendor(),
        p.product(),
        p.revision(),
        p.blockBytes(),
        p.physicalBlockBytes(),
        p.thin(),
        p.unmapCommand(),
        p.maxCompareAndWriteBlocks(),
        p.removable(),
        p.readOnly(),
        p.rotationRate(),
        p.scsiId(),
        p.online(),
        p.lowestAlignedBlock(),
        p.optimalTransferBlocks(),
        p.optimalTransferGranularityBlocks(),
        p.thinThreshold(),
        p.longCdbs(),
        policy);
  }

  private void become(StoreState.Kind kind) {
    store.listener.stateChanged(
        kind == StoreState.Kind.USABLE ? StoreState.USABLE : new StoreState(kind, "it is so"));
    settled();
  }

  /// What the owner was told to do is done.
  private void settled() {
    ScsiFixture.on(unit.owner(), Future::succeededFuture);
  }

  private String send(String cdb) {
    return initiator.send(0, cdb).status();
  }

  @ParameterizedTest
  @CsvSource({
    "WAIT, UNREACHABLE, GOOD",
    "WAIT, FENCED, NOT_READY 0401",
    "WAIT, LOCKED_BY_ANOTHER, NOT_READY 0401",
    "WAIT, GONE, NOT_READY 0403",
    "FAIL, UNREACHABLE, NOT_READY 0400",
    "FAIL, FENCED, NOT_READY 0400",
    "FAIL, LOCKED_BY_ANOTHER, NOT_READY 0400",
    "FAIL, GONE, NOT_READY 0403",
    "STANDBY, UNREACHABLE, NOT_READY 0400",
  })
  void awayStore_perPolicy_endsCommandsForTheMediumOnly(
      AwayPolicy policy, StoreState.Kind kind, String expected) {
    serve(policy, AluaMode.OFF);
    become(kind);
    assertEquals(expected, send(TEST_UNIT_READY));
    assertEquals(expected, send(READ_ONE_BLOCK));
    assertEquals("GOOD", send(INQUIRY));

    become(StoreState.Kind.USABLE);
    if (!expected.equals("GOOD")) {
      assertEquals("UNIT_ATTENTION 2800", send(TEST_UNIT_READY));
    }
    assertEquals("GOOD", send(READ_ONE_BLOCK));
    assertEquals(
        List.of("ERROR its store cannot be used: it is so", "INFO its store can be used again"),
        announced);
  }

  @Test
  void awayStore_withStandby_putsEveryPathInStandbyAndBack() {
    serve(AwayPolicy.STANDBY, AluaMode.IMPLICIT);
    become(StoreState.Kind.UNREACHABLE);
    assertEquals("UNIT_ATTENTION 2a06", send(TEST_UNIT_READY));
    assertEquals("NOT_READY 040b", send(TEST_UNIT_READY));
    assertEquals("NOT_READY 040b", send(READ_ONE_BLOCK));
    assertTrue(
        initiator.send(0, REPORT_TARGET_PORT_GROUPS).data().startsWith("00 00 00 0c 02"),
        "standby is reported");

    become(StoreState.Kind.USABLE);
    assertEquals("UNIT_ATTENTION 2a06", send(TEST_UNIT_READY));
    assertEquals("UNIT_ATTENTION 2800", send(TEST_UNIT_READY));
    assertEquals("GOOD", send(READ_ONE_BLOCK));
    assertTrue(
        initiator.send(0, REPORT_TARGET_PORT_GROUPS).data().startsWith("00 00 00 0c 00"),
        "active is reported");
  }

  @Test
  void policy_changedWhileTheStoreIsAway_holdsAtOnce() {
    serve(AwayPolicy.WAIT, AluaMode.IMPLICIT);
    become(StoreState.Kind.UNREACHABLE);
    assertEquals("GOOD", send(READ_ONE_BLOCK));
    ScsiFixture.await(new Upkeep(unit).change(with(AwayPolicy.STANDBY), ModeSettings.INITIAL));
    assertEquals("UNIT_ATTENTION 2a06", send(TEST_UNIT_READY));
    assertEquals("NOT_READY 040b", send(READ_ONE_BLOCK));
    ScsiFixture.await(new Upkeep(unit).change(with(AwayPolicy.FAIL), ModeSettings.INITIAL));
    assertEquals("UNIT_ATTENTION 2a06", send(TEST_UNIT_READY));
    assertEquals("NOT_READY 0400", send(READ_ONE_BLOCK));
  }

  @Test
  void medium_resizedFromOutside_isToldToEveryInitiator() {
    serve(AwayPolicy.WAIT, AluaMode.OFF);
    Initiator other = fixture.ready("b");
    store.geometry = store.geometry.withBytes(2 * ScsiFixture.BYTES);
    store.listener.resized(store.geometry);
    settled();
    assertEquals("UNIT_ATTENTION 2a09", send(TEST_UNIT_READY));
    assertEquals("UNIT_ATTENTION 2a09", other.send(0, TEST_UNIT_READY).status());
    assertEquals("00 00 0f ff 00 00 02 00", initiator.send(0, READ_CAPACITY_10).data());
    assertEquals(List.of("INFO its medium has 2097152 bytes now"), announced);
  }
}
