package io.vtgt.scsi.spc;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.SelfTests;
import java.util.Optional;

/// SEND DIAGNOSTIC (SPC-5): the default self-test, and the short one in the foreground and in the
/// background, all of which read the medium. An extended one would read all of it for hours, and
/// there are no diagnostic pages to send.
final class SendDiagnostic {
  /// SELF-TEST CODE.
  private static final int NO_CODE = 0,
      BACKGROUND_SHORT = 1,
      ABORT_BACKGROUND = 4,
      FOREGROUND_SHORT = 5;

  private static final Completion FAILED =
      Completion.check(Sense.of(SenseKey.HARDWARE_ERROR, Asc.LOGICAL_UNIT_FAILED_SELF_TEST));

  private SendDiagnostic() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean defaultTest = cdb.bit(1, 2); // SELFTEST
    int code = cdb.u8(1) >> 5;
    if (code == NO_CODE) {
      return defaultTest ? defaultTest(unit) : Step.GOOD;
    }
    if (defaultTest) {
      return wrongCode();
    }
    return switch (code) {
      case BACKGROUND_SHORT, FOREGROUND_SHORT -> test(unit, code);
      case ABORT_BACKGROUND -> unit.selfTests().abort() ? Step.GOOD : wrongCode();
      default -> wrongCode();
    };
  }

  private static Step wrongCode() {
    return Step.check(Sense.invalidFieldInCdb(1, 7));
  }

  private static Step defaultTest(LogicalUnit unit) {
    return unit.admission().notReady().isPresent()
        ? Step.GOOD // without a medium there is nothing to test
        : new Step.Running(
            SelfTests.read(unit).map(failed -> failed.isPresent() ? FAILED : Completion.good()));
  }

  private static Step test(LogicalUnit unit, int code) {
    Optional<Sense> notReady = unit.admission().notReady();
    if (notReady.isPresent()) {
      return Step.check(notReady.get());
    }
    Optional<Future<SelfTests.Outcome>> test = unit.selfTests().begin(unit, code);
    if (test.isEmpty()) {
      return Step.check(
          Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_SELF_TEST_IN_PROGRESS));
    }
    return code == BACKGROUND_SHORT
        ? Step.GOOD
        : new Step.Running(
            test.get()
                .map(
                    outcome ->
                        outcome.result() == SelfTests.Result.FIRST_SEGMENT_FAILED
                            ? FAILED
                            : Completion.good()));
  }
}
