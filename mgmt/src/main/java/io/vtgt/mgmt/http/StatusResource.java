package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import java.util.List;

/// What the daemon tells about itself: health, units as they run, kinds of stores and layers.
final class StatusResource implements Resource {
  private final TargetAdmin admin;

  StatusResource(TargetAdmin admin) {
    this.admin = admin;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/healthz", "200 when the daemon serves, else 503", this::health)
            .answering(TargetAdmin.Health.class),
        Endpoint.get(
            "/v1/units",
            "The units of all targets as they run",
            _ -> Future.succeededFuture(Reply.ok(admin.units()))),
        Endpoint.get(
            "/v1/stores",
            "Kinds of stores with their options",
            _ -> Future.succeededFuture(Reply.ok(admin.storeKinds()))),
        Endpoint.get(
            "/v1/layers",
            "Kinds of layers with their options",
            _ -> Future.succeededFuture(Reply.ok(admin.layerKinds()))));
  }

  private Future<Reply> health(Call call) {
    var health = admin.health();
    return Future.succeededFuture(Reply.ok(health).withStatus(health.ready() ? 200 : 503));
  }
}
