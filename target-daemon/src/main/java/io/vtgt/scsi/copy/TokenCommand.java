package io.vtgt.scsi.copy;

import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import java.util.OptionalInt;
import java.util.function.Function;

/// What POPULATE TOKEN and WRITE USING TOKEN have in common: where the CDB has what, and a
/// parameter list of a header and range descriptors.
final class TokenCommand {
  private static final int LIST_ID = 6, PARAMETER_LIST_LENGTH = 10;

  private static final int RANGE_LENGTH = 16;

  private TokenCommand() {}

  /// Gathers the parameter list, of more descriptors than there may be the first too many.
  ///
  /// @param headerLength bytes before the range descriptors; no list is shorter
  static Step withList(Task task, int headerLength, Function<byte[], Step> then) {
    long length = task.cdb().u32(PARAMETER_LIST_LENGTH);
    if (length == 0) {
      return Step.GOOD;
    }
    if (length < headerLength) {
      return ParameterList.WRONG_LENGTH;
    }
    int longest = headerLength + RANGE_LENGTH * (CopyLimits.RANGES + 1);
    return ExtendedCopy.withList(task, (int) Math.min(length, longest), then);
  }

  /// @param background IMMED
  static CopyOperation operation(Task task, int serviceAction, boolean background) {
    var listId = OptionalInt.of((int) task.cdb().u32(LIST_ID));
    return new CopyOperation(new CopyOperation.Origin(serviceAction, listId, background), task);
  }
}
