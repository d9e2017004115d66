package io.vtgt.store.sheepdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.StoreProvider.OpenRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

class SheepdogStoreTest extends BackingStoreContract {
  private static final int SHIFT = 20;

  private SheepServer server;

  @Override
  protected BackingStore open() throws Exception {
    server = new SheepServer(1);
    server.delay(200);
    server.create("disk", SIZE, SHIFT);
    return new SheepdogStoreProvider()
        .open(
            new OpenRequest(
                vertx,
                "test",
                Map.of("addresses", server.address(), "vdi", "disk", "connections", 2),
                Path.of("."),
                false))
        .await(30, TimeUnit.SECONDS);
  }

  @Override
  protected boolean shrinks() {
    return false;
  }

  @AfterEach
  void judge() throws Exception {
    await(gate::close);
    assertFalse(server.locked("disk"), "the lock was given back");
    server.close();
    assertEquals(List.of(), server.violations());
  }
}
