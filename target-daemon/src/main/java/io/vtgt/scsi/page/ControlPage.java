package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.QueueError;

/// Control (SPC-5, page 0Ah).
final class ControlPage {
  // Byte 2 of the page: TST 000b (one task set for all nexuses).
  private static final int D_SENSE = 0x04, GLTSD = 0x02;
  // Byte 3: tasks may be reordered without restriction.
  private static final int UNRESTRICTED_REORDERING = 0x10, QERR = 0x06, QERR_SHIFT = 1;
  // Byte 4: UA_INTLCK_CTRL 00b.
  private static final int SWP = 0x08;
  // Byte 5.
  private static final int TAS = 0x40;

  static final ModePage ROW =
      new ModePage(
          0x0a,
          0,
          "Control",
          body(D_SENSE, QERR, SWP, TAS),
          ControlPage::body,
          ControlPage::select);

  private ControlPage() {}

  private static byte[] body(LogicalUnitState state) {
    return body(
        GLTSD | (state.mode().descriptorSense() ? D_SENSE : 0),
        UNRESTRICTED_REORDERING | state.mode().queueError().code << QERR_SHIFT,
        state.mode().softwareWriteProtect() ? SWP : 0,
        state.mode().taskAbortedStatus() ? TAS : 0);
  }

  private static byte[] body(int byte2, int byte3, int byte4, int byte5) {
    byte[] body = new byte[10];
    body[0] = (byte) byte2;
    body[1] = (byte) byte3;
    body[2] = (byte) byte4;
    body[3] = (byte) byte5;
    return body;
  }

  private static LogicalUnitState select(LogicalUnitState state, byte[] body) {
    return state.withMode(
        state
            .mode()
            .withQueueError(QueueError.of((body[1] & QERR) >> QERR_SHIFT))
            .withDescriptorSense((body[0] & D_SENSE) != 0)
            .withSoftwareWriteProtect((body[2] & SWP) != 0)
            .withTaskAbortedStatus((body[3] & TAS) != 0));
  }
}
