package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.Lun;
import java.nio.ByteBuffer;
import java.util.List;

/// REPORT LUNS (SPC-5): the units this nexus sees. Works on every LUN.
final class ReportLuns {
  private static final int ADDRESSABLE = 0x00, WELL_KNOWN = 0x01, ALL = 0x02;

  private ReportLuns() {}

  static Step begin(Task task) {
    Cdb cdb = task.cdb();
    List<Integer> numbers =
        switch (cdb.u8(2)) {
          case ADDRESSABLE, ALL -> task.nexus().unitNumbers();
          case WELL_KNOWN -> List.of();
          default -> null;
        };
    if (numbers == null) {
      return Step.check(Sense.invalidFieldInCdb(2, 7));
    }
    // The initiator learns now what the condition would have told it.
    task.nexus().clearAttention(Asc.REPORTED_LUNS_DATA_HAS_CHANGED);
    ByteBuffer list = ByteBuffer.allocate(8 + 8 * numbers.size());
    list.putInt(8 * numbers.size()).putInt(0);
    numbers.forEach(number -> list.putLong(Lun.of(number)));
    return Step.good(list.array(), cdb.u32(6));
  }
}
