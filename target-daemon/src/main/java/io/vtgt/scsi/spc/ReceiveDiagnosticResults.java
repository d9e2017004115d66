package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// RECEIVE DIAGNOSTIC RESULTS (SPC-5). The list of the diagnostic pages is the only one there is,
/// asked for with PCV or without.
final class ReceiveDiagnosticResults {
  private static final byte[] SUPPORTED_PAGES = {0, 0, 0, 1, 0};

  private ReceiveDiagnosticResults() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    return cdb.u8(2) == 0
        ? Step.good(SUPPORTED_PAGES.clone(), cdb.u16(3))
        : Step.check(Sense.invalidFieldInCdb(2, 7));
  }
}
