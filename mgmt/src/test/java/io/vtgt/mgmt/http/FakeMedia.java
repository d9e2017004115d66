package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.MediaAdmin;
import io.vtgt.mgmt.SnapshotAdmin.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The images of one place of kind `rbd`.
final class FakeMedia implements MediaAdmin {
  private final Map<String, Map<String, Object>> images = new TreeMap<>();
  private final Map<String, String> trash = new TreeMap<>();
  private final List<String> actions;

  /// @param actions gets the places that were asked, and what was done there
  FakeMedia(List<String> actions) {
    this.actions = actions;
  }

  private void told(String what, Where place) {
    actions.add(what + " in " + place.kind() + new TreeMap<>(place.options()));
  }

  @Override
  public synchronized Future<List<Medium>> list(Where place) {
    told("list", place);
    return Future.succeededFuture(
        images.keySet().stream().map(it -> new Medium(it, List.of("t/0"))).toList());
  }

  @Override
  public synchronized Future<MediumDetails> describe(Where place, String name) {
    return find(name)
        .map(
            options ->
                new MediumDetails(
                    name,
                    1 << 30,
                    Optional.ofNullable((String) options.get("parent")),
                    List.of(new Snapshot("a", 1 << 20, Optional.empty(), true)),
                    List.of("10.0.0.1"),
                    List.of("t/0"),
                    Map.of("kind", "rbd", "image", name),
                    Map.of("features", List.of("layering"))));
  }

  @Override
  public synchronized Future<Void> create(
      Where place, String name, Map<String, Object> options, boolean dryRun) {
    told("create " + name + new TreeMap<>(options), place);
    if (images.containsKey(name)) {
      return refused(AdminError.Kind.CONFLICT, "there is an image \"" + name + "\" already");
    }
    if (!dryRun) {
      images.put(name, options);
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> remove(Where place, String name, boolean forGood) {
    told("remove " + name + (forGood ? " for good" : ""), place);
    return find(name)
        .map(
            _ -> {
              images.remove(name);
              if (!forGood) {
                trash.put("id-of-" + name, name);
              }
              return null;
            });
  }

  @Override
  public synchronized Future<List<Thrown>> trash(Where place) {
    return Future.succeededFuture(
        trash.entrySet().stream()
            .map(it -> new Thrown(it.getKey(), it.getValue(), "2026-11-21T00:00:00Z"))
            .toList());
  }

  @Override
  public synchronized Future<Void> restore(Where place, String id) {
    var name = trash.remove(id);
    if (name == null) {
      return refused(AdminError.Kind.NOT_FOUND, "there is no " + id);
    }
    images.put(name, Map.of());
    return Future.succeededFuture();
  }

  private Future<Map<String, Object>> find(String name) {
    return images.containsKey(name)
        ? Future.succeededFuture(images.get(name))
        : refused(AdminError.Kind.NOT_FOUND, "there is no image \"" + name + "\"");
  }

  private static <T> Future<T> refused(AdminError.Kind kind, String message) {
    return Future.failedFuture(new AdminError(kind, message));
  }
}
