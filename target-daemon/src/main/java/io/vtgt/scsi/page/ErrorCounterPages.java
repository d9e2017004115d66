package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.UnitStatistics;
import java.util.List;

/// Write, Read and Verify Error Counters (SPC-5, pages 02h, 03h, 05h). What a store corrects by
/// itself it does not tell, so nothing here was ever corrected or tried again.
final class ErrorCounterPages {
  static final int WRITE = 0x02, READ = 0x03, VERIFY = 0x05;

  private ErrorCounterPages() {}

  static List<LogParameter> write(LogicalUnit unit) {
    UnitStatistics.Totals totals = unit.logCounters().of(WRITE, 0);
    return parameters(totals.writtenBytes() + totals.shortWrittenBytes(), totals.writeErrors());
  }

  static List<LogParameter> read(LogicalUnit unit) {
    UnitStatistics.Totals totals = unit.logCounters().of(READ, 0);
    return parameters(totals.readBytes() + totals.shortReadBytes(), totals.readErrors());
  }

  static List<LogParameter> verify(LogicalUnit unit) {
    UnitStatistics.Totals totals = unit.logCounters().of(VERIFY, 0);
    return parameters(totals.verifiedBytes(), totals.verifyErrors());
  }

  private static List<LogParameter> parameters(long bytes, long uncorrected) {
    return List.of(
        LogParameter.counter(0x0000, 0), // corrected without substantial delay
        LogParameter.counter(0x0001, 0), // corrected with possible delays
        LogParameter.counter(0x0002, 0), // total rewrites, rereads, reverifies
        LogParameter.counter(0x0003, 0), // total errors corrected
        LogParameter.counter(0x0004, 0), // total times correction algorithm processed
        LogParameter.counter(0x0005, bytes), // total bytes processed
        LogParameter.counter(0x0006, uncorrected)); // total uncorrected errors
  }
}
