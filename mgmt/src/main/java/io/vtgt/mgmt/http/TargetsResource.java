package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Pointer;
import java.util.List;
import java.util.Optional;

/// `/v1/targets`: targets with all that is theirs.
final class TargetsResource implements Resource {
  private final TargetAdmin admin;
  private final Editor editor;
  private final Secrets secrets;

  TargetsResource(TargetAdmin admin, Editor editor, Secrets secrets) {
    this.admin = admin;
    this.editor = editor;
    this.secrets = secrets;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/targets", "All targets", this::list),
        Endpoint.post("/v1/targets", "Add a target", TargetEntry.class, this::add),
        Endpoint.get("/v1/targets/{name}", "One target", this::show).answering(TargetEntry.class),
        Endpoint.put(
            "/v1/targets/{name}",
            "Replace a target: its settings and all its units",
            TargetEntry.class,
            this::replace),
        Endpoint.delete("/v1/targets/{name}", "Remove a target with its units", this::remove));
  }

  private Future<Reply> list(Call call) {
    var current = admin.current();
    return Future.succeededFuture(
        Reply.ok(current.document().targets().stream().map(secrets::masked).toList())
            .withEtag(current.version()));
  }

  private Future<Reply> show(Call call) {
    var current = admin.current();
    var target = current.document().targets().get(index(current.document(), call.path("name")));
    return Future.succeededFuture(Reply.ok(secrets.masked(target)).withEtag(current.version()));
  }

  private Future<Reply> add(Call call) {
    var body = call.body(TargetEntry.class);
    var name = body.value().name();
    return editor
        .apply(
            call,
            Optional.of(body.places()),
            current -> {
              var targets =
                  Named.plus(
                      current.targets(), body.value(), it -> it.name().equals(name), what(name));
              return new Editor.Edited(
                  current.withTargets(targets), pointer(current.targets().size()));
            })
        .map(reply -> Locations.created(call, reply, "/v1/targets", name));
  }

  private Future<Reply> replace(Call call) {
    var body = call.body(TargetEntry.class);
    Locations.checkSame(body, "name", body.value().name(), call.path("name"));
    return editor.apply(
        call,
        Optional.of(body.places()),
        current -> {
          int index = index(current, call.path("name"));
          var targets = Named.replaced(current.targets(), index, body.value());
          return new Editor.Edited(current.withTargets(targets), pointer(index));
        });
  }

  private Future<Reply> remove(Call call) {
    return editor.apply(
        call,
        Optional.empty(),
        current -> {
          int index = index(current, call.path("name"));
          return new Editor.Edited(
              current.withTargets(Named.without(current.targets(), index)), pointer(index));
        });
  }

  static int index(Document document, String name) {
    return Named.indexOf(document.targets(), it -> it.name().equals(name), what(name));
  }

  static String pointer(int index) {
    return Pointer.child("/targets", index);
  }

  private static String what(String name) {
    return "target \"" + name + "\"";
  }
}
