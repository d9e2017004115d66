package io.vtgt.scsi;

import io.vtgt.scsi.alua.AluaCommands;
import io.vtgt.scsi.alua.StateRule;
import io.vtgt.scsi.copy.CopyCommands;
import io.vtgt.scsi.reservation.ReservationCommands;
import io.vtgt.scsi.sbc.SbcCommands;
import io.vtgt.scsi.spc.SpcCommands;
import io.vtgt.target.LogicalUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Every command the target knows, in the order of operation codes. Dispatch, CDB length, the
/// refusal of unexpected bits, REPORT SUPPORTED OPERATION CODES, reservation rules, generated tests
/// and the table in the docs come from these rows.
public final class CommandTable {
  /// Service actions stand in five bits of CDB byte 1. Those of variable length CDBs have sixteen
  /// bits; the ones there are, are as small.
  private static final int SERVICE_ACTIONS = 0x20;

  private static final List<CommandSpec> ROWS =
      sorted(
          SpcCommands.rows(),
          SbcCommands.rows(),
          ReservationCommands.rows(),
          CopyCommands.rows(),
          AluaCommands.rows());
  private static final Index INDEX = Index.of(ROWS);

  private CommandTable() {}

  public static List<CommandSpec> rows() {
    return ROWS;
  }

  /// The row of this CDB by operation code and service action. Allocates nothing.
  public static Optional<CommandSpec> find(Cdb cdb) {
    return INDEX.find(cdb);
  }

  /// The row of an operation code and service action (0 where the code has none).
  public static Optional<CommandSpec> find(int opcode, int serviceAction) {
    return INDEX.find(opcode, serviceAction);
  }

  /// True when the commands of this operation code are told apart by a service action.
  public static boolean hasServiceActions(int opcode) {
    return INDEX.byServiceAction[opcode] != null;
  }

  /// True when `unit` knows a command of this operation code, whatever its service action.
  public static boolean offers(LogicalUnit unit, int opcode) {
    return ROWS.stream().anyMatch(row -> row.opcode() == opcode && row.offered().test(unit));
  }

  /// `docs/scsi-commands.md`: the rows as a document in Markdown.
  public static String markdown() {
    var text =
        new StringBuilder(
            """
            # SCSI commands

            Every command that a unit can offer: operation code and service action, the bits of its CDB that
            are evaluated (one that is set elsewhere is refused), and what it counts as for
            [reservation conflicts](reservations.md) and write protection; last the
            [access states](alua.md) of the path in which it is taken.

            | code | command | CDB usage map | access | access states |
            | --- | --- | --- | --- | --- |
            """);
    for (CommandSpec row : ROWS) {
      text.append("| ").append(HexFormat.of().toHexDigits((byte) row.opcode()));
      row.serviceAction()
          .ifPresent(action -> text.append('/').append(HexFormat.of().toHexDigits((byte) action)));
      text.append(" | ").append(row.name()).append(" | `");
      text.append(HexFormat.ofDelimiter(" ").withUpperCase().formatHex(row.usage()));
      text.append("` | ").append(words(row.access()));
      text.append(" | ").append(StateRule.of(row).words).append(" |\n");
    }
    return text.toString();
  }

  private static String words(Access access) {
    return access.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  @SafeVarargs
  private static List<CommandSpec> sorted(List<CommandSpec>... families) {
    var rows = new ArrayList<CommandSpec>();
    for (List<CommandSpec> family : families) {
      rows.addAll(family);
    }
    rows.sort(
        Comparator.comparingInt(CommandSpec::opcode)
            .thenComparingInt(row -> row.serviceAction().orElse(0)));
    return List.copyOf(rows);
  }

  /// Rows by key. The optionals are made once, so that looking up costs one array access for most
  /// commands and two for those with service actions.
  ///
  /// @param byOpcode null where there is no row, or where service actions decide
  /// @param byServiceAction null where the operation code has no service actions
  record Index(Optional<CommandSpec>[] byOpcode, Optional<CommandSpec>[][] byServiceAction) {

    /// @throws IllegalStateException for two rows with one key
    static Index of(List<CommandSpec> rows) {
      Index index = new Index(row(0x100), table(0x100));
      rows.forEach(index::add);
      return index;
    }

    Optional<CommandSpec> find(Cdb cdb) {
      Optional<CommandSpec> row = byOpcode[cdb.opcode()];
      return row != null ? row : find(cdb.opcode(), cdb.serviceAction());
    }

    Optional<CommandSpec> find(int opcode, int serviceAction) {
      Optional<CommandSpec>[] actions = byServiceAction[opcode];
      Optional<CommandSpec> row =
          actions == null
              ? byOpcode[opcode]
              : serviceAction >= 0 && serviceAction < actions.length
                  ? actions[serviceAction]
                  : null;
      return row != null ? row : Optional.empty();
    }

    private void add(CommandSpec row) {
      Optional<CommandSpec>[] home = byOpcode;
      int key = row.opcode();
      boolean mixed = byServiceAction[key] != null;
      if (row.serviceAction().isPresent()) {
        mixed = byOpcode[key] != null;
        home = byServiceAction[key] == null ? row(SERVICE_ACTIONS) : byServiceAction[key];
        byServiceAction[key] = home;
        key = row.serviceAction().getAsInt();
      }
      if (mixed || home[key] != null) {
        throw new IllegalStateException("two rows with the key of " + row.name());
      }
      home[key] = Optional.of(row);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array has no other way
    private static Optional<CommandSpec>[] row(int length) {
      return new Optional[length];
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array has no other way
    private static Optional<CommandSpec>[][] table(int length) {
      return new Optional[length][];
    }
  }
}
