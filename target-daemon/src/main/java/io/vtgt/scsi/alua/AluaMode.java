package io.vtgt.scsi.alua;

import java.util.Arrays;
import java.util.Optional;

/// Who may change access states: the TPGS field of standard INQUIRY data (SPC-5).
public enum AluaMode {
  /// Nobody, and nothing is told of states: every group is active and optimized.
  OFF("off", 0b00),
  /// The administrator.
  IMPLICIT("implicit", 0b01),
  /// Initiators, with SET TARGET PORT GROUPS.
  EXPLICIT("explicit", 0b10),
  BOTH("both", 0b11);

  /// As the document writes it.
  public final String text;

  /// TPGS, two bits.
  public final int tpgs;

  AluaMode(String text, int tpgs) {
    this.text = text;
    this.tpgs = tpgs;
  }

  public boolean implicit() {
    return (tpgs & IMPLICIT.tpgs) != 0;
  }

  public boolean explicit() {
    return (tpgs & EXPLICIT.tpgs) != 0;
  }

  public static Optional<AluaMode> of(String text) {
    return Arrays.stream(values()).filter(mode -> mode.text.equals(text)).findFirst();
  }
}
