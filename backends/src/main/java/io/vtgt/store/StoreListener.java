package io.vtgt.store;

/// Hears what happens to a medium by itself: not because of a call of this store. Called on any
/// thread, one call at a time; must not block.
public interface StoreListener {

  /// Hears nothing.
  StoreListener NONE =
      new StoreListener() {
        @Override
        public void resized(Geometry geometry) {}

        @Override
        public void contentChanged() {}

        @Override
        public void stateChanged(StoreState state) {}
      };

  /// Somebody else gave the medium another size; [BackingStore#geometry()] tells it already.
  void resized(Geometry geometry);

  /// Somebody else may have changed any byte of the medium: it was rolled back to a snapshot, or
  /// was out of this store's hands for a while. Who keeps copies of its content drops them.
  void contentChanged();

  /// The store can be used no longer, or again.
  void stateChanged(StoreState state);
}
