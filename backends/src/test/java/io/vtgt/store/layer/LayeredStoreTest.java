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
import org.junit.jupiter.api.io.TempDir;

/// The contract through layers that are asked to change nothing but the time.
class LayeredStoreTest extends BackingStoreContract {
  @TempDir Path folder;

  @Override
  protected BackingStore open() throws Exception {
    return Stores.open(
            "memory",
            new OpenRequest(vertx, "test", Map.of("size", "8MiB"), Path.of("."), false),
            List.of(
                new LayerSpec("fault", Map.of("rate", 0)),
                new LayerSpec("throttle", Map.of("iops", 100_000, "bytesPerSecond", "1GiB")),
                new LayerSpec(
                    "delay", Map.of("readMillis", 1, "writeMillis", 1, "jitterMillis", 2)),
                new LayerSpec("trace", Map.of("file", folder.resolve("trace").toString())),
                new LayerSpec("throttle", Map.of("per", "nexus", "iops", 1))))
        .await(10, TimeUnit.SECONDS);
  }
}
