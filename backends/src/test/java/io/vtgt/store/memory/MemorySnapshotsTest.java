package io.vtgt.store.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MemorySnapshotsTest {
  private static final int CHUNK = 256 << 10;

  private static <T> T done(Future<T> future) {
    if (future.failed()) {
      throw new AssertionError(future.cause());
    }
    assertTrue(future.isComplete());
    return future.result();
  }

  private static void write(MemoryStore memory, long offset, byte... data) {
    done(memory.write(offset, Unpooled.copiedBuffer(data), false));
  }

  private static byte[] read(MemoryStore memory, long offset, int length) {
    var data = done(memory.read(offset, length));
    try {
      return ByteBufUtil.getBytes(data);
    } finally {
      data.release();
    }
  }

  private static Snapshots snapshots(MemoryStore memory) {
    return memory.snapshots().orElseThrow();
  }

  private static void assertRefused(String why, Future<?> answer) {
    var fault = (StoreFault) answer.cause();
    assertEquals(StoreFault.Kind.UNSUPPORTED, fault.kind());
    assertEquals(why, fault.getMessage());
  }

  @Test
  void rollback_afterChangesAndAnotherSize_isAsItWas() {
    var memory = new MemoryStore(4 << 20);
    write(memory, 5, (byte) 1);
    write(memory, CHUNK + 5, (byte) 2);
    done(snapshots(memory).create("a"));
    write(memory, 5, (byte) 9);
    done(memory.unmap(CHUNK, CHUNK));
    write(memory, 2 * CHUNK, (byte) 9);
    done(memory.resize(8 << 20));
    done(snapshots(memory).rollback("a"));
    assertEquals(4 << 20, memory.geometry().bytes());
    assertEquals(1, read(memory, 5, 1)[0]);
    assertEquals(2, read(memory, CHUNK + 5, 1)[0]);
    assertEquals(0, read(memory, 2 * CHUNK, 1)[0]);
    write(memory, 5, (byte) 7);
    done(snapshots(memory).rollback("a"));
    assertEquals(1, read(memory, 5, 1)[0], "it is still what it was");
    done(memory.close());
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void snapshot_takesMemoryForWhatIsChangedSince() {
    var memory = new MemoryStore(4 << 20);
    done(memory.writeZeroes(0, 1 << 20, false));
    done(snapshots(memory).create("a"));
    assertEquals(1 << 20, memory.allocatedBytes());
    write(memory, 0, (byte) 1);
    assertEquals((1 << 20) + CHUNK, memory.allocatedBytes());
    done(memory.unmap(0, 4 << 20));
    assertEquals(1 << 20, memory.allocatedBytes());
    done(snapshots(memory).remove("a"));
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void change_ofWhatASnapshotShares_findsNoSpaceBeyondTheLimit() {
    var memory = new MemoryStore(4 << 20, CHUNK);
    write(memory, 0, (byte) 1);
    done(snapshots(memory).create("a"));
    for (var refused :
        new Future<?>[] {
          memory.write(0, Unpooled.copiedBuffer(new byte[] {2}), false),
          memory.unmap(0, 4096),
          memory.resize(4096)
        }) {
      assertEquals(StoreFault.Kind.OUT_OF_SPACE, ((StoreFault) refused.cause()).kind());
    }
    assertEquals(4 << 20, memory.geometry().bytes());
    assertEquals(1, read(memory, 0, 1)[0]);
    done(snapshots(memory).remove("a"));
    write(memory, 0, (byte) 2);
    done(memory.close());
  }

  @Test
  void snapshot_thatIsNotOrIsProtected_isRefusedInWords() {
    var memory = new MemoryStore(1 << 20);
    done(snapshots(memory).create("a"));
    assertRefused("there is a snapshot \"a\" already", snapshots(memory).create("a"));
    assertRefused("there is no snapshot \"b\"", snapshots(memory).rollback("b"));
    assertRefused("there is no snapshot \"b\"", snapshots(memory).remove("b"));
    assertRefused("there is no snapshot \"b\"", snapshots(memory).protect("b", true));
    done(snapshots(memory).protect("a", true));
    assertTrue(done(snapshots(memory).list()).getFirst().isProtected());
    assertRefused("snapshot \"a\" is protected", snapshots(memory).remove("a"));
    done(snapshots(memory).protect("a", false));
    done(snapshots(memory).remove("a"));
    assertEquals(0, done(snapshots(memory).list()).size());
    done(memory.close());
    assertTrue(snapshots(memory).create("c").failed());
  }

  @Test
  void contentAndMemory_afterRandomChangesAndSnapshots_areThoseOfTheModel() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    int size = 4 * CHUNK;
    for (int round = 0; round < 20; round++) {
      var memory = new MemoryStore(size);
      var model = new byte[size];
      Map<String, byte[]> taken = new HashMap<>();
      for (int step = 0; step < 200; step++) {
        int from = random.nextInt(size / 4096) * 4096;
        int length = Math.min(size - from, (1 + random.nextInt(100)) * 4096);
        var name = "s" + random.nextInt(4);
        switch (random.nextInt(8)) {
          case 0, 1 -> {
            var data = new byte[length];
            random.nextBytes(data);
            write(memory, from, data);
            System.arraycopy(data, 0, model, from, length);
          }
          case 2 -> {
            done(memory.unmap(from, length));
            Arrays.fill(model, from, from + length, (byte) 0);
          }
          case 3 -> {
            done(memory.writeZeroes(from, length, false));
            Arrays.fill(model, from, from + length, (byte) 0);
          }
          case 4 ->
              assertEquals(
                  taken.putIfAbsent(name, model.clone()) == null,
                  snapshots(memory).create(name).succeeded());
          case 5 -> {
            boolean known = taken.containsKey(name);
            assertEquals(known, snapshots(memory).rollback(name).succeeded());
            model = known ? taken.get(name).clone() : model;
          }
          case 6 ->
              assertEquals(taken.remove(name) != null, snapshots(memory).remove(name).succeeded());
          default ->
              assertArrayEquals(
                  Arrays.copyOfRange(model, from, from + length),
                  read(memory, from, length),
                  "seed " + seed);
        }
      }
      assertArrayEquals(model, read(memory, 0, size), "seed " + seed);
      done(memory.close());
      assertEquals(0, memory.allocatedBytes(), "seed " + seed);
    }
  }

  /// Each thread has its own bytes in one chunk; snapshots come and go meanwhile.
  @Test
  void writes_ofSeveralThreadsWhileSnapshotsAreRemoved_areNeverLost() throws Exception {
    var memory = new MemoryStore(CHUNK);
    var failure = new AtomicReference<Throwable>();
    var writers = new Thread[3];
    var begun = new CountDownLatch(writers.length);
    for (int i = 0; i < writers.length; i++) {
      int at = i * 4096;
      writers[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      begun.countDown();
                      for (int value = 0; value < 5_000; value++) {
                        write(memory, at, (byte) value);
                        assertEquals((byte) value, read(memory, at, 1)[0]);
                      }
                    } catch (Throwable e) {
                      failure.set(e);
                    }
                  });
    }
    begun.await();
    while (Arrays.stream(writers).anyMatch(Thread::isAlive)) {
      done(snapshots(memory).create("a"));
      done(snapshots(memory).remove("a"));
    }
    for (var writer : writers) {
      writer.join();
    }
    assertEquals(null, failure.get());
    assertEquals(CHUNK, memory.allocatedBytes());
    assertFalse(memory.close().failed());
    assertEquals(0, memory.allocatedBytes());
  }
}
