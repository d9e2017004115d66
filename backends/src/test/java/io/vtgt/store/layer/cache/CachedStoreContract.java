package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.Stores;
import io.vtgt.store.Stores.LayerSpec;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/// The contract over memory through a cache, as the document opens it.
abstract class CachedStoreContract extends BackingStoreContract {
  private final Map<String, Object> options;
  private final List<LayerSpec> below;

  CachedStoreContract(Map<String, Object> options, LayerSpec... below) {
    this.options = options;
    this.below = List.of(below);
  }

  @Override
  protected BackingStore open() throws Exception {
    var layers = new java.util.ArrayList<>(below);
    layers.add(new LayerSpec("cache", new HashMap<>(options)));
    return Stores.open(
            "memory",
            new OpenRequest(vertx, "test", Map.of("size", "8MiB"), Path.of("."), false),
            layers)
        .await(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void nothingIsHeldAfterClose() throws Exception {
    await(gate::close);
    assertEquals(0, store.counters().get("cache.bytes"));
    assertEquals(0, store.counters().getOrDefault("cache.dirtyBytes", 0L));
    assertEquals(0, store.counters().getOrDefault("cache.lostBytes", 0L));
  }
}
