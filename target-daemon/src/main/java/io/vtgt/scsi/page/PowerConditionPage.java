package io.vtgt.scsi.page;

/// Power Condition (SPC-5, page 1Ah): no timer, since nothing turns here.
final class PowerConditionPage {
  private static final int LENGTH = 38;
  private static final int CCF = 37;

  /// CCF_IDLE, CCF_STANDBY, CCF_STOPPED: leaving such a condition is not worth a CHECK CONDITION.
  private static final byte CCF_DISABLED = 0x54;

  static final ModePage ROW = ModePage.constant(0x1a, 0, "Power Condition", body());

  private PowerConditionPage() {}

  private static byte[] body() {
    byte[] body = new byte[LENGTH];
    body[CCF] = CCF_DISABLED;
    return body;
  }
}
