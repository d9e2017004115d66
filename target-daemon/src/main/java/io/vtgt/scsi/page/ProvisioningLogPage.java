package io.vtgt.scsi.page;

import io.vertx.core.Future;
import io.vtgt.store.Space;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Logical Block Provisioning (SBC-4, log page 0Ch): how much is behind the medium, and how much
/// can still be; what the store does not know is left out. Counts are in threshold sets, as large
/// as the Logical Block Provisioning VPD page says.
final class ProvisioningLogPage {
  private static final int AVAILABLE = 0x0001, USED = 0x0002;

  /// SCOPE: of this unit alone, or others may take it.
  private static final byte DEDICATED = 1, SHARED = 2;

  private static final int VALUE_LENGTH = 8;
  private static final long MOST = 0xffff_ffffL;

  private ProvisioningLogPage() {}

  static Future<List<LogParameter>> parameters(LogicalUnit unit) {
    long setBytes =
        (long) unit.profile().blockBytes()
            << LogicalBlockProvisioningPage.body(unit, null)[0]; // threshold exponent
    return unit.gate()
        .space()
        .map(
            space -> {
              var known = new ArrayList<LogParameter>();
              add(known, AVAILABLE, space.freeBytes(), setBytes, SHARED);
              add(known, USED, space.allocatedBytes(), setBytes, DEDICATED);
              return List.copyOf(known);
            });
  }

  private static void add(
      List<LogParameter> known, int code, long bytes, long setBytes, byte scope) {
    if (bytes != Space.UNKNOWN) {
      byte[] value =
          ByteBuffer.allocate(VALUE_LENGTH)
              .putInt((int) Math.min(bytes / setBytes, MOST))
              .put(scope)
              .array();
      known.add(LogParameter.list(code, value));
    }
  }
}
