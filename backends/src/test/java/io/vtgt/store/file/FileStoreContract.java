package io.vtgt.store.file;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.StoreProvider.OpenRequest;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/// What the file tests share: a fresh file each time.
abstract class FileStoreContract extends BackingStoreContract {
  @TempDir Path folder;

  @Override
  protected BackingStore open() throws Exception {
    return open(Map.of("path", "image", "size", SIZE));
  }

  protected final BackingStore open(Map<String, Object> options) throws Exception {
    return new FileStoreProvider()
        .open(new OpenRequest(vertx, "test", options, folder, false))
        .await(30, TimeUnit.SECONDS);
  }
}
