package io.vtgt.scsi.alua;

import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Step;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every command of the table in every access state, against what the standard says; written down
/// here a second time, by operation code and service action, for more commands than there are.
class StateRuleTest {

  private static final List<AccessState> CLOSED =
      List.of(
          AccessState.STANDBY,
          AccessState.UNAVAILABLE,
          AccessState.OFFLINE,
          AccessState.TRANSITIONING);

  private static final Map<AccessState, Asc> SENSE =
      Map.of(
          AccessState.STANDBY, Asc.TARGET_PORT_IN_STANDBY_STATE,
          AccessState.UNAVAILABLE, Asc.TARGET_PORT_IN_UNAVAILABLE_STATE,
          AccessState.OFFLINE, Asc.LOGICAL_UNIT_NOT_READY_OFFLINE,
          AccessState.TRANSITIONING, Asc.ASYMMETRIC_ACCESS_STATE_TRANSITION);

  /// The closed states in which a command is taken: S, U, O, T. A row of the command table without
  /// an entry here fails: look it up in SPC-5 (Target port asymmetric access states), and add it.
  ///
  /// `e` stands for the echo buffer modes only, in all four.
  private static final String EXPECTED =
      """
      00 -    TEST UNIT READY
      03 SUOT REQUEST SENSE
      04 -    FORMAT UNIT
      07 -    REASSIGN BLOCKS
      08 -    READ (6)
      0a -    WRITE (6)
      12 SUOT INQUIRY
      15 S    MODE SELECT (6)
      16 -    RESERVE (6)
      17 -    RELEASE (6)
      1a S    MODE SENSE (6)
      1b -    START STOP UNIT
      1c S    RECEIVE DIAGNOSTIC RESULTS
      1d S    SEND DIAGNOSTIC
      1e -    PREVENT ALLOW MEDIUM REMOVAL
      25 S    READ CAPACITY (10)
      28 -    READ (10)
      2a -    WRITE (10)
      2e -    WRITE AND VERIFY (10)
      2f -    VERIFY (10)
      34 -    PRE-FETCH (10)
      35 -    SYNCHRONIZE CACHE (10)
      37 -    READ DEFECT DATA (10)
      3b e    WRITE BUFFER
      3c e    READ BUFFER
      3e -    READ LONG (10)
      3f -    WRITE LONG (10)
      41 -    WRITE SAME (10)
      42 -    UNMAP
      48 -    SANITIZE
      4c S    LOG SELECT
      4d S    LOG SENSE
      53 -    XDWRITEREAD (10)
      55 S    MODE SELECT (10)
      56 -    RESERVE (10)
      57 -    RELEASE (10)
      5a S    MODE SENSE (10)
      5e S    PERSISTENT RESERVE IN
      5f S    PERSISTENT RESERVE OUT
      7f -    the 32-byte commands
      83 -    EXTENDED COPY and other third-party copy out commands
      84 -    RECEIVE COPY RESULTS and other third-party copy in commands
      88 -    READ (16)
      89 -    COMPARE AND WRITE
      8a -    WRITE (16)
      8b -    ORWRITE (16)
      8e -    WRITE AND VERIFY (16)
      8f -    VERIFY (16)
      90 -    PRE-FETCH (16)
      91 -    SYNCHRONIZE CACHE (16)
      93 -    WRITE SAME (16)
      9c -    WRITE ATOMIC (16)
      9e/10 S READ CAPACITY (16)
      9e/12 - GET LBA STATUS (16)
      9b -    READ BUFFER (16)
      a0 SUOT REPORT LUNS
      a3/05 S REPORT IDENTIFYING INFORMATION
      a3/0a SUOT REPORT TARGET PORT GROUPS
      a3/0b - REPORT ALIASES
      a3/0c S REPORT SUPPORTED OPERATION CODES
      a3/0d S REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS
      a3/0f S REPORT TIMESTAMP
      a4/06 - SET IDENTIFYING INFORMATION
      a4/0a SUO SET TARGET PORT GROUPS
      a4/0f - SET TIMESTAMP
      a8 -    READ (12)
      aa -    WRITE (12)
      ae -    WRITE AND VERIFY (12)
      af -    VERIFY (12)
      b7 -    READ DEFECT DATA (12)
      """;

  private static String expected(CommandSpec row) {
    var code = HexFormat.of().toHexDigits((byte) row.opcode());
    var withAction =
        row.serviceAction().isPresent()
            ? "%s/%02x".formatted(code, row.serviceAction().getAsInt())
            : code;
    for (var line : EXPECTED.lines().toList()) {
      var words = line.strip().split("\\s+", 3);
      if (words[0].equals(code) || words[0].equals(withAction)) {
        return words[1];
      }
    }
    return fail(
        row.name()
            + " ("
            + withAction
            + ") has no entry: in which access states is it taken? SPC-5 tells");
  }

