package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document.Portal;
import io.vtgt.mgmt.document.Pointer;
import java.util.List;
import java.util.Optional;

/// `/v1/portals`: portals as configured, by their `listen`, and as they listen.
final class PortalsResource implements Resource {
  private final TargetAdmin admin;
  private final Editor editor;

  PortalsResource(TargetAdmin admin, Editor editor) {
    this.admin = admin;
    this.editor = editor;
  }

  /// @param configured as in the document
  /// @param listening as they run: ports that were chosen, connections
  record Portals(List<Portal> configured, List<TargetAdmin.PortalStatus> listening) {}

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/v1/portals", "Portals as configured and as they listen", this::list)
            .answering(Portals.class),
        Endpoint.post("/v1/portals", "Add a portal", Portal.class, this::add),
        Endpoint.delete("/v1/portals/{listen}", "Remove a portal", this::remove));
  }

  private Future<Reply> list(Call call) {
    var current = admin.current();
    return Future.succeededFuture(
        Reply.ok(new Portals(current.document().portals(), admin.portals()))
            .withEtag(current.version()));
  }

  private Future<Reply> add(Call call) {
    var body = call.body(Portal.class);
    var listen = body.value().listen();
    return editor
        .apply(
            call,
            Optional.of(body.places()),
            current -> {
              var portals =
                  Named.plus(
                      current.portals(),
                      body.value(),
                      it -> it.listen().equals(listen),
                      what(listen));
              return new Editor.Edited(
                  current.withPortals(portals), Pointer.child("/portals", portals.size() - 1));
            })
        .map(reply -> Locations.created(call, reply, "/v1/portals", listen));
  }

  private Future<Reply> remove(Call call) {
    var listen = call.path("listen");
    return editor.apply(
        call,
        Optional.empty(),
        current -> {
          int index =
              Named.indexOf(current.portals(), it -> it.listen().equals(listen), what(listen));
          return new Editor.Edited(
              current.withPortals(Named.without(current.portals(), index)),
              Pointer.child("/portals", index));
        });
  }

  private static String what(String listen) {
    return "portal \"" + listen + "\"";
  }
}
