package io.vtgt.store.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.store.BackingStore;
import io.vtgt.store.BackingStoreContract;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
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

  /// The JVM's direct memory is bounded, and every session needs it.
  @Test
  void write_ofManyChunks_takesNoneOfTheMemoryThatDataUnderWayNeeds() {
    long before = directBytes();
    var memory = new MemoryStore(64 << 20);
    assertTrue(memory.writeZeroes(0, 64 << 20, false).succeeded());
    assertEquals(64 << 20, memory.allocatedBytes());
    long taken = directBytes() - before;
    assertTrue(taken < 32 << 20, taken + " bytes of direct memory for chunks");
    assertTrue(memory.close().succeeded());
  }

  @Test
  void write_beyondTheLimit_findsNoSpaceUntilSomethingIsUnmapped() {
    var memory = new MemoryStore(4 << 20, 1 << 20);
    assertTrue(memory.writeZeroes(0, 1 << 20, false).succeeded());
    assertEquals(new Space(1 << 20, 0), memory.space().result());
    var fault = (StoreFault) memory.writeZeroes(2 << 20, 4096, false).cause();
    assertEquals(StoreFault.Kind.OUT_OF_SPACE, fault.kind());
    assertTrue(memory.writeZeroes(0, 4096, false).succeeded(), "what is mapped stays writable");
    assertTrue(memory.unmap(0, 256 << 10).succeeded());
    assertTrue(memory.writeZeroes(2 << 20, 4096, false).succeeded());
    assertTrue(memory.close().succeeded());
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