  /// The usage map itself as a CDB: every bit of it is one that the command looks at.
  private static String cdb(CommandSpec row, int mode) {
    byte[] cdb = new byte[row.usage().length];
    cdb[0] = (byte) row.opcode();
    row.serviceAction()
        .ifPresent(
            action -> {
              if (row.opcode() == 0x7f) {
                cdb[7] = (byte) (cdb.length - 8);
                cdb[8] = (byte) (action >> 8);
                cdb[9] = (byte) action;
              } else {
                cdb[1] = (byte) action;
              }
            });
    if (mode >= 0) {
      cdb[1] = (byte) mode;
    }
    return HexFormat.ofDelimiter(" ").formatHex(cdb);
  }

  @TestFactory
  List<DynamicTest> everyCommand_inEveryState_isTakenOrRefusedAsTheStandardSays() {
    var tests = new ArrayList<DynamicTest>();
    for (CommandSpec row : CommandTable.rows()) {
      tests.add(
          DynamicTest.dynamicTest(
              row.name(),
              () -> {
                var expected = expected(row);
                if (expected.equals("e")) {
                  inEveryState(row, cdb(row, 0x02), "-");
                  inEveryState(row, cdb(row, 0x0a), "SUOT");
                  inEveryState(row, cdb(row, 0x0b), "SUOT");
                } else {
                  inEveryState(row, cdb(row, -1), expected);
                }
              }));
    }
    return tests;
  }

  private static void inEveryState(CommandSpec row, String cdb, String taken) {
    for (AccessState state : AccessState.values()) {
      boolean expected = state.active() || taken.indexOf(state.name().charAt(0)) >= 0;
      assertEquals(
          expected, StateRule.of(row).takes(state, Cdb.of(cdb)), row.name() + " in " + state);
      assertEquals(state.active(), state.refusal().isEmpty(), "a sense for " + state);
    }
  }

  /// The same through a unit: what is not taken ends with the state's sense and nothing is done;
  /// what is taken ends however it ends, but not with that.
  @TestFactory
  List<DynamicTest> everyCommand_throughAUnit_isRefusedWithTheSenseOfTheState() {
    var tests = new ArrayList<DynamicTest>();
    for (CommandSpec row : CommandTable.rows()) {
      tests.add(DynamicTest.dynamicTest(row.name(), () -> throughAUnit(row)));
    }
    return tests;
  }

  private static void throughAUnit(CommandSpec row) {
    try (var fixture = new ScsiFixture()) {
      LogicalUnit unit = fixture.addUnit(0, profile(true, true, false));
      Initiator initiator = fixture.ready("a");
      for (AccessState state : CLOSED) {
        unit.portGroups()
            .start(
                new PortGroupSetup(
                    AluaMode.BOTH,
                    new TreeSet<>(Set.of(1)),
                    Map.of(1, new PortGroupSetup.Default(state, false))));
        var refusal = "NOT_READY %04x".formatted(SENSE.get(state).code);
        var status = first(initiator, cdb(row, -1)).map(Answer::status).orElse("goes on");
        boolean offered = row.offered().test(unit);
        boolean taken = expected(row).indexOf(state.name().charAt(0)) >= 0;
        if (offered && !taken) {
          assertEquals(refusal, status, row.name() + " in " + state);
        } else {
          assertNotEquals(refusal, status, row.name() + " in " + state);
        }
      }
      assertEquals(0, unit.gate().counters().writeOperations());
    }
  }

  /// How a command ended that ended at once; one that wants data or runs was taken.
  private static Optional<Answer> first(Initiator initiator, String cdb) {
    return ScsiFixture.on(
        initiator.nexus.context(),
        () ->
            io.vertx.core.Future.succeededFuture(
                initiator.begin(0, cdb, 0) instanceof Step.Done done
                    ? Optional.of(Answer.of(done.completion()))
                    : Optional.<Answer>empty()));
  }

  @TestFactory
  List<DynamicTest> whatMovesDataOfTheMedium_isDrained() {
    return CommandTable.rows().stream()
        .filter(
            row ->
                row.needsMedium()
                    && StateRule.of(row) == StateRule.ACTIVE
                    && row.opcode() != 0x9e) // GET LBA STATUS reads no block
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.name(), () -> assertTrue(StateRule.drained(row.opcode()))))
        .toList();
  }
}
