package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import java.util.List;

/// Informational Exceptions (SPC-5, page 2Fh): there is none, and no thermometer.
final class InformationalExceptionsLogPage {
  /// ASC, ASCQ, most recent temperature reading (FFh: none), threshold.
  private static final byte[] NOTHING = {0, 0, (byte) 0xff, (byte) 0xff};

  private InformationalExceptionsLogPage() {}

  static List<LogParameter> parameters(LogicalUnit unit) {
    return List.of(LogParameter.list(0x0000, NOTHING.clone()));
  }
}
