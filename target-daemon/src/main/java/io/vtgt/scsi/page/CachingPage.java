package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnitState;

/// Caching (SBC-4, page 08h). With WCE off, every write is durable before its status.
final class CachingPage {
  private static final int WCE = 0x04;

  static final ModePage ROW =
      new ModePage(0x08, 0, "Caching", body(WCE), CachingPage::body, CachingPage::select);

  private CachingPage() {}

  private static byte[] body(LogicalUnitState state) {
    return body(state.mode().writeCacheEnabled() ? WCE : 0);
  }

  private static byte[] body(int flags) {
    byte[] body = new byte[18];
    body[0] = (byte) flags;
    return body;
  }

  private static LogicalUnitState select(LogicalUnitState state, byte[] body) {
    return state.withMode(state.mode().withWriteCacheEnabled((body[0] & WCE) != 0));
  }
}
