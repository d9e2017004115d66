package io.vtgt.target;

import io.vtgt.scsi.Asc;
import io.vtgt.store.Geometry;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;

/// Tells initiators and the operator what happens to the medium of a unit by itself: somebody gave
/// it another size, or it cannot be used for a while.
final class StoreWatch implements StoreListener {
  private final LogicalUnit unit;

  // Touched only on the unit's owner.
  private StoreState last = StoreState.USABLE;

  StoreWatch(LogicalUnit unit) {
    this.unit = unit;
  }

  @Override
  public void resized(Geometry geometry) {
    unit.capacityChanged();
    unit.owner()
        .runOnContext(
            _ -> {
              unit.settle(unit.profile(), unit.defaults(), unit.state());
              var _ = unit.spaceWatch().look();
              unit.announce(
                  Announcer.Severity.INFO, "its medium has " + geometry.bytes() + " bytes now");
            });
  }

  /// Initiators that had the medium for themselves may keep copies of its content. There is no
  /// attention for "every block may be another" but the one for a medium that was changed.
  @Override
  public void contentChanged() {
    unit.attention(Asc.NOT_READY_TO_READY_CHANGE, _ -> true);
    unit.owner().runOnContext(_ -> unit.spaceWatch().look());
  }

  @Override
  public void stateChanged(StoreState ignored) {
    unit.owner().runOnContext(_ -> settle());
  }

  /// Acts on the state there is now, under the policy there is now. Owner context.
  void settle() {
    StoreState now = unit.gate().state();
    unit.portGroups()
        .storeAway(!now.usable() && unit.profile().whenStoreIsAway() == AwayPolicy.STANDBY);
    if (now.equals(last)) {
      return;
    }
    boolean back = now.usable() && refused(last);
    last = now;
    if (now.usable()) {
      unit.announce(Announcer.Severity.INFO, "its store can be used again");
    } else {
      unit.announce(Announcer.Severity.ERROR, "its store cannot be used: " + now.reason());
    }
    if (back) {
      unit.attention(Asc.NOT_READY_TO_READY_CHANGE, _ -> true);
    }
  }

  private boolean refused(StoreState state) {
    return unit.profile().whenStoreIsAway().refusal(state).isPresent();
  }
}
