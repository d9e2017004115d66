package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Pointer;
import java.util.List;
import java.util.Optional;

/// `/v1/config`: the whole document.
final class ConfigResource implements Resource {
  private final TargetAdmin admin;
  private final Editor editor;
  private final Secrets secrets;

  ConfigResource(TargetAdmin admin, Editor editor, Secrets secrets) {
    this.admin = admin;
    this.editor = editor;
    this.secrets = secrets;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/config", "The document in force; secrets are masked", this::show)
            .answering(Document.class)
            .query(Endpoint.Query.SECRETS),
        Endpoint.put(
            "/v1/config",
            "Make a document the one in force; a masked secret is kept as it is",
            Document.class,
            this::replace));
  }

  private Future<Reply> show(Call call) {
    var current = admin.current();
    var document =
        call.is(Endpoint.Query.SECRETS) ? current.document() : secrets.masked(current.document());
    return Future.succeededFuture(Reply.ok(document).withEtag(current.version()));
  }

  private Future<Reply> replace(Call call) {
    var body = call.body(Document.class);
    return editor.apply(
        call, Optional.of(body.places()), _ -> new Editor.Edited(body.value(), Pointer.ROOT));
  }
}
