package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.daemon.StateStore.StateFault;
import io.vtgt.target.UnitMemory;
import java.util.Optional;
import java.util.UUID;

/// A unit's memory in the daemon's state: one entry per unit, its parts side by side in it.
///
/// Touched on the unit's owner context only, but for opening.
final class StoredUnitMemory implements UnitMemory {
  private final StateStore store;
  private final String key;

  // What is on stable storage.
  private JsonObject kept;
  private long version;

  // A write has failed: it may be there all the same, with a version of its own.
  private boolean doubtful;

  // Writes go one after the other: each begins with what the one before has left.
  private Future<Void> last = Future.succeededFuture();

  private StoredUnitMemory(StateStore store, String key, JsonObject kept, long version) {
    this.store = store;
    this.key = key;
    this.kept = kept;
    this.version = version;
  }

  /// Reads what was kept of the unit with this identity; a damaged entry is a failure.
  static Future<UnitMemory> open(StateStore store, UUID unit) {
    String key = "unit-" + unit;
    return store
        .get(key)
        .map(
            found ->
                found
                    .map(
                        entry ->
                            new StoredUnitMemory(
                                store, key, decode(key, entry.value()), entry.version()))
                    .orElseGet(() -> new StoredUnitMemory(store, key, new JsonObject(), 0)));
  }

  private static JsonObject decode(String key, String value) {
    try {
      return new JsonObject(value);
    } catch (RuntimeException e) {
      throw new StateFault(StateFault.Kind.DAMAGED, key + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<JsonObject> recall(String part) {
    return Optional.ofNullable(kept.getJsonObject(part)).map(JsonObject::copy);
  }

  @Override
  public Future<Void> keep(String part, JsonObject value) {
    last = last.transform(_ -> write(part, value));
    return last;
  }

  private Future<Void> write(String part, JsonObject value) {
    JsonObject next = kept.copy().put(part, value);
    return versionNow()
        .compose(now -> store.put(key, now, next.encodePrettily()))
        .onFailure(_ -> doubtful = true)
        .map(
            saved -> {
              kept = next;
              version = saved;
              doubtful = false;
              return null;
            });
  }

  /// The version that the next write replaces. Nobody else writes this key, so after a failure what
  /// is found there is what was known, or what that write has left.
  private Future<Long> versionNow() {
    return doubtful
        ? store.get(key).map(found -> found.map(StateStore.Entry::version).orElse(0L))
        : Future.succeededFuture(version);
  }
}
