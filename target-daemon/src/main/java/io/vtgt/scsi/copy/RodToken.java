package io.vtgt.scsi.copy;

import io.vtgt.store.ChangeWatch;
import io.vtgt.target.LogicalUnit;
import java.util.List;

/// What a ROD token stands for (SPC-5, RODs and ROD tokens): ranges of a unit as they were when the
/// token was made, for as long as nobody has changed them since.
///
/// @param bytes the token as the initiator has it, [RodTokens#TOKEN_LENGTH] bytes; not to be
///   changed
/// @param initiatorName who asked for it
/// @param ranges in the order in which they follow one another in the token
/// @param length bytes of all ranges
/// @param timeoutSeconds how long it lives without being used
record RodToken(
    byte[] bytes,
    String initiatorName,
    LogicalUnit unit,
    List<ChangeWatch.Range> ranges,
    long length,
    ChangeWatch watch,
    int timeoutSeconds) {

  /// The data it stands for is still there.
  boolean holds() {
    return !watch.broken();
  }

  void release() {
    unit.gate().unwatch(watch);
  }
}
