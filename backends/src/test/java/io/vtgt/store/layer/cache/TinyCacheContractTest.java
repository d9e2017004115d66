package io.vtgt.store.layer.cache;

import io.vtgt.store.Stores.LayerSpec;
import java.util.Map;

/// A store that answers later, and blocks that come and go.
class TinyCacheContractTest extends CachedStoreContract {
  TinyCacheContractTest() {
    super(
        Map.of("size", "128KiB", "blockSize", "4KiB", "readAhead", "64KiB"),
        new LayerSpec("delay", Map.of("readMillis", 1, "writeMillis", 1)));
  }
}
