package io.vtgt.scsi.page;

/// Informational Exceptions Control (SPC-5, page 1Ch): there are none to report (DEXCPT).
final class InformationalExceptionsPage {
  private static final byte[] BODY = {0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0};

  static final ModePage ROW = ModePage.constant(0x1c, 0, "Informational Exceptions Control", BODY);

  private InformationalExceptionsPage() {}
}
