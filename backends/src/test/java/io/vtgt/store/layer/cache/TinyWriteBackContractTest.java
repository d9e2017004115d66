package io.vtgt.store.layer.cache;

import io.vtgt.store.Stores.LayerSpec;
import java.util.Map;

/// A store that answers later, and little room for what is dirty.
class TinyWriteBackContractTest extends CachedStoreContract {
  TinyWriteBackContractTest() {
    super(
        Map.of(
            "mode",
            "write-back",
            "size",
            "128KiB",
            "blockSize",
            "64KiB",
            "dirtySize",
            "256KiB",
            "dirtyMillis",
            5),
        new LayerSpec("delay", Map.of("readMillis", 1, "writeMillis", 1)));
  }
}
