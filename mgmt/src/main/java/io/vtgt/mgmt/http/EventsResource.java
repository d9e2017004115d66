package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import java.util.List;

/// `/v1/events`: what happened lately.
final class EventsResource implements Resource {
  private static final String NUMBER = "number";

  private final TargetAdmin admin;

  EventsResource(TargetAdmin admin) {
    this.admin = admin;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/events", "What happened lately, oldest first", _ -> after(0)),
        Endpoint.get(
            "/v1/events/after/{number}",
            "What happened after the event of that number",
            call -> after(number(call.path(NUMBER)))));
  }

  private Future<Reply> after(long number) {
    return Future.succeededFuture(Reply.ok(admin.events(number)));
  }

  private static long number(String text) {
    if (!text.matches("\\d{1,18}")) {
      throw new HttpFailure(
          HttpFailure.Kind.MALFORMED, "\"" + text + "\" is no number of an event");
    }
    return Long.parseLong(text);
  }
}
