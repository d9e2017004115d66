package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/// REPORT SUPPORTED OPERATION CODES (SPC-5): the command table as this unit offers it.
final class ReportSupportedOperationCodes {
  private static final int ALL = 0, ONE_CODE = 1, ONE_ACTION = 2, ONE_EITHER = 3;

  // One command.
  private static final int CTDP_OF_ONE = 0x80, NOT_SUPPORTED = 1, SUPPORTED = 3;
  // All commands.
  private static final int CTDP = 0x02, SERVACTV = 0x01;

  private static final int TIMEOUTS_LENGTH = 12;

  private ReportSupportedOperationCodes() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean timeouts = cdb.bit(2, 7); // RCTD
    int opcode = cdb.u8(3);
    int serviceAction = cdb.u16(4);
    boolean hasActions = CommandTable.hasServiceActions(opcode);
    long allocationLength = cdb.u32(6);
    return switch (cdb.u8(2) & 0x07) {
      case ALL -> Step.good(all(unit, timeouts), allocationLength);
      case ONE_CODE ->
          hasActions
              ? wrongReportingOptions()
              : Step.good(one(unit, opcode, 0, timeouts), allocationLength);
      case ONE_ACTION ->
          hasActions
              ? Step.good(one(unit, opcode, serviceAction, timeouts), allocationLength)
              : wrongReportingOptions();
      case ONE_EITHER -> Step.good(one(unit, opcode, serviceAction, timeouts), allocationLength);
      default -> wrongReportingOptions();
    };
  }

  private static Step wrongReportingOptions() {
    return Step.check(Sense.invalidFieldInCdb(2, 2));
  }

  private static byte[] all(LogicalUnit unit, boolean timeouts) {
    List<CommandSpec> rows =
        CommandTable.rows().stream().filter(row -> row.offered().test(unit)).toList();
    int length = rows.size() * (8 + (timeouts ? TIMEOUTS_LENGTH : 0));
    ByteBuffer data = ByteBuffer.allocate(4 + length).putInt(length);
    for (CommandSpec row : rows) {
      data.put((byte) row.opcode()).put((byte) 0);
      data.putShort((short) row.serviceAction().orElse(0)).put((byte) 0);
      data.put((byte) ((timeouts ? CTDP : 0) | (row.serviceAction().isPresent() ? SERVACTV : 0)));
      data.putShort((short) row.usage().length);
      if (timeouts) {
        putTimeouts(data);
      }
    }
    return data.array();
  }

  private static byte[] one(LogicalUnit unit, int opcode, int serviceAction, boolean timeouts) {
    Optional<CommandSpec> found =
        CommandTable.find(opcode, serviceAction)
            .filter(row -> row.offered().test(unit))
            .filter(row -> row.serviceAction().orElse(0) == serviceAction);
    if (found.isEmpty()) {
      return new byte[] {0, NOT_SUPPORTED, 0, 0};
    }
    byte[] usage = found.get().usage();
    ByteBuffer data = ByteBuffer.allocate(4 + usage.length + (timeouts ? TIMEOUTS_LENGTH : 0));
    data.put((byte) 0).put((byte) ((timeouts ? CTDP_OF_ONE : 0) | SUPPORTED));
    data.putShort((short) usage.length).put(usage);
    if (timeouts) {
      putTimeouts(data);
    }
    return data.array();
  }

  /// Command timeouts descriptor: neither a nominal nor a recommended time is told.
  private static void putTimeouts(ByteBuffer data) {
    data.putShort((short) (TIMEOUTS_LENGTH - 2)).put(new byte[TIMEOUTS_LENGTH - 2]);
  }
}
