package io.vtgt.target;

import static io.vtgt.target.ScsiFixture.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Promise;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TargetTest {
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00",
      INQUIRY = "12 00 00 00 24 00",
      REQUEST_SENSE = "03 00 00 00 ff 00",
      REPORT_LUNS = "a0 00 00 00 00 00 00 00 01 00 00 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final Target target = fixture.target();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void newNexus_isToldPowerOnOnceAtEveryUnit() {
    fixture.addUnit(0);
    fixture.addUnit(5);
    Initiator a = fixture.login("a");
    assertEquals("UNIT_ATTENTION 2900", a.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2900", a.send(5, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(5, TEST_UNIT_READY).status());
  }

  @Test
  void flatSpaceAddress_reachesTheSameUnit() {
    fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    assertEquals("GOOD", a.sendTo(0x4001_0000_0000_0000L, TEST_UNIT_READY, "").status());
    assertTrue(target.hasUnit(a.nexus, 0x4001_0000_0000_0000L));
    assertFalse(target.hasUnit(a.nexus, 0x0101_0000_0000_0000L));
  }

  @Test
  void missingUnit_answersAsTheStandardSays() {
    fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    assertEquals("ILLEGAL_REQUEST 2500", a.send(0, TEST_UNIT_READY).status());
    assertEquals("ILLEGAL_REQUEST 2500", a.send(2, "28 00 00 00 00 00 00 00 01 00").status());
    assertEquals("ILLEGAL_REQUEST 2500", a.send(0, "ff 00 00 00 00 00").status());
    assertTrue(a.send(0, INQUIRY).data().startsWith("7f 00 06 12 5b"));
    assertEquals("7f 00 00 01 00", a.send(0, "12 01 00 00 ff 00").data());
    assertEquals("ILLEGAL_REQUEST 2400 cf 00 02", a.send(0, "12 01 83 00 ff 00").status());
    assertEquals("ILLEGAL_REQUEST 2400 c9 00 01", a.send(0, "12 02 00 00 ff 00").status());
    assertEquals(
        "70 00 05 00 00 00 00 0a 00 00 00 00 25 00 00 00 00 00", a.send(0, REQUEST_SENSE).data());
    assertEquals("00 00 00 08 00 00 00 00 00 01 00 00 00 00 00 00", a.send(0, REPORT_LUNS).data());
    assertEquals(
        "00 00 00 08 00 00 00 00 00 01 00 00 00 00 00 00", a.sendTo(-1, REPORT_LUNS, "").data());
  }

  @Test
  void addedUnit_isAnnouncedOnTheOthersAndHasPowerOnPending() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    fixture.addUnit(1);
    assertEquals(List.of("event REPORTED_LUNS_DATA_HAS_CHANGED at unit 0"), a.transport.calls);
    assertEquals("UNIT_ATTENTION 3f0e", a.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2900", a.send(1, TEST_UNIT_READY).status());
  }

  @Test
  void changedInventory_isReportedOnOneUnitOnly() {
    fixture.addUnit(0);
    fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    fixture.addUnit(2);
    assertEquals("UNIT_ATTENTION 3f0e", a.send(1, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void reportLuns_clearsTheAttentionAboutThem() {
    fixture.addUnit(0);
    fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    fixture.addUnit(2);
    assertEquals("GOOD", a.send(1, REPORT_LUNS).status());
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("GOOD", a.send(1, TEST_UNIT_READY).status());
  }

  @Test
  void removedUnit_endsItsTasksAndIsAnnounced() {
    fixture.addUnit(0);
    LogicalUnit unit = fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    Promise<Void> tasksEnd = Promise.promise();
    a.transport.tasksEnded = tasksEnd.future();
    var removed = target.removeUnit(1);
    assertEquals("ILLEGAL_REQUEST 2500", a.send(1, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 3f0e", a.send(0, TEST_UNIT_READY).status());
    assertFalse(removed.isComplete());
    tasksEnd.complete();
    assertEquals(unit, await(removed));
    assertTrue(a.transport.calls.contains("abort unit 1, told"), a.transport.calls.toString());
    assertEquals(List.of(), unit.nexuses());
  }

  @Test
  void unitNumber_takenOrUnknown_isRefused() {
    LogicalUnit unit = fixture.addUnit(0);
    assertThrows(IllegalStateException.class, () -> target.addUnit(0, unit));
    assertThrows(IllegalArgumentException.class, () -> target.addUnit(Lun.MAX + 1, unit));
    assertTrue(target.removeUnit(7).failed());
  }

  @Test
  void hiddenUnit_isMissing() {
    fixture.addUnit(0);
    fixture.addUnit(300);
    target.accessRules(
        new AccessRules(
            List.of(
                new AccessRules.Rule(List.of("a"), List.of(), List.of(0)),
                new AccessRules.Rule(List.of("b"), List.of(), List.of()))));
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    assertEquals("ILLEGAL_REQUEST 2500", a.send(300, TEST_UNIT_READY).status());
    assertFalse(target.hasUnit(a.nexus, Lun.of(300)));
    assertEquals("GOOD", b.send(300, TEST_UNIT_READY).status());
    assertEquals("00 00 00 08 00 00 00 00 00 00 00 00 00 00 00 00", a.send(0, REPORT_LUNS).data());
    assertEquals(
        "00 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 41 2c 00 00 00 00 00 00",
        b.send(0, REPORT_LUNS).data());
  }

  @Test
  void changedRules_actOnLiveNexuses() {
    fixture.addUnit(0);
    LogicalUnit unit = fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    target.accessRules(
        new AccessRules(List.of(new AccessRules.Rule(List.of(), List.of(), List.of(0)))));
    assertEquals("ILLEGAL_REQUEST 2500", a.send(1, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 3f0e", a.send(0, TEST_UNIT_READY).status());
    assertEquals(List.of(), unit.nexuses());
    target.accessRules(AccessRules.EVERYONE);
    assertEquals("UNIT_ATTENTION 2900", a.send(1, TEST_UNIT_READY).status());
    assertEquals(List.of(a.nexus), unit.nexuses());
    a.send(0, TEST_UNIT_READY);
    a.transport.calls.clear();
    target.accessRules(AccessRules.EVERYONE);
    assertEquals(List.of(), a.transport.calls, "nothing is different");
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void detachedNexus_isForgotten() {
    LogicalUnit unit = fixture.addUnit(0, ScsiFixture.profile(false, true, false));
    Initiator a = fixture.ready("a");
    assertEquals("GOOD", a.send(0, "1e 00 00 00 01 00").status());
    assertTrue(unit.removalPrevented());
    target.detach(a.nexus);
    assertFalse(unit.removalPrevented());
    assertEquals(List.of(), unit.nexuses());
    assertEquals(List.of(), target.nexuses());
    target.detach(a.nexus);
  }

  @Test
  void unitReset_endsTheTasksOfAllAndTellsAll() {
    LogicalUnit unit = fixture.addUnit(0, ScsiFixture.profile(false, true, false));
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    a.send(0, "1e 00 00 00 01 00");
    unit.publish(
        unit.state()
            .withMode(unit.state().mode().withSoftwareWriteProtect(true).withDescriptorSense(true))
            .withStarted(false));
    Promise<Void> tasksEnd = Promise.promise();
    b.transport.tasksEnded = tasksEnd.future();
    var reset = target.resetUnit(a.nexus, 0);
    assertFalse(reset.isComplete());
    tasksEnd.complete();
    await(reset);
    assertEquals(List.of("abort unit 0"), a.transport.calls);
    assertEquals(List.of("abort unit 0"), b.transport.calls);
    assertEquals("UNIT_ATTENTION 2903", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2903", b.send(0, TEST_UNIT_READY).status());
    assertEquals(LogicalUnitState.INITIAL, unit.state());
    assertFalse(unit.removalPrevented());
  }

  @Test
  void unitReset_ofAMissingUnit_fails() {
    Initiator a = fixture.ready("a");
    assertTrue(target.resetUnit(a.nexus, 0).failed());
    assertTrue(target.clearTaskSet(a.nexus, 0).failed());
  }

  @Test
  void clearTaskSet_tellsTheOthers() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    await(target.clearTaskSet(a.nexus, 0));
    assertEquals(List.of("abort unit 0"), a.transport.calls);
    assertEquals(List.of("abort unit 0"), b.transport.calls);
    assertEquals("GOOD", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2f00", b.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void clearTaskSet_withTas_answersTheOthersInstead() {
    LogicalUnit unit = fixture.addUnit(0);
    unit.publish(unit.state().withMode(unit.state().mode().withTaskAbortedStatus(true)));
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    await(target.clearTaskSet(a.nexus, 0));
    assertEquals(List.of("abort unit 0"), a.transport.calls);
    assertEquals(List.of("abort unit 0, told"), b.transport.calls);
    assertEquals("GOOD", b.send(0, TEST_UNIT_READY).status());
  }

  @Test
  void warmReset_resetsEveryUnitAndKeepsSessions() {
    fixture.addUnit(0);
    fixture.addUnit(1);
    Initiator a = fixture.ready("a");
    await(target.reset(a.nexus, false));
    assertEquals("UNIT_ATTENTION 2903", a.send(0, TEST_UNIT_READY).status());
    assertEquals("UNIT_ATTENTION 2903", a.send(1, TEST_UNIT_READY).status());
    assertFalse(a.transport.calls.stream().anyMatch(call -> call.startsWith("end")));
  }

  @Test
  void coldReset_endsSessions() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    await(target.reset(a.nexus, true));
    await(a.transport.ended.future());
    await(b.transport.ended.future());
    assertEquals(List.of("abort unit 0", "end: TARGET COLD RESET"), a.transport.calls);
    assertEquals(List.of("abort unit 0", "end: TARGET COLD RESET"), b.transport.calls);
  }
}
