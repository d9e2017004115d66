package io.vtgt.scsi.page;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.SenseKey;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.SelfTests;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Self-Test Results (SPC-5, page 10h): the newest first; what is not there is zero.
final class SelfTestResultsPage {
  private static final int VALUE_LENGTH = 16;
  private static final long NO_BLOCK = -1;

  private SelfTestResultsPage() {}

  static List<LogParameter> parameters(LogicalUnit unit) {
    List<SelfTests.Outcome> outcomes = unit.selfTests().outcomes();
    var parameters = new ArrayList<LogParameter>();
    for (int code = 1; code <= SelfTests.KEPT; code++) {
      parameters.add(
          LogParameter.list(
              code,
              code <= outcomes.size() ? value(outcomes.get(code - 1)) : new byte[VALUE_LENGTH]));
    }
    return parameters;
  }

  private static byte[] value(SelfTests.Outcome outcome) {
    boolean failed = outcome.failedBlock().isPresent();
    return ByteBuffer.allocate(VALUE_LENGTH)
        .put((byte) (outcome.code() << 5 | outcome.result().code))
        .put((byte) 0) // self-test number
        .putShort((short) outcome.hours())
        .putLong(outcome.failedBlock().orElse(NO_BLOCK))
        .put(failed ? (byte) SenseKey.MEDIUM_ERROR.code : 0)
        .putShort((short) (failed ? Asc.UNRECOVERED_READ_ERROR.code : 0))
        .array();
  }
}
