package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Status;
import io.vtgt.scsi.Step;
import io.vtgt.target.Nexus;
import io.vtgt.target.Turn;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReservationsTest {
  private static final Nexus.Id A = Nexuses.A, B = Nexuses.B, C = Nexuses.C;
  private static final Supplier<Future<Void>> NO_TASKS = Future::succeededFuture;

  private final FakeUnit unit = new FakeUnit();
  private final Reservations reservations = new Reservations(unit);

  /// SPC-5 and SBC-4, "Commands allowed in the presence of various reservations": A is allowed, C
  /// conflicts. Columns: always, reports, reads, writes, changes, own rules.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # state             | who | allowed
          -                   | A   | A A A A A A
          A=1 B=2             | C   | A A A A A A
          A=1 B=2 / WE A      | A   | A A A A A A
          A=1 B=2 / WE A      | B   | A A A C C A
          A=1 B=2 / WE A      | C   | A A A C C A
          A=1 B=2 / EA A      | A   | A A A A A A
          A=1 B=2 / EA A      | B   | A A C C C A
          A=1 B=2 / EA A      | C   | A A C C C A
          A=1 B=2 / WE-RO A   | A   | A A A A A A
          A=1 B=2 / WE-RO A   | B   | A A A A A A
          A=1 B=2 / WE-RO A   | C   | A A A C C A
          A=1 B=2 / EA-RO A   | A   | A A A A A A
          A=1 B=2 / EA-RO A   | B   | A A A A A A
          A=1 B=2 / EA-RO A   | C   | A A C C C A
          A=1 B=2 / WE-AR     | A   | A A A A A A
          A=1 B=2 / WE-AR     | B   | A A A A A A
          A=1 B=2 / WE-AR     | C   | A A A C C A
          A=1 B=2 / EA-AR     | A   | A A A A A A
          A=1 B=2 / EA-AR     | B   | A A A A A A
          A=1 B=2 / EA-AR     | C   | A A C C C A
          # the same initiator port at another target port is another nexus
          A=1 B=2 / EA-RO A   | E   | A A C C C A
          """)
  void conflicts_persistentReservation_followTheTable(String state, String who, String allowed) {
    establish(state);
    assertAllowed(allowed, Nexuses.BY_NAME.get(who));
  }

  @Test
  void conflicts_reservedWithReserve_onlyTheHarmlessPass() {
    assertEquals(Status.GOOD, reservations.reserve(A).status());
    assertAllowed("A A A A A A", A);
    assertAllowed("A C C C C A", B);
  }

  @Test
  void conflicts_ownerLoggedInAgain_isStillTheOwner() {
    establish("A=1 / EA A");
    reservations.nexusLost(A);
    var again = new Nexus.Id(new String(A.initiatorName()), A.isid(), A.targetName(), 1);
    assertFalse(reservations.conflicts(again, Access.WRITES_MEDIUM));
    assertTrue(reservations.conflicts(B, Access.READS_MEDIUM));
  }

  @Test
  void reserve_byAnother_conflictsUntilReleasedByTheHolder() {
    assertEquals(Status.GOOD, reservations.reserve(A).status());
    assertEquals(Status.GOOD, reservations.reserve(A).status());
    assertEquals(Status.RESERVATION_CONFLICT, reservations.reserve(B).status());
    assertEquals(Status.GOOD, reservations.release(B).status());
    assertEquals(Status.RESERVATION_CONFLICT, reservations.reserve(B).status());
    assertEquals(Status.GOOD, reservations.release(A).status());
    assertEquals(Status.GOOD, reservations.reserve(B).status());
  }

  @Test
  void reserve_endsWithTheNexusAndWithAReset() {
    reservations.reserve(A);
    reservations.nexusLost(B);
    assertTrue(reservations.conflicts(B, Access.REPORTS));
    reservations.nexusLost(A);
    assertFalse(reservations.conflicts(B, Access.REPORTS));
    reservations.reserve(A);
    reservations.unitReset();
    assertFalse(reservations.conflicts(B, Access.REPORTS));
  }

  @Test
  void persistentReservation_outlivesResetAndNexusLoss() {
    establish("A=1 / EA A");
    reservations.unitReset();
    reservations.nexusLost(A);
    assertTrue(reservations.conflicts(B, Access.READS_MEDIUM));
    assertEquals("A=1 / EA A", Nexuses.text(reservations.state()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # state             | who | RESERVE and RELEASE
          A=1                 | A   | RESERVATION_CONFLICT
          A=1                 | C   | RESERVATION_CONFLICT
          A=1 B=2 / WE A      | A   | GOOD
          A=1 B=2 / WE A      | B   | RESERVATION_CONFLICT
          A=1 B=2 / EA-RO A   | B   | GOOD
          A=1 B=2 / EA-RO A   | C   | RESERVATION_CONFLICT
          A=1 B=2 / WE-AR     | B   | GOOD
          A=1 B=2 / WE-AR     | C   | RESERVATION_CONFLICT
          """)
  void reserve_whileAnybodyIsRegistered_goodForThoseWhoMayWrite(
      String state, String who, Status expected) {
    establish(state);
    var nexus = Nexuses.BY_NAME.get(who);
    assertEquals(expected, reservations.reserve(nexus).status());
    assertEquals(expected, reservations.release(nexus).status());
    assertEquals(state, Nexuses.text(reservations.state()));
    assertTrue(reservations.reservedBy().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(ServiceAction.class)
  void persistentReserve_whileReservedWithReserve_conflictsEvenForItsHolder(ServiceAction action) {
    reservations.reserve(A);
    var list =
        action == ServiceAction.REGISTER_AND_MOVE
            ? new ReserveOutList.Move(0, 1, false, false, 1, TransportId.of(B))
            : basic(0, 1);
    for (var nexus : List.of(A, B)) {
      assertEquals(Status.RESERVATION_CONFLICT, run(nexus, action, 1, list).status());
    }
    var answer =
        (Step.Done)
            ReservationCommands.reserveIn(
                Cdb.of("5e 00 00 00 00 00 00 00 ff 00"), reservations, ReserveIn::readKeys);
    assertEquals(Status.RESERVATION_CONFLICT, answer.completion().status());
  }

  @Test
  void preemptAndAbort_answersWhenThePreemptedAreDone() {
    establish("A=1 B=2 C=2 / EA B");
    var order = new ReserveOutRules.Order(ServiceAction.PREEMPT_AND_ABORT, 0, 1, basic(1, 2));
    var answer = reservations.reserveOut(A, order, NO_TASKS).compose(ReservationsTest::answer);
    assertEquals(Set.of(B, C), unit.aborts.keySet());
    assertTrue(reservations.conflicts(B, Access.WRITES_MEDIUM), "conflicts from now on");
    unit.aborts.get(B).complete();
    assertFalse(answer.isComplete());
    unit.aborts.get(C).complete();
    assertEquals(Status.GOOD, answer.result().status());
    assertEquals(
        Map.of(B, Asc.REGISTRATIONS_PREEMPTED, C, Asc.REGISTRATIONS_PREEMPTED), unit.attentions);
  }

  @Test
  void preempt_abortsNothing() {
    establish("A=1 B=2 / EA B");
    assertEquals(Status.GOOD, run(A, ServiceAction.PREEMPT, 1, basic(1, 2)).status());
    assertTrue(unit.aborts.isEmpty());
  }

  @Test
  void release_oneWhoReleased_hearsNothing() {
    establish("A=1 B=2 / WE-RO A");
    assertEquals(Status.GOOD, run(A, ServiceAction.RELEASE, 5, basic(1, 0)).status());
    assertEquals(Map.of(B, Asc.RESERVATIONS_RELEASED), unit.attentions);
    assertFalse(reservations.conflicts(C, Access.WRITES_MEDIUM));
  }

  @Test
  void register_allTargetPorts_coversConfiguredPortalGroups() {
    reservations.portalGroups(_ -> Set.of(1, 2));
    var list = new ReserveOutList.Basic(0, 1, false, true, false, List.of());
    assertEquals(Status.GOOD, run(A, ServiceAction.REGISTER, 0, list).status());
    assertEquals("A=1 E=1", Nexuses.text(reservations.state()));
  }

  /// Reaches a state by commands, then forgets the unit attentions of the way.
  private void establish(String text) {
    var wanted = Nexuses.state(text);
    for (var each : wanted.registrations()) {
      assertEquals(
          Status.GOOD, run(each.nexus(), ServiceAction.REGISTER, 0, basic(0, each.key())).status());
    }
    wanted
        .reservation()
        .ifPresent(
            held -> {
              var holder = held.holder().orElse(wanted.registrations().getFirst().nexus());
              long key = wanted.keyOf(holder).orElseThrow();
              var list = basic(key, 0);
              assertEquals(
                  Status.GOOD, run(holder, ServiceAction.RESERVE, held.type().code, list).status());
            });
    unit.attentions.clear();
  }

  private Completion run(Nexus.Id nexus, ServiceAction action, int type, ReserveOutList list) {
    var order = new ReserveOutRules.Order(action, 0, type, list);
    return reservations
        .reserveOut(nexus, order, NO_TASKS)
        .compose(ReservationsTest::answer)
        .result();
  }

  /// What the initiator hears, and when.
  private static Future<Completion> answer(Turn turn) {
    return turn.rest().map(turn.completion());
  }

  private static ReserveOutList basic(long key, long saKey) {
    return new ReserveOutList.Basic(key, saKey, false, false, false, List.of());
  }

  private void assertAllowed(String expected, Nexus.Id nexus) {
    var got = new StringBuilder();
    for (var access : Access.values()) {
      got.append(reservations.conflicts(nexus, access) ? " C" : " A");
    }
    assertEquals(expected, got.toString().trim());
  }
}
