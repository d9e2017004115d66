package io.vtgt.store.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import org.junit.jupiter.api.Test;

class MemoryStoreTest extends BackingStoreContract {
  @Override
  protected BackingStore open() {
    return new MemoryStore(SIZE);
  }

  @Test
  void unmap_ofTheLastPage_givesTheChunkBack() throws Exception {
    MemoryStore memory = (MemoryStore) store;
    write(300 << 10, bytes(1, 8192));
    assertEquals(256 << 10, memory.allocatedBytes());
    await(() -> gate.unmap(300 << 10, 4096));
    assertEquals(256 << 10, memory.allocatedBytes());
    await(() -> gate.unmap((300 << 10) + 4096, 4096));
    assertEquals(0, memory.allocatedBytes());
  }
}
