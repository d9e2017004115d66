package io.vtgt.target;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.sbc.BlockLimits;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import io.vtgt.target.LogicalUnit.Profile;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// What an operator does to a unit while it is served: gives it other settings or another size,
/// takes its medium out and puts it in again. No session ends; initiators learn of it by unit
/// attentions.
///
/// Called from any context; runs on the unit's owner, and completes on the calling context.
public final class Upkeep {
  private final LogicalUnit unit;

  public Upkeep(LogicalUnit unit) {
    this.unit = unit;
  }

  /// Replaces the unit's profile and what its mode pages say at first. A mode setting whose first
  /// value changes takes the new value at once; others stay as initiators have set them.
  ///
  /// @param next of the same name, identity and block length
  /// @return completes when nothing under way still goes by the old settings: a unit that became
  ///   read-only has no write under way, one that lost its write cache has made durable what it
  ///   answered before
  public Future<Void> change(Profile next, ModeSettings modeAtFirst) {
    return onOwner(
        () -> {
          Profile was = unit.profile();
          LogicalUnitState before = unit.state();
          LogicalUnitState atFirst = unit.defaults().withMode(modeAtFirst);
          LogicalUnitState after =
              before.withMode(before.mode().following(unit.defaults().mode(), modeAtFirst));
          if (!next.removable()) {
            after = after.withMediumPresent(true);
          }
          Set<Asc> attentions = attentions(was, next, before, after);
          unit.settle(next, atFirst, after);
          unit.storeWatch().settle();
          attentions.forEach(asc -> unit.attention(asc, _ -> true));
          var _ = unit.spaceWatch().look();
          return quiet(was, next, before, after);
        });
  }

  /// Lets the unit's store be put under other layers. Initiators learn of it only where what they
  /// were told of the unit is not so any more.
  ///
  /// @param change completes when it is done, or has changed nothing
  public Future<Void> restack(Supplier<Future<Void>> change) {
    return onOwner(
        () -> {
          BlockLimits limits = BlockLimits.of(unit);
          List<Object> provisioning = provisioning();
          boolean writeProtected = unit.writeProtected();
          return change
              .get()
              .map(
                  _ -> {
                    unit.settle(unit.profile(), unit.defaults(), unit.state());
                    if (!limits.equals(BlockLimits.of(unit))
                        || !provisioning.equals(provisioning())) {
                      unit.attention(Asc.INQUIRY_DATA_HAS_CHANGED, _ -> true);
                    }
                    if (!provisioning.equals(provisioning())) {
                      unit.attention(Asc.CAPACITY_DATA_HAS_CHANGED, _ -> true);
                    }
                    if (writeProtected != unit.writeProtected()) {
                      unit.attention(Asc.MODE_PARAMETERS_CHANGED, _ -> true);
                    }
                    return null;
                  });
        });
  }

  /// What READ CAPACITY (16) and the Logical Block Provisioning page tell of the store.
  private List<Object> provisioning() {
    return List.of(unit.thin(), BlockLimits.unmapZeroes(unit));
  }

  /// Gives the medium another size. What is under way ends before, what comes meanwhile waits.
  ///
  /// @param bytes a multiple of the unit's blocks
  public Future<Void> resize(long bytes) {
    return unit.gate()
        .resize(bytes)
        .compose(
            _ ->
                onOwner(
                    () -> {
                      unit.settle(unit.profile(), unit.defaults(), unit.state());
                      unit.capacityChanged();
                      var _ = unit.spaceWatch().look();
                      return Future.succeededFuture();
                    }));
  }

  /// Gives the medium the content and the size that it had when a snapshot was made. What is under
  /// way ends before, what comes meanwhile waits; before that goes on every nexus is told, by
  /// [StoreWatch], that the medium may have changed and that its size has where it did.
  /// Reservations stay.
  ///
  /// @param force although initiators are logged in that see the unit: what they have cached or
  ///   mounted does not fit the medium any more
  /// @return fails with [IllegalStateException], in words for the operator, when it is not done;
  ///   else as [Snapshots#rollback] does. After [StoreFault.Kind#TIMEOUT] the store is still at it,
  ///   commands wait, and the nexuses are told when it has ended
  public Future<Void> rollback(String snapshot, boolean force) {
    return onOwner(
        () -> {
          var snapshots = unit.gate().snapshots();
          int seenBy = unit.nexuses().size();
          if (snapshots.isEmpty()) {
            return refused("its store has no snapshots");
          }
          if (!unit.gate().writable()) {
            return refused("its medium is opened read-only");
          }
          if (seenBy > 0 && !force) {
            return refused(
                seenBy
                    + (seenBy == 1 ? " session sees it" : " sessions see it")
                    + ", and what is mounted there would be corrupted: log out first, or force it");
          }
          return snapshots
              .get()
              .rollback(snapshot)
              .onComplete(done -> announceRollback(snapshot, done.cause()));
        });
  }

