package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.ThresholdSets;

/// Read-Write Error Recovery (SBC-4, page 01h): the store recovers what it can by itself, so there
/// is nothing to reallocate, to retry or to tell of. LBPERE says whether thresholds of the space
/// behind a thin unit are told of.
final class ReadWriteErrorRecoveryPage {
  // Byte 7 of the page.
  private static final int LBPERE = 0x80;

  static final ModePage ROW =
      new ModePage(
          0x01,
          0,
          "Read-Write Error Recovery",
          new byte[10],
          ReadWriteErrorRecoveryPage::body,
          (state, _) -> state);

  private ReadWriteErrorRecoveryPage() {}

  private static byte[] body(LogicalUnitState state) {
    byte[] body = new byte[10];
    body[5] = (byte) (state.thresholds().equals(ThresholdSets.NONE) ? 0 : LBPERE);
    return body;
  }
}
