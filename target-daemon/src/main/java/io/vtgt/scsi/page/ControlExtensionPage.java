package io.vtgt.scsi.page;

/// Control Extension (SPC-5, page 0Ah, subpage 01h): no timestamp, no priorities.
final class ControlExtensionPage {
  static final ModePage ROW = ModePage.constant(0x0a, 0x01, "Control Extension", new byte[28]);

  private ControlExtensionPage() {}
}
