package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// SEND DIAGNOSTIC (SPC-5): the default self-test, which reads the first block of the medium. There
/// are no diagnostic pages.
final class SendDiagnostic {
  private SendDiagnostic() {}

  static Step begin(Task task, LogicalUnit unit) {
    boolean selfTest = task.cdb().bit(1, 2);
    if (!selfTest || unit.notReady().isPresent() || unit.blockCount() == 0) {
      return Step.GOOD;
    }
    return new Step.Running(
        unit.gate()
            .read(0, unit.profile().blockBytes())
            .map(
                block -> {
                  block.release();
                  return Completion.good();
                })
            .otherwise(
                Completion.check(
                    Sense.of(SenseKey.HARDWARE_ERROR, Asc.LOGICAL_UNIT_FAILED_SELF_TEST))));
  }
}
