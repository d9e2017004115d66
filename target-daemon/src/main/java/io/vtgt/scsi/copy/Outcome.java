package io.vtgt.scsi.copy;

import io.vtgt.scsi.Completion;

/// How the work of a copy ended.
sealed interface Outcome {

  /// All of it is done.
  record Done() implements Outcome {}

  /// Nobody wants the rest: the task was aborted, a unit was reset or taken away, COPY OPERATION
  /// ABORT.
  record Stopped() implements Outcome {}

  /// An end of the copy did not do what it was asked.
  ///
  /// @param why what a command of the initiator would have ended with there
  record Failed(boolean atSource, Completion why) implements Outcome {}

  /// What a token stands for is not there any more.
  record SourceChanged() implements Outcome {}

  Outcome DONE = new Done();
}
