package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Status;
import io.vtgt.target.Nexus;
import io.vtgt.target.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What outlives the unit, and when it is written.
class KeptReservationsTest {
  private static final Nexus.Id A = Nexuses.A, B = Nexuses.B, C = Nexuses.C;

  private final FakeUnit.Memory memory = new FakeUnit.Memory();
  private FakeUnit unit = new FakeUnit(memory);
  private Reservations reservations = new Reservations(unit);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- kept",
        "A=1 kept",
        "A=1 B=fedc E=3 kept",
        "A=1 B=2 / WE A kept",
        "A=1 B=2 / EA-RO B kept",
        "A=1 B=2 / EA-AR kept"
      })
  void encoded_andDecoded_isTheSameButForTheGeneration(String text) {
    var stored = new JsonObject(KeptReservations.encode(Nexuses.state(text)).encodePrettily());
    var decoded = KeptReservations.decode(stored);
    assertEquals(text, Nexuses.text(decoded));
    assertEquals(0, decoded.generation());
  }

  @Test
  void encoded_theLargestKeyAndIsid_keepTheirBits() {
    var nexus = new Nexus.Id("iqn.x:ü", 0xffff_ffff_ffffL, "iqn.t", 0xffff);
    var registration = new ReservationState.Registration(nexus, -1L);
    var state = new ReservationState(9, List.of(registration), java.util.Optional.empty(), true);
    var stored = new JsonObject(KeptReservations.encode(state).encodePrettily());
    assertEquals(List.of(registration), KeptReservations.decode(stored).registrations());
  }

  @Test
  void encoded_withoutAptpl_nothingIsKept() {
    var stored = KeptReservations.encode(Nexuses.state("A=1 / WE A"));
    assertEquals("- ", Nexuses.text(KeptReservations.decode(stored)) + " ");
    assertFalse(stored.containsKey("registrations"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'form': 2, 'aptpl': false}",
        "{'form': 1}",
        "{'form': 1, 'aptpl': 'yes'}",
        "{'form': 1, 'aptpl': true}",
        "{'form': 1, 'aptpl': true, 'registrations': [{}]}",
        "{'form': 1, 'aptpl': true, 'registrations': [1]}",
        "{'form': 1, 'aptpl': true, 'registrations': [], 'reservation': {'type':"
            + " 'EXCLUSIVE_ACCESS', 'holder': 0}}",
        "{'form': 1, 'aptpl': true, 'registrations': [], 'reservation': {'type': 'NONE'}}",
        "{'form': 1, 'aptpl': true, 'registrations': [{'initiator': 'i', 'isid': '1', 'target':"
            + " 't', 'portalGroup': 1, 'key': '0'}]}",
      })
  void decode_whatNobodyWrote_fails(String json) {
    var stored = new JsonObject(json.replace('\'', '"'));
    assertThrows(RuntimeException.class, () -> KeptReservations.decode(stored));
  }

  // --- over a restart

  @Test
  void restart_withAptpl_ownerIsOwnerAndOthersConflictFromTheFirstCommandOn() {
    register(A, 1, true);
    register(B, 2, true);
    assertEquals(Status.GOOD, out(A, ServiceAction.RESERVE, 6, 1, 0).status());
    restart();
    assertEquals("A=1 B=2 / EA-RO A kept", Nexuses.text(reservations.state()));
    assertEquals(0, reservations.state().generation());
    assertFalse(reservations.conflicts(A, Access.WRITES_MEDIUM));
    assertFalse(reservations.conflicts(B, Access.WRITES_MEDIUM));
    assertTrue(reservations.conflicts(C, Access.READS_MEDIUM));
    assertEquals(Status.RESERVATION_CONFLICT, out(B, ServiceAction.RESERVE, 6, 2, 0).status());
    assertEquals(Status.GOOD, out(A, ServiceAction.RELEASE, 6, 1, 0).status());
    restart();
    assertEquals("A=1 B=2 kept", Nexuses.text(reservations.state()));
    assertFalse(reservations.conflicts(C, Access.WRITES_MEDIUM));
  }

  @Test
  void restart_lastRegistrationWithoutAptpl_everythingIsGone() {
    register(A, 1, true);
    out(A, ServiceAction.RESERVE, 1, 1, 0);
    register(B, 2, false);
    assertTrue(reservations.conflicts(B, Access.WRITES_MEDIUM), "until then it stands");
    restart();
    assertEquals("-", Nexuses.text(reservations.state()));
    assertFalse(reservations.conflicts(B, Access.WRITES_MEDIUM));
  }

  @Test
  void neverAptpl_nothingIsWritten() {
    register(A, 1, false);
    out(A, ServiceAction.RESERVE, 1, 1, 0);
    out(A, ServiceAction.CLEAR, 1, 1, 0);
    assertEquals(0, memory.writes);
  }

  @Test
  void commandThatChangesNothing_writesNothing() {
    register(A, 1, true);
    out(A, ServiceAction.RESERVE, 1, 1, 0);
    int writes = memory.writes;
    assertEquals(Status.GOOD, out(A, ServiceAction.RESERVE, 1, 1, 0).status());
    assertEquals(writes, memory.writes);
  }

  // --- when

  @Test
  void write_underWay_neitherAnsweredNorEnforcedNorTold() {
    register(A, 1, true);
    register(B, 2, true);
    out(B, ServiceAction.RESERVE, 1, 2, 0);
    memory.holding = true;
    var turn = begin(A, ServiceAction.PREEMPT_AND_ABORT, 3, 1, 2);
    assertFalse(turn.isComplete());
    assertEquals("A=1 B=2 / WE B kept", Nexuses.text(reservations.state()));
    assertTrue(unit.attentions.isEmpty());
    assertTrue(unit.aborts.isEmpty());
    memory.held.remove().run();
    assertTrue(turn.isComplete(), "the turn is over: the rest is waited for outside of it");
    assertEquals("A=1 / EA A kept", Nexuses.text(reservations.state()));
    assertTrue(reservations.conflicts(B, Access.READS_MEDIUM));
    assertFalse(turn.result().rest().isComplete());
    unit.aborts.get(B).complete();
    assertTrue(turn.result().rest().succeeded());
  }

  @Test
  void write_failed_refusedWithoutEffectNowOrLater() {
    register(A, 1, true);
    register(B, 2, true);
    out(A, ServiceAction.RESERVE, 1, 1, 0);
    String before = Nexuses.text(reservations.state());
    int generation = reservations.state().generation();
    memory.failing = true;
    for (var action : List.of(ServiceAction.PREEMPT, ServiceAction.CLEAR)) {
      var check =
          assertInstanceOf(Completion.CheckCondition.class, out(B, action, 3, 2, 1)).sense();
      assertEquals(SenseKey.HARDWARE_ERROR, check.key());
      assertEquals(before, Nexuses.text(reservations.state()));
      assertEquals(generation, reservations.state().generation());
      assertTrue(reservations.conflicts(B, Access.WRITES_MEDIUM));
      assertTrue(unit.attentions.isEmpty());
    }
    memory.failing = false;
    restart();
    assertEquals(before, Nexuses.text(reservations.state()));
  }

  /// A write may be told as failed and be there all the same: what still holds is written again.
  @Test
  void write_failedButThere_isTakenBack() {
    register(A, 1, true);
    out(A, ServiceAction.RESERVE, 1, 1, 0);
    memory.holding = true;
    var turn = begin(A, ServiceAction.RELEASE, 1, 1, 0);
    memory.failing = true;
    memory.held.remove().run();
    memory.put("{\"form\": 1, \"aptpl\": false}");
    memory.failing = false;
    assertFalse(turn.isComplete());
    memory.held.remove().run();
    assertEquals(Status.CHECK_CONDITION, turn.result().completion().status());
    memory.holding = false;
    restart();
    assertEquals("A=1 / WE A kept", Nexuses.text(reservations.state()));
  }

  // --- lost

  @Test
  void recalled_damaged_nobodyUsesTheUnitUntilItIsReplaced() {
    memory.put("{\"form\": 1, \"aptpl\": true}");
    restart();
    for (var nexus : List.of(A, B)) {
      assertFalse(reservations.conflicts(nexus, Access.ALWAYS));
      for (var access : List.of(Access.REPORTS, Access.READS_MEDIUM, Access.WRITES_MEDIUM)) {
        assertTrue(reservations.conflicts(nexus, access));
      }
      assertLost(reservations.reserve(nexus));
      assertLost(out(nexus, ServiceAction.REGISTER, 0, 0, 1));
      assertLost(out(nexus, ServiceAction.CLEAR, 0, 0, 0));
    }
    assertLost(reservations.conflict(CommandTable.find(0x28, 0).orElseThrow()).orElseThrow());
    restart();
    assertLost(reservations.conflict());
    assertEquals(0, memory.writes, "what cannot be read is left for a person to look at");

    var invalidList = Asc.INVALID_FIELD_IN_PARAMETER_LIST;
    var action = ServiceAction.REPLACE_LOST_RESERVATION;
    assertEquals(invalidList, asc(out(A, action, 5, 1, 7)));
    assertEquals(invalidList, asc(out(A, action, 5, 0, 0)));
    assertEquals(Asc.INVALID_FIELD_IN_CDB, asc(out(A, action, 2, 0, 7)));
    assertLost(reservations.conflict());
    assertEquals(Status.GOOD, out(A, action, 5, 0, 7).status());
    assertEquals("A=7 / WE-RO A", Nexuses.text(reservations.state()));
    assertEquals(0, reservations.state().generation());
    assertFalse(reservations.conflicts(A, Access.WRITES_MEDIUM));
    assertEquals(Status.RESERVATION_CONFLICT, reservations.conflict().status());
    restart();
    assertEquals("-", Nexuses.text(reservations.state()), "it was replaced with APTPL 0");
  }

  @Test
  void replaceLostReservation_cannotBeWritten_staysLost() {
    memory.put("{\"form\": 1, \"aptpl\": true}");
    restart();
    memory.failing = true;
    var answer = out(A, ServiceAction.REPLACE_LOST_RESERVATION, 5, 0, 7);
    assertEquals(Asc.INTERNAL_TARGET_FAILURE, asc(answer));
    assertLost(reservations.conflict());
    memory.failing = false;
    restart();
    assertLost(reservations.conflict());
  }

  private static void assertLost(Completion completion) {
    var sense = assertInstanceOf(Completion.CheckCondition.class, completion).sense();
    assertEquals(SenseKey.DATA_PROTECT, sense.key());
    assertEquals(Asc.PERSISTENT_RESERVATION_INFORMATION_LOST, sense.asc());
  }

  private static Asc asc(Completion completion) {
    return assertInstanceOf(Completion.CheckCondition.class, completion).sense().asc();
  }

  private void restart() {
    unit = new FakeUnit(memory);
    reservations = new Reservations(unit);
  }

  private void register(Nexus.Id nexus, long key, boolean aptpl) {
    var list = new ReserveOutList.Basic(0, key, false, false, aptpl, List.of());
    var order = new ReserveOutRules.Order(ServiceAction.REGISTER, 0, 0, list);
    assertEquals(
        Status.GOOD,
        reservations
            .reserveOut(nexus, order, Future::succeededFuture)
            .result()
            .completion()
            .status());
  }

  private Completion out(Nexus.Id nexus, ServiceAction action, int type, long key, long saKey) {
    return begin(nexus, action, type, key, saKey).result().completion();
  }

  private Future<Turn> begin(Nexus.Id nexus, ServiceAction action, int type, long key, long saKey) {
    var list = new ReserveOutList.Basic(key, saKey, false, false, false, List.of());
    var order = new ReserveOutRules.Order(action, 0, type, list);
    return reservations.reserveOut(nexus, order, Future::succeededFuture);
  }
}
