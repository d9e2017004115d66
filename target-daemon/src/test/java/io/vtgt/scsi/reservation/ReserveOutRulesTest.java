package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.vtgt.scsi.Asc;
import io.vtgt.target.Nexus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One table per service action. A state is `A=1 B=2 / WE-RO A`: who is registered with which key,
/// and what is held by whom. Orders give the reservation key and the service action's key. After
/// the outcome stands, for those that were granted, the state and the unit attentions: `P`
/// REGISTRATIONS PREEMPTED, `C` RESERVATIONS PREEMPTED, `R` RESERVATIONS RELEASED.
class ReserveOutRulesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | sa key | outcome  | after                   | attentions
          -                       | A   | 0   | 0      | GOOD     | -                       |
          -                       | A   | 0   | 1      | GOOD     | A=1                     |
          -                       | A   | 5   | 1      | CONFLICT |                         |
          -                       | A   | 5   | 0      | CONFLICT |                         |
          B=2 / EA B              | A   | 0   | 1      | GOOD     | A=1 B=2 / EA B          |
          A=1                     | A   | 0   | 2      | CONFLICT |                         |
          A=1                     | A   | 2   | 3      | CONFLICT |                         |
          A=1                     | A   | 1   | 1      | GOOD     | A=1                     |
          A=1 B=1 / WE A          | A   | 1   | 9      | GOOD     | A=9 B=1 / WE A          |
          A=1 B=2                 | A   | 1   | 0      | GOOD     | B=2                     |
          A=1 B=2 C=3 / WE A      | A   | 1   | 0      | GOOD     | B=2 C=3                 |
          A=1 B=2 C=3 / EA A      | A   | 1   | 0      | GOOD     | B=2 C=3                 |
          A=1 B=2 C=3 / WE-RO A   | A   | 1   | 0      | GOOD     | B=2 C=3                 | B:R C:R
          A=1 B=2 C=3 / EA-RO A   | A   | 1   | 0      | GOOD     | B=2 C=3                 | B:R C:R
          A=1 B=2 C=3 / EA-RO A   | B   | 2   | 0      | GOOD     | A=1 C=3 / EA-RO A       |
          A=1 B=2 / WE-AR         | A   | 1   | 0      | GOOD     | B=2 / WE-AR             |
          B=2 / EA-AR             | B   | 2   | 0      | GOOD     | -                       |
          """)
  void register(
      String before,
      String who,
      String key,
      String saKey,
      String outcome,
      String after,
      String attentions) {
    check(ServiceAction.REGISTER, before, who, key, saKey, "WE", outcome, after, attentions);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | sa key | outcome  | after                   | attentions
          -                       | A   | 5   | 0      | GOOD     | -                       |
          -                       | A   | 5   | 1      | GOOD     | A=1                     |
          A=1 B=2 / WE A          | A   | 5   | 3      | GOOD     | A=3 B=2 / WE A          |
          A=1 B=2 / WE-RO A       | A   | 5   | 0      | GOOD     | B=2                     | B:R
          A=1 B=2 / WE A          | A   | 5   | 0      | GOOD     | B=2                     |
          A=1 / EA-AR             | A   | 5   | 0      | GOOD     | -                       |
          """)
  void registerAndIgnoreExistingKey(
      String before,
      String who,
      String key,
      String saKey,
      String outcome,
      String after,
      String attentions) {
    check(
        ServiceAction.REGISTER_AND_IGNORE_EXISTING_KEY,
        before,
        who,
        key,
        saKey,
        "WE",
        outcome,
        after,
        attentions);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | type  | outcome              | after
          -                       | A   | 0   | WE    | CONFLICT             |
          A=1                     | A   | 2   | WE    | CONFLICT             |
          A=1                     | B   | 1   | WE    | CONFLICT             |
          A=1                     | A   | 1   | WE    | GOOD                 | A=1 / WE A
          A=1                     | A   | 1   | EA-RO | GOOD                 | A=1 / EA-RO A
          A=1 B=2                 | A   | 1   | WE-AR | GOOD                 | A=1 B=2 / WE-AR
          A=1 B=2 / WE A          | A   | 1   | WE    | GOOD                 | A=1 B=2 / WE A
          A=1 B=2 / WE A          | A   | 1   | EA    | CONFLICT             |
          A=1 B=2 / WE A          | B   | 2   | WE    | CONFLICT             |
          A=1 B=2 / WE-RO A       | B   | 2   | WE-RO | CONFLICT             |
          A=1 B=2 / WE-AR         | B   | 2   | WE-AR | GOOD                 | A=1 B=2 / WE-AR
          A=1 B=2 / WE-AR         | B   | 2   | EA-AR | CONFLICT             |
          A=1                     | A   | 1   | 0     | INVALID_FIELD_IN_CDB |
          A=1                     | A   | 1   | 2     | INVALID_FIELD_IN_CDB |
          A=1                     | A   | 1   | 4     | INVALID_FIELD_IN_CDB |
          A=1                     | A   | 1   | 9     | INVALID_FIELD_IN_CDB |
          A=1                     | A   | 1   | 11    | INVALID_FIELD_IN_CDB |
          """)
  void reserve(String before, String who, String key, String type, String outcome, String after) {
    check(ServiceAction.RESERVE, before, who, key, "0", type, outcome, after, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | type  | outcome  | after                 | attentions
          A=1 B=2 / WE A          | C   | 0   | WE    | CONFLICT |                       |
          A=1 B=2 / WE A          | A   | 2   | WE    | CONFLICT |                       |
          A=1                     | A   | 1   | WE    | GOOD     | A=1                   |
          A=1 B=2 / WE A          | B   | 2   | EA    | GOOD     | A=1 B=2 / WE A        |
          A=1 B=2 / WE A          | A   | 1   | EA    | INVALID_RELEASE_OF_PERSISTENT_RESERVATION | |
          A=1 B=2 / WE A          | A   | 1   | 11    | INVALID_RELEASE_OF_PERSISTENT_RESERVATION | |
          A=1 B=2 / WE-AR         | B   | 2   | EA-AR | INVALID_RELEASE_OF_PERSISTENT_RESERVATION | |
          A=1 B=2 / WE A          | A   | 1   | WE    | GOOD     | A=1 B=2               |
          A=1 B=2 / EA A          | A   | 1   | EA    | GOOD     | A=1 B=2               |
          A=1 B=2 C=3 / WE-RO A   | A   | 1   | WE-RO | GOOD     | A=1 B=2 C=3           | B:R C:R
          A=1 B=2 C=3 / EA-RO B   | B   | 2   | EA-RO | GOOD     | A=1 B=2 C=3           | A:R C:R
          A=1 B=2 C=3 / WE-AR     | C   | 3   | WE-AR | GOOD     | A=1 B=2 C=3           | A:R B:R
          A=1 B=2 C=3 / EA-AR     | A   | 1   | EA-AR | GOOD     | A=1 B=2 C=3           | B:R C:R
          """)
  void release(
      String before,
      String who,
      String key,
      String type,
      String outcome,
      String after,
      String attentions) {
    check(ServiceAction.RELEASE, before, who, key, "0", type, outcome, after, attentions);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | outcome  | after | attentions
          A=1 B=2                 | C   | 0   | CONFLICT |       |
          A=1 B=2                 | A   | 2   | CONFLICT |       |
          A=1                     | A   | 1   | GOOD     | -     |
          A=1 B=2 C=2 / EA B      | A   | 1   | GOOD     | -     | B:C C:C
          A=1 B=2 C=2 / WE-AR     | B   | 2   | GOOD     | -     | A:C C:C
          """)
  void clear(
      String before, String who, String key, String outcome, String after, String attentions) {
    check(ServiceAction.CLEAR, before, who, key, "0", "WE", outcome, after, attentions);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | sa key | type  | outcome  | after                  | attentions
          A=1 B=2                 | C   | 0   | 1      | WE    | CONFLICT |                        |
          A=1 B=2                 | A   | 2   | 2      | WE    | CONFLICT |                        |
          A=1 B=2                 | A   | 1   | 9      | WE    | CONFLICT |                        |
          A=1 B=2                 | A   | 1   | 0      | WE    | CONFLICT |                        |
          A=1 B=2 / WE B          | A   | 1   | 9      | WE    | CONFLICT |                        |
          A=1 B=2 / WE B          | A   | 1   | 0      | WE    | INVALID_FIELD_IN_PARAMETER_LIST | |
          # no reservation, or not its holder's key: registrations go, scope and type do not matter
          A=1 B=2 C=2             | A   | 1   | 2      | WE    | GOOD     | A=1                    | B:P C:P
          A=1 B=2 C=2             | A   | 1   | 2      | 15    | GOOD     | A=1                    | B:P C:P
          A=1 B=2                 | A   | 1   | 1      | WE    | GOOD     | B=2                    |
          A=1 B=1                 | A   | 1   | 1      | WE    | GOOD     | -                      | B:P
          A=1 B=2 C=3 / WE A      | B   | 2   | 3      | EA    | GOOD     | A=1 B=2 / WE A         | C:P
          A=1 B=2 C=3 / WE-RO A   | B   | 2   | 2      | EA    | GOOD     | A=1 C=3 / WE-RO A      |
          # the holder's key: the reservation goes to the sender
          A=1 B=2 C=3 / WE B      | A   | 1   | 2      | WE    | GOOD     | A=1 C=3 / WE A         | B:P
          A=1 B=2 C=3 / WE B      | A   | 1   | 2      | EA    | GOOD     | A=1 C=3 / EA A         | B:P C:R
          A=1 B=2 C=2 D=4 / EA B  | A   | 1   | 2      | EA-RO | GOOD     | A=1 D=4 / EA-RO A      | B:P C:P D:R
          A=1 B=2 C=3 / WE-RO B   | A   | 1   | 2      | WE-AR | GOOD     | A=1 C=3 / WE-AR        | B:P C:R
          A=1 B=2 / WE B          | A   | 1   | 2      | 0     | INVALID_FIELD_IN_CDB |            |
          # the holder preempts itself
          A=1 B=2 C=1 / WE A      | A   | 1   | 1      | EA    | GOOD     | A=1 B=2 / EA A         | B:R C:P
          A=1 B=1 / WE A          | B   | 1   | 1      | WE    | GOOD     | B=1 / WE B             | A:P
          # all registrants: key 0 is everybody's, any other key only removes registrations
          A=1 B=2 C=3 / WE-AR     | A   | 1   | 0      | WE-AR | GOOD     | A=1 / WE-AR            | B:P C:P
          A=1 B=2 C=3 / EA-AR     | A   | 1   | 0      | WE    | GOOD     | A=1 / WE A             | B:P C:P
          A=1 B=2 C=3 / EA-AR     | A   | 1   | 2      | WE    | GOOD     | A=1 C=3 / EA-AR        | B:P
          A=1 B=2 / EA-AR         | A   | 1   | 1      | WE    | GOOD     | B=2 / EA-AR            |
          A=1 B=1 / EA-AR         | A   | 1   | 1      | WE    | GOOD     | -                      | B:P
          A=1 B=2 / EA-AR         | A   | 1   | 9      | WE    | CONFLICT |                        |
          """)
  void preempt(
      String before,
      String who,
      String key,
      String saKey,
      String type,
      String outcome,
      String after,
      String attentions) {
    for (var action : List.of(ServiceAction.PREEMPT, ServiceAction.PREEMPT_AND_ABORT)) {
      check(action, before, who, key, saKey, type, outcome, after, attentions);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before           | who | key | sa key | unreg | to | outcome  | after
          A=1 / WE A         | B   | 0   | 5      | false | C  | CONFLICT |
          A=1 / WE A         | A   | 2   | 5      | false | C  | CONFLICT |
          A=1 B=2 / WE A     | B   | 2   | 5      | false | C  | CONFLICT |
          A=1 B=2 / WE-AR    | A   | 1   | 5      | false | C  | CONFLICT |
          A=1                | A   | 1   | 5      | false | B  | INVALID_FIELD_IN_CDB |
          A=1 / WE A         | A   | 1   | 0      | false | B  | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1 / WE A         | A   | 1   | 5      | false | A  | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1 / WE A         | A   | 1   | 5      | false | E  | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1 / WE A         | A   | 1   | 5      | false | B  | GOOD     | A=1 B=5 / WE B
          A=1 B=2 / EA-RO A  | A   | 1   | 5      | false | B  | GOOD     | A=1 B=5 / EA-RO B
          A=1 B=2 / EA-RO A  | A   | 1   | 5      | true  | B  | GOOD     | B=5 / EA-RO B
          """)
  void registerAndMove(
      String before,
      String who,
      String key,
      String saKey,
      boolean unregister,
      String to,
      String outcome,
      String after) {
    var heir = Nexuses.BY_NAME.get(to);
    var list =
        new ReserveOutList.Move(
            key(key), key(saKey), unregister, false, heir.portalGroup(), TransportId.of(heir));
    check(ServiceAction.REGISTER_AND_MOVE, before, who, 0, list, outcome, after, null);
  }

  @Test
  void registerAndMove_toAnUnknownTargetPort_refused() {
    var list = new ReserveOutList.Move(1, 5, false, false, 3, TransportId.of(Nexuses.B));
    check(
        ServiceAction.REGISTER_AND_MOVE,
        "A=1 / WE A",
        "A",
        0,
        list,
        "INVALID_FIELD_IN_PARAMETER_LIST",
        null,
        null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before       | key | sa key | outcome  | after              | attentions
          -              | 0   | 1      | GOOD     | A=1 E=1            |
          E=1            | 0   | 1      | CONFLICT |                    |
          A=1 E=1 B=2    | 1   | 5      | GOOD     | A=5 B=2 E=5        |
          A=1 E=2        | 1   | 5      | CONFLICT |                    |
          A=1            | 1   | 5      | GOOD     | A=5                |
          A=1 E=1 B=2 / WE-RO E | 1 | 0 | GOOD     | B=2                | B:R
          """)
  void register_allTargetPorts_isAsIfSentThroughEach(
      String before, String key, String saKey, String outcome, String after, String attentions) {
    var list = new ReserveOutList.Basic(key(key), key(saKey), false, true, false, List.of());
    check(ServiceAction.REGISTER, before, "A", 0, list, outcome, after, attentions);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before | key | sa key | ports  | outcome  | after
          -        | 0   | 1      | B,C    | GOOD     | A=1 B=1 C=1
          -        | 0   | 1      | A,B,B  | GOOD     | A=1 B=1
          -        | 0   | 1      |        | GOOD     | A=1
          -        | 0   | 0      | B      | GOOD     | -
          -        | 4   | 1      | B      | CONFLICT |
          B=2      | 0   | 1      | C,B    | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1      | 1   | 2      | B      | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1      | 1   | 0      | B      | INVALID_FIELD_IN_PARAMETER_LIST |
          A=1      | 2   | 0      | B      | CONFLICT |
          # lower case: the initiator device; those logged in are its ports
          -        | 0   | 1      | d      | GOOD     | A=1 D=1
          -        | 0   | 1      | c      | INVALID_FIELD_IN_PARAMETER_LIST |
          """)
  void register_specifiedInitiatorPorts(
      String before, String key, String saKey, String ports, String outcome, String after) {
    var ids = new ArrayList<TransportId>();
    for (String each : ports == null ? new String[0] : ports.split(",")) {
      var nexus = Nexuses.BY_NAME.get(each.toUpperCase(java.util.Locale.ROOT));
      ids.add(
          Character.isUpperCase(each.charAt(0))
              ? TransportId.of(nexus)
              : new TransportId(nexus.initiatorName(), OptionalLong.empty()));
    }
    var list = new ReserveOutList.Basic(key(key), key(saKey), true, false, false, ids);
    check(ServiceAction.REGISTER, before, "A", 0, list, outcome, after, null);
  }

  @Test
  void aptpl_isThatOfTheRegistrationMadeLast() {
    var on = new ReserveOutList.Basic(0, 1, false, false, true, List.of());
    var off = new ReserveOutList.Basic(1, 1, false, false, false, List.of());
    for (var action :
        List.of(ServiceAction.REGISTER, ServiceAction.REGISTER_AND_IGNORE_EXISTING_KEY)) {
      check(action, "-", "A", 0, on, "GOOD", "A=1 kept", null);
      check(action, "A=1 B=2 / EA B kept", "A", 0, off, "GOOD", "A=1 B=2 / EA B", null);
    }
    for (boolean aptpl : new boolean[] {true, false}) {
      var move = new ReserveOutList.Move(1, 5, false, aptpl, 1, TransportId.of(Nexuses.B));
      String after = "A=1 B=5 / WE B" + (aptpl ? " kept" : "");
      check(ServiceAction.REGISTER_AND_MOVE, "A=1 / WE A", "A", 0, move, "GOOD", after, null);
    }
  }

  @Test
  void aptpl_registerOfNobodyWithNothing_changesNothing() {
    var nothing = new ReserveOutList.Basic(0, 0, false, false, false, List.of());
    String before = "B=2 / EA B kept";
    check(ServiceAction.REGISTER, before, "A", 0, nothing, "GOOD", before, null);
  }

  @Test
  void aptpl_otherServiceActionsLeaveItAlone() {
    var list = new ReserveOutList.Basic(1, 2, false, false, false, List.of());
    String before = "A=1 B=2 / WE B kept", invalid = "INVALID_RELEASE_OF_PERSISTENT_RESERVATION";
    check(ServiceAction.RELEASE, "A=1 kept", "A", 1, list, "GOOD", "A=1 kept", null);
    check(ServiceAction.RESERVE, "A=1 kept", "A", 1, list, "GOOD", "A=1 / WE A kept", null);
    check(ServiceAction.PREEMPT, before, "A", 1, list, "GOOD", "A=1 / WE A kept", "B:P");
    check(ServiceAction.CLEAR, before, "A", 1, list, "GOOD", "- kept", "B:C");
    check(ServiceAction.REPLACE_LOST_RESERVATION, before, "A", 1, list, invalid, null, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before       | who | outcome
          -              | A   | INVALID_RELEASE_OF_PERSISTENT_RESERVATION
          A=1 / WE A     | A   | INVALID_RELEASE_OF_PERSISTENT_RESERVATION
          A=1 B=2 / WE A | B   | INVALID_RELEASE_OF_PERSISTENT_RESERVATION
          A=1 / WE A     | C   | CONFLICT
          """)
  void replaceLostReservation_whileNothingIsLost_refused(
      String before, String who, String outcome) {
    var action = ServiceAction.REPLACE_LOST_RESERVATION;
    check(action, before, who, "0", "7", "WE", outcome, null, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # before                | who | key | sa key | preempted
          A=1 B=2 C=2 / WE B      | A   | 1   | 2      | B C
          A=1 B=1 C=2 / WE B      | A   | 1   | 1      | A B
          A=1 B=1 C=2 / WE C      | A   | 1   | 1      | A B
          A=1 B=2 / WE A          | A   | 1   | 1      | A
          A=1 B=2                 | A   | 1   | 1      | A
          A=1 B=2 / WE-AR         | A   | 1   | 0      | A B
          A=1 B=2 / EA-AR         | A   | 1   | 2      | B
          """)
  void preempted_areAllWithTheKey_theSenderToo(
      String before, String who, String key, String saKey, String expected) {
    var list = new ReserveOutList.Basic(key(key), key(saKey), false, false, false, List.of());
    var order = new ReserveOutRules.Order(ServiceAction.PREEMPT_AND_ABORT, 0, 1, list);
    var ruling =
        ReserveOutRules.rule(Nexuses.state(before), Nexuses.BY_NAME.get(who), order, KNOWN);
    var granted = assertInstanceOf(Ruling.Granted.class, ruling);
    assertEquals(
        expected,
        granted.preempted().stream()
            .map(Nexuses::name)
            .sorted()
            .collect(java.util.stream.Collectors.joining(" ")));
  }

  @Test
  void register_beyondTheBound_refusedWithoutEffect() {
    var registrations = new ArrayList<ReservationState.Registration>();
    for (int i = 0; i < ReserveOutRules.MOST_REGISTRATIONS; i++) {
      registrations.add(
          new ReservationState.Registration(
              new Nexus.Id("iqn.2026-01.test:many", i, "iqn.2026-01.test:target", 1), 1));
    }
    var full = new ReservationState(3, registrations, Optional.empty(), false);
    var list = new ReserveOutList.Basic(0, 1, false, false, false, List.of());
    var order = new ReserveOutRules.Order(ServiceAction.REGISTER, 0, 0, list);
    var refused =
        assertInstanceOf(Ruling.Refused.class, ReserveOutRules.rule(full, Nexuses.A, order, KNOWN));
    assertEquals(Asc.INSUFFICIENT_REGISTRATION_RESOURCES, refused.sense().asc());
  }

  private static final ReserveOutRules.Known KNOWN =
      new ReserveOutRules.Known(List.of(Nexuses.A, Nexuses.B, Nexuses.D), Set.of(1, 2), false);

  private static long key(String hex) {
    return Long.parseLong(hex, 16);
  }

  private static void check(
      ServiceAction action,
      String before,
      String who,
      String key,
      String saKey,
      String type,
      String outcome,
      String after,
      String attentions) {
    int code =
        Character.isDigit(type.charAt(0)) ? Integer.parseInt(type, 16) : Nexuses.type(type).code;
    var list = new ReserveOutList.Basic(key(key), key(saKey), false, false, false, List.of());
    check(action, before, who, code, list, outcome, after, attentions);
  }

  private static void check(
      ServiceAction action,
      String before,
      String who,
      int scopeAndType,
      ReserveOutList list,
      String outcome,
      String after,
      String attentions) {
    var order = new ReserveOutRules.Order(action, scopeAndType >> 4, scopeAndType & 0xf, list);
    var ruling =
        ReserveOutRules.rule(Nexuses.state(before), Nexuses.BY_NAME.get(who), order, KNOWN);
    String got =
        switch (ruling) {
          case Ruling.Conflict _ -> "CONFLICT";
          case Ruling.Refused(var sense) -> sense.asc().name();
          case Ruling.Granted(var next, var owed, _) ->
              "GOOD | " + Nexuses.text(next) + " |" + text(owed);
        };
    String expected =
        outcome.equals("GOOD")
            ? "GOOD | " + after + " |" + (attentions == null ? "" : " " + attentions)
            : outcome;
    assertEquals(expected, got);
    if (ruling instanceof Ruling.Granted granted) {
      boolean counts = action != ServiceAction.RESERVE && action != ServiceAction.RELEASE;
      assertEquals(counts ? 8 : 7, granted.next().generation());
      assertEquals(
          granted.attentions().entrySet().stream()
              .filter(each -> each.getValue() == Asc.REGISTRATIONS_PREEMPTED)
              .map(Map.Entry::getKey)
              .collect(java.util.stream.Collectors.toSet()),
          granted.preempted().stream()
              .filter(each -> !each.equals(Nexuses.BY_NAME.get(who)))
              .collect(java.util.stream.Collectors.toSet()));
    }
  }

  private static String text(Map<Nexus.Id, Asc> attentions) {
    var parts = new ArrayList<String>();
    attentions.forEach(
        (nexus, asc) ->
            parts.add(
                " "
                    + Nexuses.name(nexus)
                    + (asc == Asc.REGISTRATIONS_PREEMPTED
                        ? ":P"
                        : asc == Asc.RESERVATIONS_PREEMPTED
                            ? ":C"
                            : asc == Asc.RESERVATIONS_RELEASED ? ":R" : ":" + asc)));
    var sorted = parts.toArray(String[]::new);
    Arrays.sort(sorted);
    return String.join("", sorted);
  }
}
