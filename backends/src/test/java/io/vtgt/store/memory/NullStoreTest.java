package io.vtgt.store.memory;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;

class NullStoreTest extends BackingStoreContract {
  @Override
  protected BackingStore open() {
    return new NullStore(SIZE);
  }

  @Override
  protected boolean keepsData() {
    return false;
  }
}
