package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.daemon.StateStore.Entry;
import io.vtgt.daemon.StateStore.StateFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderStateStoreTest {
  private static Vertx vertx;
  @TempDir Path folder;

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void close() {
    await(vertx.close());
  }

  private FolderStateStore store() {
    return await(FolderStateStore.open(vertx, folder));
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 30);
  }

  private static StateFault.Kind fault(Future<?> future) {
    return assertThrows(StateFault.class, () -> await(future)).kind();
  }

  @Test
  void get_keyNeverWritten_isNothing() {
    assertEquals(Optional.empty(), await(store().get("document")));
  }

  @Test
  void put_anotherStoreOfTheFolder_readsItWithItsVersion() {
    assertEquals(1, await(store().put("document", 0, "één\n\u0000 two")));
    assertEquals(Optional.of(new Entry("één\n\u0000 two", 1)), await(store().get("document")));
  }

  @Test
  void put_versionMoved_isRefusedAndChangesNothing() {
    var store = store();
    await(store.put("document", 0, "a"));
    assertEquals(StateFault.Kind.VERSION_MOVED, fault(store.put("document", 0, "b")));
    assertEquals(StateFault.Kind.VERSION_MOVED, fault(store.put("document", 2, "b")));
    assertEquals(Optional.of(new Entry("a", 1)), await(store.get("document")));
  }

  @Test
  void watch_putsOfItsKey_areToldInOrderUntilItEnds() {
    var store = store();
    var seen = new ArrayList<Entry>();
    var end = store.watch("a", seen::add);
    await(store.put("a", 0, "1"));
    await(store.put("b", 0, "x"));
    await(store.put("a", 1, "2"));
    end.run();
    await(store.put("a", 2, "3"));
    assertEquals(List.of(new Entry("1", 1), new Entry("2", 2)), seen);
  }

  @Test
  void get_fileCutAtAnyByte_isDamagedNeverNothing() throws IOException {
    var store = store();
    await(store.put("document", 0, "{\"basis\": 1}"));
    var file = folder.resolve("document.state");
    var whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertEquals(StateFault.Kind.DAMAGED, fault(store.get("document")), "cut at " + length);
      assertEquals(StateFault.Kind.DAMAGED, fault(store.put("document", 1, "new")));
    }
  }

  @Test
  void get_anyByteChanged_isDamaged() throws IOException {
    var store = store();
    await(store.put("document", 0, "{\"basis\": 1}"));
    var file = folder.resolve("document.state");
    var whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at++) {
      var changed = whole.clone();
      changed[at] ^= 1;
      Files.write(file, changed);
      assertEquals(StateFault.Kind.DAMAGED, fault(store.get("document")), "byte " + at);
    }
  }

  /// The power fails after any number of steps; what was not synced by then is lost in the worst
  /// way.
  @Test
  void put_crashBetweenAnyTwoSteps_leavesTheOldValueOrTheNew() throws IOException {
    boolean done = false;
    for (int steps = 0; !done; steps++) {
      var at = folder.resolve("after-" + steps);
      await(await(FolderStateStore.open(vertx, at)).put("document", 0, "old"));
      var power = new FailingPower(steps);
      try {
        await(await(FolderStateStore.open(vertx, at, power)).put("document", 1, "new"));
        done = true;
      } catch (StateFault _) {
        // the crash
      }
      power.loseWhatIsNotSynced();

      var reopened = await(FolderStateStore.open(vertx, at));
      var entry = await(reopened.get("document")).orElseThrow();
      assertTrue(
          entry.equals(new Entry("old", 1)) || entry.equals(new Entry("new", 2)),
          "after " + steps + " steps: " + entry);
      if (done) {
        assertEquals(new Entry("new", 2), entry, "what was told as saved is there");
        assertEquals(4, steps, "steps of a change");
      }
      assertEquals(List.of(at.resolve("document.state")), reopened.files(), "nothing half written");
      await(reopened.put("document", entry.version(), "next"));
    }
  }

  @Test
  void open_folderIsAFile_saysSo() throws IOException {
    Files.writeString(folder.resolve("f"), "");
    var failure =
        assertThrows(
            StateFault.class, () -> await(FolderStateStore.open(vertx, folder.resolve("f"))));
    assertFalse(failure.getMessage().isBlank());
    assertTrue(failure.getMessage().contains(folder.resolve("f").toString()));
  }

  /// A disk that stops after some steps. Content that was not synced is then cut to half, and a
  /// rename whose folder was not synced is undone.
  private static final class FailingPower implements FolderStateStore.Disk {
    private int stepsLeft;
    private final Map<Path, Boolean> synced = new HashMap<>();
    private Path renamed;
    private byte[] replaced;

    FailingPower(int steps) {
      this.stepsLeft = steps;
    }

    private void step() throws IOException {
      if (stepsLeft-- == 0) {
        stepsLeft = 0;
        throw new IOException("power failure");
      }
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
      step();
      synced.put(file, false);
      REAL.write(file, content);
    }

    @Override
    public void sync(Path file) throws IOException {
      step();
      if (!synced.containsKey(file)) {
        throw new NoSuchFileException(file.toString());
      }
      synced.put(file, true);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
      step();
      renamed = to;
      replaced = Files.readAllBytes(to);
      REAL.rename(from, to);
      synced.put(to, synced.remove(from));
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
      step();
      renamed = null;
    }

    void loseWhatIsNotSynced() throws IOException {
      for (var file : synced.entrySet()) {
        if (!file.getValue()) {
          var content = Files.readAllBytes(file.getKey());
          Files.write(file.getKey(), java.util.Arrays.copyOf(content, content.length / 2));
        }
      }
      if (renamed != null) {
        Files.write(renamed, replaced);
      }
    }
  }
}
