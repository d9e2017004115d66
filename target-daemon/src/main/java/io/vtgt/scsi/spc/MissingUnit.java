package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;

/// What a LUN answers that names no unit, or one this nexus may not see (SPC-5, Incorrect logical
/// unit selection).
public final class MissingUnit {
  private static final Sense NOT_SUPPORTED = Sense.illegalRequest(Asc.LOGICAL_UNIT_NOT_SUPPORTED);

  private static final int INQUIRY = 0x12, REQUEST_SENSE = 0x03, REPORT_LUNS = 0xa0;

  private MissingUnit() {}

  public static Step begin(Task task) {
    Cdb cdb = task.cdb();
    return switch (cdb.opcode()) {
      case INQUIRY -> checked(cdb, Inquiry.beginMissing(task));
      case REQUEST_SENSE -> checked(cdb, RequestSense.answer(task, NOT_SUPPORTED));
      case REPORT_LUNS -> checked(cdb, ReportLuns.begin(task));
      default -> Step.check(NOT_SUPPORTED);
    };
  }

  private static Step checked(Cdb cdb, Step step) {
    CommandSpec row = CommandTable.find(cdb).orElseThrow();
    return row.refusal(cdb).map(Step::check).orElse(step);
  }
}
