package io.vtgt.scsi.alua;

import java.util.Arrays;
import java.util.Optional;

/// Who gave a target port group the state it is in: the STATUS CODE of REPORT TARGET PORT GROUPS.
public enum ChangedBy {
  /// It is as it was at the start, by the document.
  NOBODY(0x00, "nobody"),
  /// By SET TARGET PORT GROUPS.
  INITIATOR(0x01, "initiator"),
  /// By the management interface or another document: implicit asymmetric logical unit access.
  ADMINISTRATOR(0x02, "administrator");

  final int statusCode;

  /// As the interface and the command line write it.
  public final String text;

  ChangedBy(int statusCode, String text) {
    this.statusCode = statusCode;
    this.text = text;
  }

  static Optional<ChangedBy> of(String text) {
    return Arrays.stream(values()).filter(it -> it.text.equals(text)).findFirst();
  }
}
