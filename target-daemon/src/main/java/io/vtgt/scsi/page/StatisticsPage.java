package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.UnitStatistics;
import java.nio.ByteBuffer;
import java.util.List;

/// General Statistics and Performance (SPC-5, page 19h). A time interval is a microsecond. Command
/// priority is not supported, so the weighted fields are 0, as the standard asks.
final class StatisticsPage {
  static final int CODE = 0x19;

  /// 1 × 10⁻⁶ seconds.
  private static final int EXPONENT = 6, INTEGER = 1;

  private StatisticsPage() {}

  static List<LogParameter> parameters(LogicalUnit unit) {
    UnitStatistics.Totals totals = unit.logCounters().of(CODE, 0);
    int blockBytes = unit.profile().blockBytes();
    return List.of(
        LogParameter.counter(
            0x0001,
            totals.readCommands(),
            totals.writeCommands(),
            totals.writtenBytes() / blockBytes, // received
            totals.readBytes() / blockBytes, // transmitted
            totals.readMicros(),
            totals.writeMicros(),
            0, // weighted number of commands
            0), // weighted processing
        LogParameter.counter(0x0002, totals.idleMicros()),
        LogParameter.list(0x0003, ByteBuffer.allocate(8).putInt(EXPONENT).putInt(INTEGER).array()));
  }
}
