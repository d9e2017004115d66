package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.charset.StandardCharsets;

/// Unit Serial Number (SPC-5, page 80h).
final class UnitSerialNumberPage {
  private UnitSerialNumberPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    return unit.profile().serial().getBytes(StandardCharsets.US_ASCII);
  }
}
