package io.vtgt.scsi;

import io.vtgt.target.LogicalUnit;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/// One row of the command table.
///
/// @param name as the standard prints it
/// @param usage the CDB usage map of REPORT SUPPORTED OPERATION CODES (SPC-5): the operation code,
///   then a bit for every bit that is evaluated; the service action with its value. Its length is
///   the CDB's.
/// @param serviceAction for operation codes that have them
/// @param access what the command touches
/// @param needsMedium answered NOT READY while there is no medium or the unit is stopped
/// @param offered whether this unit knows the command at all
/// @param duringSanitize which CDBs of it are processed while a sanitize operation is under way or
///   has failed (SBC-4, Commands allowed during sanitize)
/// @param handler does it
public record CommandSpec(
    String name,
    byte[] usage,
    OptionalInt serviceAction,
    Access access,
    boolean needsMedium,
    Predicate<LogicalUnit> offered,
    Predicate<Cdb> duringSanitize,
    BiFunction<Task, LogicalUnit, Step> handler) {

  /// Bytes of a variable length CDB before the ADDITIONAL CDB LENGTH is counted (SPC-5).
  private static final int VARIABLE_HEADER_LENGTH = 8;

  private static final int ADDITIONAL_CDB_LENGTH = 7;

  /// A command without service actions: `command("READ (10)", "28 18 FF FF FF FF 00 FF FF 00", …)`.
  public static CommandSpec command(
      String name, String usage, Access access, BiFunction<Task, LogicalUnit, Step> handler) {
    return new CommandSpec(
        name,
        parse(usage),
        OptionalInt.empty(),
        access,
        touchesMedium(access),
        _ -> true,
        _ -> access == Access.ALWAYS,
        handler);
  }

  /// A command told apart by its service action: in the low five bits of CDB byte 1, or in bytes 8
  /// and 9 of a variable length CDB (operation code 7Fh).
  public static CommandSpec service(
      String name,
      int serviceAction,
      String usage,
      Access access,
      BiFunction<Task, LogicalUnit, Step> handler) {
    return new CommandSpec(
        name,
        parse(usage),
        OptionalInt.of(serviceAction),
        access,
        touchesMedium(access),
        _ -> true,
        _ -> access == Access.ALWAYS,
        handler);
  }

  public CommandSpec when(Predicate<LogicalUnit> condition) {
    return new CommandSpec(
        name, usage, serviceAction, access, needsMedium, condition, duringSanitize, handler);
  }

  /// Says which CDBs are processed during a sanitize operation; unless told here, those that are
  /// always answered.
  public CommandSpec duringSanitize(Predicate<Cdb> allowed) {
    return new CommandSpec(
        name, usage, serviceAction, access, needsMedium, offered, allowed, handler);
  }

  /// Sets whether the command is answered NOT READY without a medium; what reads or writes the
  /// medium needs it unless told otherwise here.
  public CommandSpec needsMedium(boolean needed) {
    return new CommandSpec(
        name, usage, serviceAction, access, needed, offered, duringSanitize, handler);
  }

  public int opcode() {
    return usage[0] & 0xff;
  }

  /// What is wrong with this CDB by the usage map alone: too short, of another length than it says,
  /// or a bit set that is not evaluated.
  public Optional<Sense> refusal(Cdb cdb) {
    if (cdb.length() < usage.length) {
      return Optional.of(Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB));
    }
    if (isVariableLength()
        && cdb.u8(ADDITIONAL_CDB_LENGTH) != usage.length - VARIABLE_HEADER_LENGTH) {
      return Optional.of(Sense.invalidFieldInCdb(ADDITIONAL_CDB_LENGTH, 7));
    }
    int unexpected = cdb.unexpectedBit(this);
    return unexpected < 0
        ? Optional.empty()
        : Optional.of(Sense.invalidFieldInCdb(unexpected / 8, unexpected % 8));
  }

  /// The bits of CDB byte `at` (1 or more) that are evaluated. Differs from the usage map where
  /// that shows the value of the service action, or of the additional CDB length.
  int evaluatedBits(int at) {
    if (isVariableLength()) {
      return at >= ADDITIONAL_CDB_LENGTH && at < Cdb.VARIABLE_SERVICE_ACTION + 2 ? 0xff : usage[at];
    }
    return serviceAction.isPresent() && at == 1 ? usage[at] | 0x1f : usage[at];
  }

  private boolean isVariableLength() {
    return opcode() == Cdb.VARIABLE_LENGTH;
  }

  private static boolean touchesMedium(Access access) {
    return access == Access.READS_MEDIUM || access == Access.WRITES_MEDIUM;
  }

  private static byte[] parse(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
