package io.vtgt.store.sheepdog;

/// The connection ended before the answer came.
final class LinkLost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean sent;

  /// @param sent the request may have been received, so it may be done, now or later
  LinkLost(String why, boolean sent) {
    super(why, null, false, false);
    this.sent = sent;
  }

  boolean sent() {
    return sent;
  }
}
