package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import java.util.List;

/// `/v1/sessions`: who is logged in.
final class SessionsResource implements Resource {
  private final TargetAdmin admin;

  SessionsResource(TargetAdmin admin) {
    this.admin = admin;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/sessions", "All sessions", this::list),
        Endpoint.get("/v1/sessions/{id}", "One session", this::show)
            .answering(TargetAdmin.Session.class),
        Endpoint.delete(
                "/v1/sessions/{id}", "End a session; the initiator may log in again", this::end)
            .answeringNothing());
  }

  private Future<Reply> list(Call call) {
    return Future.succeededFuture(Reply.ok(admin.sessions()));
  }

  private Future<Reply> show(Call call) {
    var id = call.path("id");
    return Future.succeededFuture(
        Reply.ok(Named.find(admin.sessions(), it -> it.id().equals(id), "session \"" + id + "\"")));
  }

  private Future<Reply> end(Call call) {
    return admin.endSession(call.path("id")).map(Reply.noContent());
  }
}
