package io.vtgt.scsi.spc;

import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// TEST UNIT READY (SPC-5). Not being ready was found before.
final class TestUnitReady {
  private TestUnitReady() {}

  static Step begin(Task task, LogicalUnit unit) {
    return Step.GOOD;
  }
}
