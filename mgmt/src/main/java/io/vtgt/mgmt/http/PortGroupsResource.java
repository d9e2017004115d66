package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.TargetAdmin.PortGroup;
import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Validation;
import io.vtgt.mgmt.document.Violation;
import java.util.List;

/// `/v1/targets/{name}/port-groups`: the access states of paths as they are, and implicit changes
/// of them. What they are at first is in the document.
final class PortGroupsResource implements Resource {
  private static final String PATH = "/v1/targets/{name}/port-groups";

  /// In place of a state: what the document says.
  private static final String DOCUMENTED = "default";

  /// No dry run: what would come of it, only doing it shows.
  private static final Endpoint.Query[] NO_QUERY = {};

  private final TargetAdmin admin;

  PortGroupsResource(TargetAdmin admin) {
    this.admin = admin;
  }

  /// What a PUT carries: public for the reader of documents, which makes it by reflection.
  ///
  /// @param state one of [Validation#ACCESS_STATES], or `default` for what the document says
  /// @param luns units whose state changes; empty is all
  public record AccessChange(String state, List<Integer> luns) {}

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, "The port groups of a target and the states of its units", this::list),
        Endpoint.get(PATH + "/{group}", "One port group", this::show).answering(PortGroup.class),
        Endpoint.put(
                PATH + "/{group}",
                "Change the access state of all or some units through a group; answered when it is"
                    + " in effect",
                AccessChange.class,
                this::change)
            .answering(PortGroup.class)
            .query(NO_QUERY));
  }

  private Future<Reply> list(Call call) {
    return admin.portGroups(call.path("name")).map(Reply::ok);
  }

  private Future<Reply> show(Call call) {
    return group(call).map(Reply::ok);
  }

  private Future<PortGroup> group(Call call) {
    var group = call.path("group");
    return admin
        .portGroups(call.path("name"))
        .map(
            groups ->
                Named.find(
                    groups,
                    it -> Integer.toString(it.group()).equals(group),
                    "port group " + group + " of target \"" + call.path("name") + "\""));
  }

  private Future<Reply> change(Call call) {
    var body = call.body(AccessChange.class);
    var wanted = body.value().state();
    if (!wanted.equals(DOCUMENTED) && !Validation.ACCESS_STATES.contains(wanted)) {
      var violation =
          new Violation(
              Pointer.child(Pointer.ROOT, "state"),
              "\""
                  + wanted
                  + "\"; allowed are "
                  + String.join(", ", Validation.ACCESS_STATES)
                  + ", "
                  + DOCUMENTED);
      throw new HttpFailure(
          HttpFailure.Kind.INVALID,
          violation.message(),
          List.of(HttpFailure.Fault.of(body.places().locate(violation))));
    }
    return group(call)
        .compose(
            group ->
                admin.changeAccess(
                    group.target(),
                    group.group(),
                    wanted.equals(DOCUMENTED) ? "" : wanted,
                    body.value().luns()))
        .compose(_ -> group(call))
        .map(Reply::ok);
  }
}
