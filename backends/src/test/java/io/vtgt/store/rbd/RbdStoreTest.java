package io.vtgt.store.rbd;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.StoreProvider.OpenRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// The contract over a real cluster, as the restricted user `gateway`.
class RbdStoreTest extends BackingStoreContract {
  @TempDir Path folder;
  private CephLab lab;
  private String image;

  @Override
  protected BackingStore open() throws Exception {
    lab = CephLab.get();
    image = "contract-" + UUID.randomUUID();
    lab.rbd("create", "--size", SIZE / (1 << 20) + "M", "--object-size", "1M", image);
    return open(Map.of());
  }

  private BackingStore open(Map<String, Object> more) throws Exception {
    Map<String, Object> options = new HashMap<>();
    options.put("conf", lab.conf().toString());
    options.put("client", "gateway");
    options.put("image", image);
    options.putAll(more);
    return new RbdStoreProvider()
        .open(new OpenRequest(vertx, image, options, folder, false))
        .await(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void removeImage() throws Exception {
    if (store != null) {
      store.close().await(30, TimeUnit.SECONDS);
      lab.rbd("rm", "--no-progress", image);
    }
  }
}
