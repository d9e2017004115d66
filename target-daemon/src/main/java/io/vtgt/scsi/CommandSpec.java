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
/// @param handler does it
public record CommandSpec(
    String name,
    byte[] usage,
    OptionalInt serviceAction,
    Access access,
    boolean needsMedium,
    Predicate<LogicalUnit> offered,
    BiFunction<Task, LogicalUnit, Step> handler) {

  /// A command without service actions: `command("READ (10)", "28 18 FF FF FF FF 00 FF FF 00", …)`.
  public static CommandSpec command(
      String name, String usage, Access access, BiFunction<Task, LogicalUnit, Step> handler) {
    return new CommandSpec(
        name, parse(usage), OptionalInt.empty(), access, touchesMedium(access), _ -> true, handler);
  }

  /// A command told apart by the service action in the low five bits of CDB byte 1.
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
        handler);
  }

  public CommandSpec when(Predicate<LogicalUnit> condition) {
    return new CommandSpec(name, usage, serviceAction, access, needsMedium, condition, handler);
  }

  /// Sets whether the command is answered NOT READY without a medium; what reads or writes the
  /// medium needs it unless told otherwise here.
  public CommandSpec needsMedium(boolean needed) {
    return new CommandSpec(name, usage, serviceAction, access, needed, offered, handler);
  }

  public int opcode() {
    return usage[0] & 0xff;
  }

  /// What is wrong with this CDB by the usage map alone: too short, or a bit set that is not
  /// evaluated.
  public Optional<Sense> refusal(Cdb cdb) {
    if (cdb.length() < usage.length) {
      return Optional.of(Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB));
    }
    int unexpected = cdb.unexpectedBit(this);
    return unexpected < 0
        ? Optional.empty()
        : Optional.of(Sense.invalidFieldInCdb(unexpected / 8, unexpected % 8));
  }

  /// The bits of CDB byte `at` (1 or more) that are evaluated. Differs from the usage map where
  /// that shows the service action's value.
  int evaluatedBits(int at) {
    return serviceAction.isPresent() && at == 1 ? usage[at] | 0x1f : usage[at];
  }

  private static boolean touchesMedium(Access access) {
    return access == Access.READS_MEDIUM || access == Access.WRITES_MEDIUM;
  }

  private static byte[] parse(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
