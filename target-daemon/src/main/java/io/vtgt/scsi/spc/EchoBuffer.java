package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.Optional;

/// WRITE BUFFER and READ BUFFER (SPC-5): the echo buffer, by which an initiator tries its path to
/// the unit. Every nexus has one of its own at every unit, so nobody overwrites it (EBOS). There is
/// no other buffer, no microcode and no error history: the other modes are refused.
final class EchoBuffer {
  private static final int CAPACITY = 4096;

  /// MODE.
  private static final int DESCRIPTOR = 0x03, ECHO = 0x0a, ECHO_DESCRIPTOR = 0x0b;

  private static final byte EBOS = 0x01;

  private EchoBuffer() {}

  static Step write(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    int length = cdb.u24(6);
    if (cdb.u8(1) != ECHO) {
      return wrongMode();
    }
    if (length > CAPACITY) {
      return Step.check(Sense.invalidFieldInCdb(6, 7));
    }
    if (length == 0) {
      return Step.GOOD; // no data is transferred, and what was written before stays
    }
    return ParameterList.gather(
        length,
        data -> {
          task.nexus().keepEcho(task.lun(), data);
          return Step.GOOD;
        });
  }

  static Step read(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    int allocationLength = cdb.u24(6);
    return switch (cdb.u8(1)) {
      case ECHO -> {
        Optional<byte[]> echo = task.nexus().echo(task.lun());
        yield echo.isPresent()
            ? Step.good(echo.get().clone(), allocationLength)
            : Step.check(Sense.illegalRequest(Asc.COMMAND_SEQUENCE_ERROR));
      }
      case ECHO_DESCRIPTOR ->
          Step.good(
              new byte[] {EBOS, 0, (byte) (CAPACITY >> 8), (byte) CAPACITY}, allocationLength);
      case DESCRIPTOR -> Step.good(new byte[4], allocationLength); // no buffer has this ID
      default -> wrongMode();
    };
  }

  private static Step wrongMode() {
    return Step.check(Sense.invalidFieldInCdb(1, 4));
  }
}
