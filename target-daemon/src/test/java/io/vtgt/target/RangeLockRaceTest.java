package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.file.FileStoreProvider;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.ScsiFixture.Initiator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// COMPARE AND WRITE, ORWRITE and WRITE ATOMIC of several initiators, each on an event loop of its
/// own, among each other and among every other command that writes.
///
/// Three things would show a lock that does not hold. Block 0 is a counter that two initiators
/// count up by COMPARE AND WRITE: a lost update is a wrong sum. Blocks 1 to 7 belong to one writer
/// each, who finds there what he wrote last, although ORWRITEs and COMPARE AND WRITEs of others
/// read and write all eight blocks (changing nothing) all the time. Blocks 16 to 143 are written by
/// WRITE ATOMIC only, one value all over, and never read with two.
class RangeLockRaceTest {
  private static final int BYTES = 1 << 20;
  private static final int ROUNDS = 60;
  private static final int BLOCK = 512;

  @TempDir Path folder;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 20261121})
  void onMemory(long seed) throws Exception {
    race(seed, new MemoryStore(BYTES));
  }

  @Test
  void onMemoryThatAnswersLater() throws Exception {
    Vertx vertx = Vertx.vertx();
    race(3, new DelayLayer(vertx, new MemoryStore(BYTES), new DelayLayer.Delays(1, 1, 0)));
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void onAFile() throws Exception {
    Vertx vertx = Vertx.vertx();
    race(
        4,
        new FileStoreProvider()
            .open(
                new OpenRequest(
                    vertx, "image", Map.of("path", "image", "size", BYTES), folder, false))
            .await(10, TimeUnit.SECONDS));
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static void race(long seed, BackingStore store) throws Exception {
    System.out.println("seed " + seed);
    ExecutorService threads = Executors.newCachedThreadPool();
    try (var fixture = new ScsiFixture()) {
      fixture.addUnit(0, ScsiFixture.PROFILE, store);
      List<Future<Integer>> ends = new ArrayList<>();
      List<Callable<Integer>> parts = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Initiator counter = fixture.ready("counter" + i);
        parts.add(() -> count(counter));
      }
      Initiator owner = fixture.ready("owner");
      parts.add(() -> ownBlocks(owner, new Random(seed)));
      Initiator uniting = fixture.ready("uniting");
      parts.add(() -> changeNothing(uniting));
      for (int i = 0; i < 2; i++) {
        Initiator atomic = fixture.ready("atomic" + i);
        int which = i;
        parts.add(() -> writeAtomically(atomic, which));
      }
      Initiator reader = fixture.ready("reader");
      parts.add(() -> readAtomically(reader));
      parts.forEach(part -> ends.add(threads.submit(part)));
      for (Future<Integer> end : ends) {
        assertEquals(0, end.get(120, TimeUnit.SECONDS), "seed " + seed);
      }
      String counter = read(owner, 0, 1).substring(0, 8);
      assertEquals("%08x".formatted(2 * ROUNDS), counter, "seed " + seed);
    }
    threads.shutdown();
  }

  private static int count(Initiator initiator) {
    for (int done = 0; done < ROUNDS; ) {
      String now = read(initiator, 0, 1);
      int value = Integer.parseInt(now.substring(0, 8), 16);
      String next = "%08x".formatted(value + 1) + now.substring(8);
      var answer = initiator.send(0, "89 00 0000000000000000 00 00 00 01 00 00", now + next);
      if (answer.status().equals("GOOD")) {
        done++;
      } else if (!answer.status().startsWith("MISCOMPARE")) {
        throw new AssertionError(answer);
      }
    }
    return 0;
  }

  /// WRITE, WRITE SAME, UNMAP, ORWRITE, WRITE (32) to single blocks nobody else changes.
  private static int ownBlocks(Initiator initiator, Random random) {
    int lost = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int lba = 1 + random.nextInt(7);
      String data = "%02x".formatted(1 + random.nextInt(255)).repeat(BLOCK);
      String zeroes = "00".repeat(BLOCK);
      switch (random.nextInt(5)) {
        case 0 -> good(initiator, "2a 00 %08x 00 00 01 00".formatted(lba), data);
        case 1 -> good(initiator, "41 00 %08x 00 00 01 00".formatted(lba), data);
        case 2 ->
            good(
                initiator,
                "7f 00 00 00 00 00 00 18 00 0b 00 00 %016x 00000000 00000000 00000001"
                    .formatted(lba),
                data);
        case 3 -> {
          String list = "0016 0010 00000000 %016x 00000001 00000000".formatted(lba);
          good(initiator, "42 00 00 00 00 00 00 00 18 00", list);
          data = zeroes;
        }
        default -> {
          good(initiator, "41 00 %08x 00 00 01 00".formatted(lba), zeroes);
          good(initiator, "8b 00 %016x 00000001 00 00".formatted(lba), data);
        }
      }
      lost += read(initiator, lba, 1).equals(data) ? 0 : 1;
    }
    return lost;
  }

  /// An ORWRITE of zeroes and a COMPARE AND WRITE of what is there, over all eight blocks.
  private static int changeNothing(Initiator initiator) {
    for (int round = 0; round < ROUNDS; round++) {
      good(initiator, "8b 00 0000000000000000 00000008 00 00", "00".repeat(8 * BLOCK));
      String now = read(initiator, 0, 8);
      initiator.send(0, "89 00 0000000000000000 00 00 00 08 00 00", now + now);
    }
    return 0;
  }

  private static int writeAtomically(Initiator initiator, int which) {
    for (int round = 0; round < ROUNDS / 2; round++) {
      String data = "%02x".formatted((2 * round + which) & 0xff).repeat(128 * BLOCK);
      good(initiator, "9c 00 0000000000000010 0000 0080 00 00", data);
    }
    return 0;
  }

  private static int readAtomically(Initiator initiator) {
    int torn = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String data = read(initiator, 16, 128);
      torn += data.equals(data.substring(0, 2).repeat(128 * BLOCK)) ? 0 : 1;
    }
    return torn;
  }

  private static String read(Initiator initiator, int lba, int blockCount) {
    var answer = initiator.send(0, "28 00 %08x 00 %04x 00".formatted(lba, blockCount));
    assertEquals("GOOD", answer.status());
    return answer.data().replace(" ", "");
  }

  private static void good(Initiator initiator, String cdb, String data) {
    assertEquals("GOOD", initiator.send(0, cdb, data).status(), cdb);
  }
}
