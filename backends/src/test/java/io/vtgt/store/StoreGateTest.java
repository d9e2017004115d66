package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Vertx;
import io.vtgt.store.memory.MemoryStore;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class StoreGateTest {

  /// Four loops add to one counter by compare and write; a fifth thread writes beside it, a sixth
  /// over the counter's neighbour through `update`.
  @Test
  void compareAndWrite_fromSeveralLoops_losesNoIncrement() throws Exception {
    Vertx vertx = Vertx.vertx();
    StoreGate gate = new StoreGate(vertx, new MemoryStore(1 << 20), new StoreGate.Options(0));
    int loops = 4;
    int rounds = 5000;
    AtomicBoolean stop = new AtomicBoolean();
    Thread noise =
        new Thread(
            () -> {
              Random random = new Random(1);
              while (!stop.get()) {
                gate.write(4096 + random.nextInt(4096), Unpooled.buffer(64).writeZero(64), false);
                gate.write(8, Unpooled.buffer(64).writeZero(64), false);
              }
            });
    noise.start();
    Thread[] threads = new Thread[loops];
    for (int i = 0; i < loops; i++) {
      boolean byUpdate = i % 2 == 0;
      threads[i] =
          new Thread(
              () -> {
                for (int round = 0; round < rounds; round++) {
                  if (byUpdate) {
                    gate.update(
                            0,
                            8,
                            now ->
                                Optional.of(
                                    Unpooled.buffer(8)
                                        .writeLong(now.getLong(now.readerIndex()) + 1)),
                            false)
                        .await();
                  } else {
                    increment(gate);
                  }
                }
              });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    stop.set(true);
    noise.join();
    ByteBuf counter = gate.read(0, 8).await();
    assertEquals((long) loops * rounds, counter.readLong());
    counter.release();
    assertEquals(0, gate.counters().underWay());
    assertTrue(gate.counters().faults() == 0);
    gate.close().await();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static void increment(StoreGate gate) {
    while (true) {
      ByteBuf now = gate.read(0, 8).await();
      long value = now.getLong(0);
      CompareResult result =
          gate.compareAndWrite(0, now, Unpooled.buffer(8).writeLong(value + 1), false).await();
      if (result instanceof CompareResult.Written) {
        return;
      }
    }
  }
}
