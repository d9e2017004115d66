package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.target.UnitMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class StoredUnitMemoryTest {
  private static final UUID UNIT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final JsonObject OLD = new JsonObject().put("value", "old"),
      NEW = new JsonObject().put("value", "new");

  private enum Failure {
    NONE,
    BEFORE_IT_IS_WRITTEN,
    AFTER_IT_IS_WRITTEN
  }

  /// A store of which writes fail, having happened or not.
  private static final class FlakyStore implements StateStore {
    private final Map<String, Entry> entries = new HashMap<>();
    Failure failure = Failure.NONE;

    @Override
    public Future<Optional<Entry>> get(String key) {
      return Future.succeededFuture(Optional.ofNullable(entries.get(key)));
    }

    @Override
    public Future<Long> put(String key, long expectedVersion, String value) {
      long version = Optional.ofNullable(entries.get(key)).map(Entry::version).orElse(0L);
      if (version != expectedVersion) {
        return Future.failedFuture(new StateFault(StateFault.Kind.VERSION_MOVED, key));
      }
      if (failure != Failure.BEFORE_IT_IS_WRITTEN) {
        entries.put(key, new Entry(value, version + 1));
      }
      return failure == Failure.NONE
          ? Future.succeededFuture(version + 1)
          : Future.failedFuture(new StateFault(StateFault.Kind.FAILED, "the disk is full"));
    }

    @Override
    public Runnable watch(String key, Consumer<Entry> listener) {
      return () -> {};
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  private final FlakyStore store = new FlakyStore();

  private UnitMemory open() {
    return StoredUnitMemory.open(store, UNIT).result();
  }

  @Test
  void keep_isRecalledByTheNextOfTheSameIdentity() {
    assertTrue(open().keep("a", OLD).succeeded());
    assertTrue(open().keep("b", NEW).succeeded());
    var memory = open();
    assertEquals(Optional.of(OLD), memory.recall("a"));
    assertEquals(Optional.of(NEW), memory.recall("b"));
    assertEquals(Optional.empty(), memory.recall("c"));
  }

  @Test
  void keep_failed_whatWasKeptStandsAndTheNextIsWritten() {
    for (var failure : Failure.values()) {
      if (failure == Failure.NONE) {
        continue;
      }
      var memory = open();
      assertTrue(memory.keep("a", OLD).succeeded());
      store.failure = failure;
      assertTrue(memory.keep("a", NEW).failed());
      assertEquals(Optional.of(OLD), memory.recall("a"));
      store.failure = Failure.NONE;
      assertTrue(memory.keep("b", NEW).succeeded(), failure + ": the version is found out again");
      assertEquals(Optional.of(OLD), open().recall("a"), "of another part's write too");
      assertTrue(memory.keep("a", NEW).succeeded());
      assertEquals(Optional.of(NEW), open().recall("a"));
    }
  }
}
