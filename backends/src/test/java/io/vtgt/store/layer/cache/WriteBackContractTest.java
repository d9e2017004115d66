package io.vtgt.store.layer.cache;

import java.util.Map;

class WriteBackContractTest extends CachedStoreContract {
  WriteBackContractTest() {
    super(Map.of("mode", "write-back"));
  }
}
