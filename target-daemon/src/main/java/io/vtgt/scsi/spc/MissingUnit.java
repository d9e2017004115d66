package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;

/// What a LUN answers that names no unit, or one this nexus may not see (SPC-5, Incorrect logical
/// unit selection).
public final class MissingUnit {
  private MissingUnit() {}

  public static Step begin(Task task) {
    return Step.check(Sense.illegalRequest(Asc.LOGICAL_UNIT_NOT_SUPPORTED));
  }
}
