package io.vtgt.store.sheepdog;

import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreState;

/// The cluster answers, and the VDI cannot be had.
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final StoreState.Kind kind;

  Refused(StoreState.Kind kind, String why) {
    super(why, null, false, false);
    this.kind = kind;
  }

  StoreState state() {
    return new StoreState(kind, getMessage());
  }

  StoreFault fault() {
    return new StoreFault(StoreFault.Kind.UNAVAILABLE, getMessage(), this);
  }
}
