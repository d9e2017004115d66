package io.vtgt.target;

import io.vertx.core.Future;
import io.vtgt.scsi.Sense;
import java.util.OptionalLong;

/// What the SCSI side asks of the transport below a nexus. Implemented by the iSCSI session. May be
/// called from any context.
public interface NexusTransport {

  /// Ends tasks of this nexus.
  ///
  /// @param lun only those of this unit (8 bytes, in the form of [Lun#canonical] that
  ///   [io.vtgt.scsi.Task] has too), or all
  /// @param tellTaskAborted answer each with TASK ABORTED (TAS is set and another nexus asked);
  ///   otherwise they end without an answer
  /// @return completes when no write of an ended task can still reach the medium
  Future<Void> abortTasks(OptionalLong lun, boolean tellTaskAborted);

  /// Completes when the tasks of a unit that have begun, or may begin without waiting for others,
  /// are over: those there are when this is called on the nexus' loop. A transport with one task at
  /// a time has nothing to wait for.
  ///
  /// @param lun 8 bytes, in the form of [Lun#canonical]
  default Future<Void> begunTasksOver(long lun) {
    return Future.succeededFuture();
  }

  /// Ends the tasks of this nexus but for one of them, which asks for it (PREEMPT AND ABORT of the
  /// nexus' own key). They end without an answer. A transport with one task at a time has nothing
  /// to do.
  ///
  /// @param lun only those of this unit (8 bytes)
  /// @param tag of the task that goes on
  /// @return completes when no write of an ended task can still reach the medium
  default Future<Void> abortTasksBeside(long lun, int tag) {
    return Future.succeededFuture();
  }

  /// Tells the initiator of an event (RFC 7143 section 11.9, event 0): the unit attention is
  /// pending.
  void scsiEvent(long lun, Sense sense);

  /// Ends the session.
  ///
  /// @param why for the log and the admin interface
  Future<Void> end(String why);
}
