package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.Optional;

/// REQUEST SENSE (SPC-5): what is pending or why the unit is not ready, as data with status GOOD.
final class RequestSense {
  private static final Sense NOTHING =
      Sense.of(SenseKey.NO_SENSE, Asc.NO_ADDITIONAL_SENSE_INFORMATION);

  private RequestSense() {}

  static Step begin(Task task, LogicalUnit unit) {
    Optional<Sense> attention = task.nexus().takeAttention(task.lun()).map(Sense::unitAttention);
    return answer(
        task,
        attention
            .or(() -> unit.portGroups().inaccessible(task.nexus().id()))
            .or(unit.admission()::notReady)
            .orElse(NOTHING));
  }

  /// @param sense told in the format the DESC bit asks for
  static Step answer(Task task, Sense sense) {
    Cdb cdb = task.cdb();
    return Step.good(sense.encode(cdb.bit(1, 0)), cdb.u8(4));
  }
}
