package io.vtgt.scsi.page;

import io.vtgt.scsi.Sense;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;

/// Extended INQUIRY Data (SPC-5, page 86h). ESXi asks for it.
final class ExtendedInquiryPage {
  private static final int LENGTH = 0x3c;

  private ExtendedInquiryPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    byte[] body = new byte[LENGTH];
    body[1] = 0x07; // HEADSUP, ORDSUP, SIMPSUP: task attributes
    body[2] = 0x01; // V_SUP: there is a volatile cache, SYNCHRONIZE CACHE and FUA reach past it
    body[3] = 0x01; // LUICLR: REPORTED LUNS DATA HAS CHANGED is reported once a nexus
    body[4] = 0x08; // RTD_SUP: MODE SELECT goes back to the defaults
    body[9] = Sense.MAX_LENGTH;
    return body;
  }
}
