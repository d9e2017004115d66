package io.vtgt.scsi.page;

/// Control Extension (SPC-5, page 0Ah, subpage 01h): the timestamp is that of the host until SET
/// TIMESTAMP sets another, which then stands (TCMOS, SCSIP); no priorities.
final class ControlExtensionPage {
  private static final byte TCMOS = 0x04, SCSIP = 0x02;

  static final ModePage ROW = ModePage.constant(0x0a, 0x01, "Control Extension", body());

  private ControlExtensionPage() {}

  private static byte[] body() {
    byte[] body = new byte[28];
    body[0] = TCMOS | SCSIP;
    return body;
  }
}
