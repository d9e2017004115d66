package io.vtgt.scsi.page;

/// Disconnect-Reconnect (SPC-5, page 02h). iSCSI negotiates at login what other transports set
/// here.
final class DisconnectReconnectPage {
  static final ModePage ROW = ModePage.constant(0x02, 0, "Disconnect-Reconnect", new byte[14]);

  private DisconnectReconnectPage() {}
}
