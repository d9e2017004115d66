package io.vtgt.store.memory;

import io.vertx.core.Future;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Snapshots of a [MemoryStore]: each takes only the memory of what was changed since.
final class MemorySnapshots implements Snapshots {
  private final MemoryStore store;

  // Under the monitor; oldest first.
  private final Map<String, Taken> taken = new LinkedHashMap<>();

  private record Taken(Snapshot snapshot, MemoryStore.Frozen content) {}

  MemorySnapshots(MemoryStore store) {
    this.store = store;
  }

  @Override
  public synchronized Future<List<Snapshot>> list() {
    return Future.succeededFuture(taken.values().stream().map(Taken::snapshot).toList());
  }

  @Override
  public synchronized Future<Void> create(String name) {
    if (store.closed()) {
      return Future.failedFuture(
          new StoreFault(StoreFault.Kind.CLOSED, "the memory is given back"));
    }
    if (taken.containsKey(name)) {
      return refused("there is a snapshot \"" + name + "\" already");
    }
    var content = store.freeze();
    var snapshot = new Snapshot(name, content.geometry().bytes(), Instant.now(), false);
    taken.put(name, new Taken(snapshot, content));
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> rollback(String name) {
    var wanted = taken.get(name);
    if (wanted == null) {
      return noSuch(name);
    }
    store.thaw(wanted.content());
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> remove(String name) {
    var gone = taken.get(name);
    if (gone == null) {
      return noSuch(name);
    }
    if (gone.snapshot().isProtected()) {
      return refused("snapshot \"" + name + "\" is protected");
    }
    taken.remove(name);
    store.release(gone.content());
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> protect(String name, boolean isProtected) {
    UnaryOperator<Snapshot> protects =
        it -> new Snapshot(it.name(), it.bytes(), it.created(), isProtected);
    var changed =
        taken.computeIfPresent(
            name, (_, was) -> new Taken(protects.apply(was.snapshot()), was.content()));
    return changed == null ? noSuch(name) : Future.succeededFuture();
  }

  /// The store is closed.
  synchronized void removeAll() {
    taken.values().forEach(it -> store.release(it.content()));
    taken.clear();
  }

  private static <T> Future<T> noSuch(String name) {
    return refused("there is no snapshot \"" + name + "\"");
  }

  private static <T> Future<T> refused(String why) {
    return Future.failedFuture(new StoreFault(StoreFault.Kind.UNSUPPORTED, why));
  }
}
