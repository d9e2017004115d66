package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.reservation.Reservations;
import io.vtgt.store.StoreGate;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// A direct-access block device (SBC-4) behind a LUN.
public final class LogicalUnit {

  /// What stays the same while the unit is open.
  ///
  /// @param uuid identity that never changes; NAA and serial are made from it unless the document
  ///   sets them
  /// @param naa the 8 or 16 bytes of an NAA identifier
  /// @param blockBytes logical block length: 512 or 4096
  /// @param physicalBlockBytes a power of two times `blockBytes`
  /// @param thin unmap is offered, and provisioning type thin reported
  public record Profile(
      String name,
      UUID uuid,
      byte[] naa,
      String serial,
      String vendor,
      String product,
      String revision,
      int blockBytes,
      int physicalBlockBytes,
      boolean thin,
      boolean removable,
      boolean readOnly,
      int rotationRate) {}

  private final Profile profile;
  private final StoreGate gate;
  private volatile LogicalUnitState state;

  public LogicalUnit(Profile profile, StoreGate gate, LogicalUnitState state) {
    this.profile = profile;
    this.gate = gate;
    this.state = state;
  }

  public Profile profile() {
    return profile;
  }

  public StoreGate gate() {
    return gate;
  }

  /// An immutable snapshot, replaced whole by the unit's owner.
  public LogicalUnitState state() {
    return state;
  }

  /// Blocks of the unit now.
  public long blockCount() {
    return gate.geometry().bytes() / profile.blockBytes();
  }

  public Reservations reservations() {
    throw new UnsupportedOperationException();
  }

  /// The context on which everything of the unit but its data path is changed.
  public Context owner() {
    throw new UnsupportedOperationException();
  }

  /// Runs a control command on [#owner()] and brings its completion back to the task's context.
  public Step onOwner(Task task, Supplier<Future<Completion>> command) {
    throw new UnsupportedOperationException();
  }

  /// The nexuses that are logged in and see this unit.
  public List<Nexus> nexuses() {
    throw new UnsupportedOperationException();
  }

  /// Makes a unit attention pending at every nexus that `whose` matches. Any context.
  public void attention(Asc asc, Predicate<Nexus> whose) {
    throw new UnsupportedOperationException();
  }

  /// Ends every task of one nexus on this unit (PREEMPT AND ABORT); completes when none of its
  /// writes can still reach the medium. A nexus that is not logged in has none.
  public Future<Void> abortTasksOf(Nexus.Id nexus) {
    throw new UnsupportedOperationException();
  }

  /// Publishes a new state. Owner context only.
  public void publish(LogicalUnitState next) {
    this.state = next;
  }

  /// Finds the task's row of the command table, checks what comes before the handler (CDB bits,
  /// unit attention, reservation, write protection, medium), and begins it. Called on the nexus'
  /// loop.
  public Step begin(Task task) {
    throw new UnsupportedOperationException();
  }

  /// A store's failure as what the initiator is told.
  public Completion failed(Throwable failure) {
    throw new UnsupportedOperationException();
  }
}
