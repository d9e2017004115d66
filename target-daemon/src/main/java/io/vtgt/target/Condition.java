package io.vtgt.target;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import java.util.Optional;

/// What a unit is busy with as a whole, or suffers from: decides which commands it takes.
/// Immutable.
public sealed interface Condition {

  /// Nothing in the way.
  record Usable() implements Condition {}

  /// A sanitize operation is under way (SBC-4, Performing a sanitize operation).
  ///
  /// @param progress PROGRESS INDICATION, 0 to 65535
  record Sanitizing(int progress) implements Condition {}

  /// A sanitize operation has failed: data may be left, so nobody gets at it.
  ///
  /// @param exitAllowed the unrestricted completion mode (AUSE): EXIT FAILURE MODE ends this
  record SanitizeFailed(boolean exitAllowed) implements Condition {}

  /// A format operation is under way (SBC-4, Format operations).
  ///
  /// @param progress PROGRESS INDICATION, 0 to 65535
  record Formatting(int progress) implements Condition {}

  /// A format operation did not come to its end: part of the medium holds what was before.
  record FormatCorrupted() implements Condition {}

  Condition USABLE = new Usable();

  /// What refused commands and REQUEST SENSE are told; empty when the unit is usable.
  static Optional<Sense> sense(Condition condition) {
    return switch (condition) {
      case Usable _ -> Optional.empty();
      case Sanitizing sanitizing ->
          Optional.of(
              Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_SANITIZE_IN_PROGRESS)
                  .withProgress(sanitizing.progress()));
      case SanitizeFailed _ ->
          Optional.of(Sense.of(SenseKey.MEDIUM_ERROR, Asc.SANITIZE_COMMAND_FAILED));
      case Formatting formatting ->
          Optional.of(
              Sense.of(SenseKey.NOT_READY, Asc.LOGICAL_UNIT_NOT_READY_FORMAT_IN_PROGRESS)
                  .withProgress(formatting.progress()));
      case FormatCorrupted _ ->
          Optional.of(Sense.of(SenseKey.MEDIUM_ERROR, Asc.MEDIUM_FORMAT_CORRUPTED));
    };
  }

  /// Is this CDB of a row of the command table processed? What is not ends with [#sense].
  static boolean allows(Condition condition, CommandSpec row, Cdb cdb) {
    return switch (condition) {
      case Usable _ -> true;
      case Sanitizing _ -> row.duringSanitize().test(cdb);
      case SanitizeFailed _ -> row.opcode() == SANITIZE || row.duringSanitize().test(cdb);
      case Formatting _ -> row.access() == Access.ALWAYS;
      case FormatCorrupted _ ->
          row.opcode() == SANITIZE || row.opcode() == FORMAT_UNIT || !row.needsMedium();
    };
  }

  /// The commands that mend a unit.
  int FORMAT_UNIT = 0x04, SANITIZE = 0x48;
}
