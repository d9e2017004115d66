package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.TaskOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A SCSI command between its PDU and its status: what the transport knows of it. Touched on the
/// connection's event loop only.
final class TaskInProgress {
  final Task task;
  final int cmdSn;
  final boolean immediate;

  /// The Data-Out that belongs to it; null when all that there is came with the command.
  DataOutTransfer dataOut;

  /// What the command does with its data; null before it asked and after it got it.
  Function<ByteBuf, Step> then;

  /// Bytes of Data-Out the command transfers by its CDB; more or less than the initiator announced
  /// is the residual.
  long dataOutWanted;

  /// A completion is awaited: a store may be reading or writing for it.
  boolean running;

  /// How it ended, while the rest of its Data-Out is still to come.
  Completion completion;

  /// Nobody wants its result any more.
  boolean aborted;

  /// With [#aborted]: the initiator is told TASK ABORTED.
  boolean tellTaskAborted;

  boolean over;

  /// The sweep that it began after, or that its data came after last.
  long sweptAt;

  /// It takes up no place in the command window.
  boolean slow;

  /// Where it stands in its unit's order; null when it keeps none.
  TaskOrder.Place place;

  /// Others wait for its end: it gets memory at once.
  boolean urgent;

  /// What it holds of the daemon's data budget.
  long budgetBytes;

  /// What it holds beside that, forgiven because it takes so long.
  long forgivenBytes;

  /// What it waits for, and what then.
  record Wait(long bytes, Runnable next) {}

  Wait wait;

  /// Its place among those who wait for the data budget, or null.
  DataBudget.Waiter waiter;

  /// R2T and Data-In PDUs sent.
  int dataPdus;

  private List<Runnable> whenOver;

  TaskInProgress(Task task, int cmdSn, boolean immediate) {
    this.task = task;
    this.cmdSn = cmdSn;
    this.immediate = immediate;
  }

  void whenOver(Runnable action) {
    if (whenOver == null) {
      whenOver = new ArrayList<>(1);
    }
    whenOver.add(action);
  }

  /// Nothing of it is under way any more.
  void over() {
    over = true;
    if (place != null) {
      place.over();
    }
    if (whenOver != null) {
      whenOver.forEach(Runnable::run);
    }
  }

  @Override
  public String toString() {
    return "itt 0x%x, lun %s, cdb %s"
        .formatted(task.tag(), Long.toHexString(task.lun()), task.cdb());
  }
}
