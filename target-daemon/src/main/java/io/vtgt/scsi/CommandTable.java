package io.vtgt.scsi;

import java.util.List;
import java.util.Optional;

/// Every command the target knows, in the order of operation codes. Dispatch, CDB length, the
/// refusal of unexpected bits, REPORT SUPPORTED OPERATION CODES, reservation rules, generated tests
/// and the table in the docs come from these rows.
public final class CommandTable {
  private CommandTable() {}

  public static List<CommandSpec> rows() {
    throw new UnsupportedOperationException();
  }

  /// The row of this CDB by operation code and service action.
  public static Optional<CommandSpec> find(Cdb cdb) {
    throw new UnsupportedOperationException();
  }
}
