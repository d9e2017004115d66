package io.vtgt.scsi;

import io.vtgt.store.Caller;
import io.vtgt.target.Lun;
import io.vtgt.target.Nexus;

/// One command in progress (SAM-5, Task). Made by the transport, touched on its nexus' loop only.
///
/// @param nexus whom it came through
/// @param lun the 8-byte logical unit number, in the one form of [Lun#canonical] whatever form it
///   came in: so that ending the tasks of a unit finds all of them
/// @param tag the initiator task tag, unique in the nexus
/// @param dataOutLength bytes the initiator will send at most
/// @param dataInLength bytes the initiator will take at most
/// @param life whether the task was aborted
public record Task(
    Nexus nexus,
    long lun,
    int tag,
    Cdb cdb,
    TaskAttribute attribute,
    long dataOutLength,
    long dataInLength,
    Life life)
    implements Caller {
  public Task {
    lun = Lun.canonical(lun);
  }

  public Task(
      Nexus nexus,
      long lun,
      int tag,
      Cdb cdb,
      TaskAttribute attribute,
      long dataOutLength,
      long dataInLength) {
    this(nexus, lun, tag, cdb, attribute, dataOutLength, dataInLength, new Life());
  }

  /// Whether anybody still wants the task's result. Ended by the transport, read from any context.
  public static final class Life {
    private volatile boolean ended;

    public void end() {
      ended = true;
    }

    public boolean ended() {
      return ended;
    }
  }

  /// True when the task was aborted: a command that works in pieces (a long WRITE SAME, a copy)
  /// begins no further one, fails its future, and so lets the task management function that waits
  /// for it be answered. Any context.
  @Override
  public boolean aborted() {
    return life.ended();
  }

  @Override
  public Nexus.Id party() {
    return nexus.id();
  }
}
