package io.vtgt.target;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What a logical unit keeps over restarts beside its medium: persistent reservations, saved mode
/// pages, identifying information. Each part is a small document under a name of its own, in the
/// daemon's state and not on the medium, so it is there before the store is.
public interface UnitMemory {

  /// A part as it was kept last. Known from the unit's opening on; reads nothing.
  ///
  /// @param part lower-case letters and `-`, such as `reservations`
  Optional<JsonObject> recall(String part);

  /// Replaces a part. Called on the unit's owner context; later calls for the same part take effect
  /// in their order.
  ///
  /// @param value may not be changed afterwards
  /// @return completes, on the calling context, when the part is on stable storage; fails when it
  ///   could not be written, and then what was kept before still stands
  Future<Void> keep(String part, JsonObject value);

  /// Keeps everything until the process ends and no longer: for tests.
  static UnitMemory volatileMemory() {
    Map<String, JsonObject> parts = new ConcurrentHashMap<>();
    return new UnitMemory() {
      @Override
      public Optional<JsonObject> recall(String part) {
        return Optional.ofNullable(parts.get(part)).map(JsonObject::copy);
      }

      @Override
      public Future<Void> keep(String part, JsonObject value) {
        parts.put(part, value);
        return Future.succeededFuture();
      }
    };
  }
}
