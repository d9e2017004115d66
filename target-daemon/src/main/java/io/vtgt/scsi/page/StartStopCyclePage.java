package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.StartStopCycles;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Start-Stop Cycle Counter (SPC-5, page 0Eh). Nothing was manufactured or put into service on any
/// date, and no number of cycles wears anything out: these parameters are blank or left out.
final class StartStopCyclePage {
  private static final byte[] NO_DATE = "      ".getBytes(StandardCharsets.US_ASCII);

  private StartStopCyclePage() {}

  static List<LogParameter> parameters(LogicalUnit unit) {
    StartStopCycles.Counts counts = unit.startStopCycles().counts();
    return List.of(
        LogParameter.list(0x0001, NO_DATE.clone()), // date of manufacture
        LogParameter.list(0x0002, NO_DATE.clone()), // accounting date
        LogParameter.list(0x0004, number(counts.stops())), // accumulated start-stop cycles
        LogParameter.list(0x0006, number(counts.unloads()))); // accumulated load-unload cycles
  }

  private static byte[] number(long value) {
    int shown = (int) Math.min(value, 0xffff_ffffL);
    return ByteBuffer.allocate(4).putInt(shown).array();
  }
}
