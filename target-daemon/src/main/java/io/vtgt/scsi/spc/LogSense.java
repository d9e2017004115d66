package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.page.LogPage;
import io.vtgt.target.LogicalUnit;
import java.util.List;

/// LOG SENSE (SPC-5). Nothing is saved, so SP is not in the usage map.
final class LogSense {
  private static final int CUMULATIVE = 1;

  private static final Completion WRONG_POINTER = Completion.check(Sense.invalidFieldInCdb(5, 7));

  private LogSense() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean cumulative = cdb.u8(2) >> 6 == CUMULATIVE;
    int code = cdb.u8(2) & 0x3f;
    int subpage = cdb.u8(3);
    List<LogPage> pages = LogPage.of(unit);
    for (LogPage page : pages) {
      if (page.code() == code && page.subpage() == subpage) {
        return new Step.Running(
            page.encode(unit, cumulative, cdb.u16(5))
                .map(
                    bytes ->
                        bytes.map(it -> Completion.good(it, cdb.u16(7))).orElse(WRONG_POINTER)));
      }
    }
    return Step.check(noSuchPage(pages, code));
  }

  /// Points at the subpage code where the page code alone is known.
  static Sense noSuchPage(List<LogPage> pages, int code) {
    return pages.stream().anyMatch(page -> page.code() == code)
        ? Sense.invalidFieldInCdb(3, 7)
        : Sense.invalidFieldInCdb(2, 5);
  }
}
