package io.vtgt.store.layer.cache;

import java.util.Map;

class WriteThroughContractTest extends CachedStoreContract {
  WriteThroughContractTest() {
    super(Map.of());
  }
}