  private void announceRollback(String snapshot, Throwable failure) {
    if (failure == null) {
      unit.announce(Announcer.Severity.INFO, "it is as it was at snapshot " + snapshot);
    } else {
      unit.announce(
          Announcer.Severity.WARNING,
          "the rollback to snapshot " + snapshot + " failed: " + failure.getMessage());
    }
  }

  /// Takes the medium out, after all that is under way has ended and is durable.
  ///
  /// @param force although initiators prevent it
  /// @return fails with [IllegalStateException], in words for the operator, when the unit's medium
  ///   cannot be taken out; when it cannot be made durable it stays
  public Future<Void> eject(boolean force) {
    return onOwner(
        () -> {
          if (!unit.profile().removable()) {
            return refused("its medium is not removable");
          }
          if (unit.removalPrevented() && !force) {
            return refused("an initiator prevents that its medium is removed");
          }
          if (!unit.state().mediumPresent()) {
            return Future.succeededFuture();
          }
          unit.publish(unit.state().withMediumPresent(false));
          return unit.gate()
              .drained()
              .compose(_ -> unit.gate().flush())
              .recover(
                  failure ->
                      onOwner(
                          () -> {
                            unit.publish(unit.state().withMediumPresent(true));
                            return Future.failedFuture(failure);
                          }));
        });
  }

  /// Puts the medium in again: every nexus is told.
  public Future<Void> load() {
    return onOwner(
        () -> {
          if (!unit.profile().removable()) {
            return refused("its medium is not removable");
          }
          unit.loadMedium(_ -> true);
          return Future.succeededFuture();
        });
  }

  /// What initiators are told, in the order they are told it.
  private static Set<Asc> attentions(
      Profile was, Profile next, LogicalUnitState before, LogicalUnitState after) {
    var attentions = new LinkedHashSet<Asc>();
    if ((next.online() && !was.online()) || (after.mediumPresent() && !before.mediumPresent())) {
      attentions.add(Asc.NOT_READY_TO_READY_CHANGE);
    }
    if (!inquiryData(was).equals(inquiryData(next))) {
      attentions.add(Asc.INQUIRY_DATA_HAS_CHANGED);
    }
    if (!capacityData(was).equals(capacityData(next))) {
      attentions.add(Asc.CAPACITY_DATA_HAS_CHANGED);
    }
    if (was.readOnly() != next.readOnly()
        || !was.thinThreshold().equals(next.thinThreshold())
        || !before.mode().equals(after.mode())) {
      attentions.add(Asc.MODE_PARAMETERS_CHANGED);
    }
    return attentions;
  }

  /// What standard INQUIRY data and the vital product data pages are made of.
  private static List<Object> inquiryData(Profile profile) {
    return List.of(
        profile.serial(),
        profile.scsiId(),
        profile.vendor(),
        profile.product(),
        profile.revision(),
        profile.removable(),
        profile.rotationRate(),
        profile.thin(),
        profile.unmapCommand(),
        profile.maxCompareAndWriteBlocks(),
        profile.longCdbs(),
        profile.physicalBlockBytes(),
        profile.optimalTransferBlocks(),
        profile.optimalTransferGranularityBlocks());
  }

  /// What READ CAPACITY (16) tells beside the size.
  private static List<Object> capacityData(Profile profile) {
    return List.of(profile.thin(), profile.physicalBlockBytes(), profile.lowestAlignedBlock());
  }

  private Future<Void> quiet(
      Profile was, Profile next, LogicalUnitState before, LogicalUnitState after) {
    boolean takesNoMoreWrites = next.readOnly() && !was.readOnly();
    boolean goesOffline = was.online() && !next.online();
    boolean cacheSwitchedOff =
        before.mode().writeCacheEnabled() && !after.mode().writeCacheEnabled();
    if (!takesNoMoreWrites && !goesOffline && !cacheSwitchedOff) {
      return Future.succeededFuture();
    }
    return unit.gate().drained().compose(_ -> unit.gate().flush());
  }

  private static Future<Void> refused(String why) {
    return Future.failedFuture(new IllegalStateException(why));
  }

  private <T> Future<T> onOwner(Supplier<Future<T>> work) {
    Promise<T> done = Promise.promise();
    Context caller = Vertx.currentContext();
    unit.owner()
        .runOnContext(
            _ ->
                work.get().onComplete(result -> LogicalUnit.on(caller, () -> done.handle(result))));
    return done.future();
  }
}
