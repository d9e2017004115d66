package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.ThresholdSets;
import java.nio.ByteBuffer;

/// Logical Block Provisioning (SBC-4, mode page 1Ch, subpage 02h): the thresholds at which a thin
/// unit warns, as the document has them. Every initiator is told (SITUA is 0).
final class ProvisioningThresholdsPage {
  private static final int FLAGS_AND_RESERVED = 12, DESCRIPTOR_LENGTH = 8;

  // A threshold descriptor: ENABLED, a soft threshold, and on which way the count is met.
  private static final int ENABLED = 0x80, DECREASING = 0x02, INCREASING = 0x01;

  // THRESHOLD RESOURCE, as the parameters of the log page of the same name are numbered.
  private static final int AVAILABLE = 0x01, USED = 0x02;

  static final ModePage ROW =
      new ModePage(
          0x1c,
          0x02,
          "Logical Block Provisioning",
          new byte[FLAGS_AND_RESERVED + 2 * DESCRIPTOR_LENGTH],
          ProvisioningThresholdsPage::body,
          (state, _) -> state);

  private ProvisioningThresholdsPage() {}

  private static byte[] body(LogicalUnitState state) {
    ThresholdSets sets = state.thresholds();
    ByteBuffer body = ByteBuffer.allocate(FLAGS_AND_RESERVED + 2 * DESCRIPTOR_LENGTH);
    body.position(FLAGS_AND_RESERVED);
    descriptor(body, DECREASING, AVAILABLE, sets.available());
    descriptor(body, INCREASING, USED, sets.used());
    return body.array();
  }

  private static void descriptor(ByteBuffer body, int arming, int resource, long count) {
    body.put((byte) (count == 0 ? arming : ENABLED | arming))
        .put((byte) resource)
        .putShort((short) 0)
        .putInt((int) count);
  }
}
