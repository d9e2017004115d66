package io.vtgt.scsi.alua;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import java.util.Arrays;
import java.util.List;

/// In which access states a command is taken (SPC-5, Target port asymmetric access states: what a
/// device server shall support in each).
///
/// What has no row in the list is taken in the active states only; so a new command is refused on a
/// path that is not active until somebody says otherwise here.
public enum StateRule {
  ACTIVE("active"),
  /// Tells or changes what can be known without the medium.
  STANDBY("active, standby"),
  /// SET TARGET PORT GROUPS: the way back must stay open, but not while the last one is under way.
  SETTLED("all but transitioning"),
  EVERY_STATE("all"),
  /// READ BUFFER and WRITE BUFFER: the modes of the echo buffer in every state, the others in the
  /// active ones.
  ECHO_BUFFER("active; echo: all");

  private static final int ANY = -1;

  /// @param serviceAction or [#ANY]
  private record Row(int opcode, int serviceAction, StateRule rule) {}

  private static final List<Row> ROWS =
      List.of(
          row(0x03, EVERY_STATE), // REQUEST SENSE
          row(0x12, EVERY_STATE), // INQUIRY
          row(0x15, STANDBY), // MODE SELECT (6)
          row(0x1a, STANDBY), // MODE SENSE (6)
          row(0x1c, STANDBY), // RECEIVE DIAGNOSTIC RESULTS
          row(0x1d, STANDBY), // SEND DIAGNOSTIC
          // Beyond what must be taken: Linux gives a path it cannot ask a capacity of 0.
          row(0x25, STANDBY), // READ CAPACITY (10)
          row(0x3b, ECHO_BUFFER), // WRITE BUFFER
          row(0x3c, ECHO_BUFFER), // READ BUFFER
          row(0x4c, STANDBY), // LOG SELECT
          row(0x4d, STANDBY), // LOG SENSE
          row(0x55, STANDBY), // MODE SELECT (10)
          row(0x5a, STANDBY), // MODE SENSE (10)
          row(0x5e, STANDBY), // PERSISTENT RESERVE IN
          row(0x5f, STANDBY), // PERSISTENT RESERVE OUT
          new Row(0x9e, 0x10, STANDBY), // READ CAPACITY (16)
          row(0xa0, EVERY_STATE), // REPORT LUNS
          new Row(0xa3, 0x05, STANDBY), // REPORT IDENTIFYING INFORMATION
          new Row(0xa3, 0x0a, EVERY_STATE), // REPORT TARGET PORT GROUPS
          new Row(0xa3, 0x0c, STANDBY), // REPORT SUPPORTED OPERATION CODES
          new Row(0xa3, 0x0d, STANDBY), // REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS
          new Row(0xa3, 0x0f, STANDBY), // REPORT TIMESTAMP
          new Row(0xa4, 0x0a, SETTLED)); // SET TARGET PORT GROUPS

  /// RESERVE, RELEASE, START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL: nothing of them reaches the
  /// medium, and they may stand behind commands that wait for others to end.
  private static final List<Integer> NOT_OF_THE_MEDIUM =
      List.of(0x16, 0x17, 0x1b, 0x1e, 0x56, 0x57);

  /// By operation code: asked for every command that does not end at once.
  private static final boolean[] DRAINED = drained();

  private static final int MODE = 1, MODE_BITS = 0x1f;
  private static final int ECHO_BUFFER_MODE = 0x0a, ECHO_BUFFER_DESCRIPTOR_MODE = 0x0b;

  /// For the table in the documents.
  public final String words;

  StateRule(String words) {
    this.words = words;
  }

  private static Row row(int opcode, StateRule rule) {
    return new Row(opcode, ANY, rule);
  }

  public static StateRule of(CommandSpec command) {
    int action = command.serviceAction().orElse(ANY);
    for (Row row : ROWS) {
      if (row.opcode == command.opcode()
          && (row.serviceAction == ANY || row.serviceAction == action)) {
        return row.rule;
      }
    }
    return ACTIVE;
  }

  /// True when a command with this CDB is taken in `state`.
  boolean takes(AccessState state, Cdb cdb) {
    return state.active()
        || switch (this) {
          case ACTIVE -> false;
          case STANDBY -> state == AccessState.STANDBY;
          case SETTLED -> state != AccessState.TRANSITIONING;
          case EVERY_STATE -> true;
          case ECHO_BUFFER -> {
            int mode = cdb.u8(MODE) & MODE_BITS;
            yield mode == ECHO_BUFFER_MODE || mode == ECHO_BUFFER_DESCRIPTOR_MODE;
          }
        };
  }

  /// True for commands that must have ended before a path is no longer active: those that only
  /// active paths take and that touch the medium.
  public static boolean drained(int opcode) {
    return DRAINED[opcode];
  }

  private static boolean[] drained() {
    boolean[] drained = new boolean[0x100];
    Arrays.fill(drained, true);
    ROWS.forEach(row -> drained[row.opcode] = false);
    NOT_OF_THE_MEDIUM.forEach(opcode -> drained[opcode] = false);
    return drained;
  }
}
