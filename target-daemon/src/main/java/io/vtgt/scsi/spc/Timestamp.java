package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.DeviceClock;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;

/// REPORT and SET TIMESTAMP (SPC-5): milliseconds since 1970, in six bytes.
final class Timestamp {
  private static final int LIST_LENGTH = 6, ALLOCATION_LENGTH = 6;
  private static final int DATA_LENGTH = 12, TIMESTAMP = 4, TIMESTAMP_END = 10;

  private Timestamp() {}

  static Step report(Task task, LogicalUnit unit) {
    DeviceClock.Reading now = unit.clock().now();
    byte[] data =
        ByteBuffer.allocate(DATA_LENGTH)
            .putShort((short) (DATA_LENGTH - 2))
            .put((byte) now.origin().code)
            .put((byte) 0)
            .putShort((short) (now.millis() >> 32))
            .putInt((int) now.millis())
            .array();
    return Step.good(data, task.cdb().u32(ALLOCATION_LENGTH));
  }

  static Step set(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    long length = cdb.u32(LIST_LENGTH);
    if (length == 0) {
      return Step.GOOD;
    }
    if (length < TIMESTAMP_END || length > DATA_LENGTH) {
      return ParameterList.WRONG_LENGTH;
    }
    return ParameterList.gather((int) length, list -> set(task, unit, list));
  }

  private static Step set(Task task, LogicalUnit unit, byte[] list) {
    for (int at = 0; at < list.length; at++) {
      boolean reserved = at < TIMESTAMP || at >= TIMESTAMP_END;
      if (reserved && list[at] != 0) {
        return Step.check(Sense.invalidFieldInParameterList(at, -1));
      }
    }
    long timestamp = 0;
    for (int at = TIMESTAMP; at < TIMESTAMP_END; at++) {
      timestamp = (timestamp << Byte.SIZE) | (list[at] & 0xff);
    }
    unit.clock().set(timestamp);
    unit.attention(Asc.TIMESTAMP_CHANGED, nexus -> !nexus.equals(task.nexus()));
    return Step.GOOD;
  }
}
