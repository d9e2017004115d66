package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;

/// READ DEFECT DATA (10) and (12) (SBC-4): both lists exist and are empty, in whatever format.
final class ReadDefectData {
  private ReadDefectData() {}

  static Step begin10(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    byte listsAndFormat = (byte) (cdb.u8(2) & 0x1f);
    return Step.good(new byte[] {0, listsAndFormat, 0, 0}, cdb.u16(7));
  }

  static Step begin12(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    byte listsAndFormat = (byte) (cdb.u8(1) & 0x1f);
    return Step.good(new byte[] {0, listsAndFormat, 0, 0, 0, 0, 0, 0}, cdb.u32(6));
  }
}
