package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;

/// Mode Page Policy (SPC-5, page 87h): every mode page is shared by all nexuses, and belongs to one
/// unit alone.
final class ModePagePolicyPage {
  private static final byte ALL_PAGES = 0x3f, ALL_SUBPAGES = (byte) 0xff, SHARED = 0x00;

  private ModePagePolicyPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    return new byte[] {ALL_PAGES, ALL_SUBPAGES, SHARED, 0};
  }
}
