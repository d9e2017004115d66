package io.vtgt.scsi.page;

import io.vtgt.scsi.sbc.BlockLimits;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.ThresholdSets;

/// Logical Block Provisioning (SBC-4, page B2h).
final class LogicalBlockProvisioningPage {
  private static final int LBPU = 0x80, LBPWS = 0x40, LBPWS10 = 0x20, LBPRZ_ZEROES = 0x04;
  private static final int THIN = 2;

  private LogicalBlockProvisioningPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    byte[] body = new byte[4];
    if (unit.thin()) {
      body[1] = (byte) ((BlockLimits.unmapCommand(unit) ? LBPU : 0) | LBPWS | LBPWS10);
      if (BlockLimits.unmapZeroes(unit)) {
        body[1] |= LBPRZ_ZEROES;
      }
      // Without a threshold too: the log page of the same name counts in these sets.
      body[0] = (byte) ThresholdSets.exponent(unit.profile());
      body[2] = THIN; // no THRESHOLD PERCENTAGE: thresholds are counts
    }
    return body;
  }
}
