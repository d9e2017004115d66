package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.Arrays;

/// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-5): those of the transport. The queries and the
/// nexus reset need a session of iSCSIProtocolLevel 2 (RFC 7144), which is what initiators are
/// offered.
final class ReportSupportedTmf {
  private static final int ABORT_TASK = 0x80,
      ABORT_TASK_SET = 0x40,
      CLEAR_TASK_SET = 0x10,
      LOGICAL_UNIT_RESET = 0x08,
      QUERY_TASK = 0x04,
      TARGET_RESET = 0x02;
  private static final int QUERY_ASYNC_EVENT = 0x04, QUERY_TASK_SET = 0x02, I_T_NEXUS_RESET = 0x01;
  private static final int SHORT_LENGTH = 4, EXTENDED_LENGTH = 16;

  private ReportSupportedTmf() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean extended = cdb.bit(2, 7); // REPD
    byte[] data = new byte[EXTENDED_LENGTH];
    data[0] =
        (byte)
            (ABORT_TASK
                | ABORT_TASK_SET
                | CLEAR_TASK_SET
                | LOGICAL_UNIT_RESET
                | QUERY_TASK
                | TARGET_RESET);
    data[1] = QUERY_ASYNC_EVENT | QUERY_TASK_SET | I_T_NEXUS_RESET;
    if (extended) {
      data[3] = EXTENDED_LENGTH - SHORT_LENGTH; // timeouts follow: not told (TMFTMOV 0)
    }
    return Step.good(extended ? data : Arrays.copyOf(data, SHORT_LENGTH), cdb.u32(6));
  }
}
