package io.vtgt.scsi.alua;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.alua.TargetPortGroups.Group;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.Collection;

/// REPORT TARGET PORT GROUPS (SPC-5): the groups through which the unit can be reached, each with
/// its one port.
final class ReportTargetPortGroups {
  private static final int PARAMETER_DATA_FORMAT = 1, ALLOCATION_LENGTH = 6;
  private static final int LENGTH_ONLY_HEADER = 0b000, EXTENDED_HEADER = 0b001;
  private static final int LENGTH_FIELD = 4, EXTENSION = 4, GROUP_LENGTH = 8, PORT_LENGTH = 4;

  /// FORMAT TYPE of the extended header.
  private static final byte EXTENDED = 0b001 << 4;

  private static final int PREF = 0x80;

  private ReportTargetPortGroups() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    var groups = unit.portGroups().reachable(task.nexus().id()).values();
    long allocationLength = cdb.u32(ALLOCATION_LENGTH);
    return switch (cdb.u8(PARAMETER_DATA_FORMAT) >> 5) {
      case LENGTH_ONLY_HEADER -> Step.good(encode(groups, false), allocationLength);
      case EXTENDED_HEADER -> Step.good(encode(groups, true), allocationLength);
      default -> Step.check(Sense.invalidFieldInCdb(PARAMETER_DATA_FORMAT, 7));
    };
  }

  private static byte[] encode(Collection<Group> groups, boolean extended) {
    int length = (extended ? EXTENSION : 0) + groups.size() * (GROUP_LENGTH + PORT_LENGTH);
    ByteBuffer data = ByteBuffer.allocate(LENGTH_FIELD + length).putInt(length);
    if (extended) {
      data.put(EXTENDED).put((byte) TargetPortGroups.TRANSITION_SECONDS).putShort((short) 0);
    }
    for (Group group : groups) {
      data.put((byte) ((group.preferred() ? PREF : 0) | group.state().code));
      data.put(AccessState.SUPPORTED);
      data.putShort((short) group.id());
      data.put((byte) 0).put((byte) group.changedBy().statusCode);
      data.put((byte) 0).put((byte) 1); // vendor specific; one target port:
      data.putShort((short) 0).putShort((short) group.id());
    }
    return data.array();
  }
}
