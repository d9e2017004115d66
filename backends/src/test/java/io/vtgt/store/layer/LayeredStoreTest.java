package io.vtgt.store.layer;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.Stores;
import io.vtgt.store.Stores.LayerSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The contract through layers that are asked to change nothing but the time.
class LayeredStoreTest extends BackingStoreContract {
  @Override
  protected BackingStore open() throws Exception {
    return Stores.open(
            "memory",
            new OpenRequest(vertx, "test", Map.of("size", "8MiB"), Path.of("."), false),
            List.of(
                new LayerSpec("fault", Map.of("rate", 0)),
                new LayerSpec("delay", Map.of("readMillis", 1, "writeMillis", 1))))
        .await(10, TimeUnit.SECONDS);
  }
}
