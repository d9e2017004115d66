package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.SnapshotAdmin.Snapshot;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import java.util.List;

/// `/v1/targets/{name}/units/{lun}/snapshots`: the snapshots of a unit's medium.
final class SnapshotsResource implements Resource {
  private static final String PATH = "/v1/targets/{name}/units/{lun}/snapshots";
  private static final String ONE = PATH + "/{snapshot}";

  /// No dry run: whether the store does it, only doing it shows.
  private static final Endpoint.Query[] NO_QUERY = {};

  private final TargetAdmin admin;

  SnapshotsResource(TargetAdmin admin) {
    this.admin = admin;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, "The snapshots of a unit's medium, oldest first", this::list),
        Endpoint.post(
                PATH,
                "Take a snapshot: what initiators have been answered for is in it",
                NewSnapshot.class,
                this::create)
            .answering(Snapshot.class)
            .query(NO_QUERY),
        Endpoint.delete(ONE, "Remove a snapshot", this::remove).answeringNothing(),
        Endpoint.action(
                ONE + "/rollback",
                "Give the medium the content and size it had; initiators are told. Refused while a"
                    + " session sees the unit, but for force",
                this::rollback)
            .query(Endpoint.Query.FORCE),
        Endpoint.action(
                ONE + "/protect",
                "Keep a snapshot from removal; it may be cloned",
                it -> protect(it, true))
            .answering(Snapshot.class),
        Endpoint.action(ONE + "/unprotect", "The opposite", it -> protect(it, false))
            .answering(Snapshot.class));
  }

  /// What a POST carries: public for the reader of documents, which makes it by reflection.
  ///
  /// @param name unique on the medium
  public record NewSnapshot(String name) {}

  private SnapshotAdmin snapshots() {
    return admin.snapshots();
  }

  private Future<Reply> list(Call call) {
    return snapshots().list(address(call)).map(Reply::ok);
  }

  private Future<Reply> create(Call call) {
    var name = call.body(NewSnapshot.class).value().name();
    var parent =
        "/v1/targets/%s/units/%s/snapshots"
            .formatted(Locations.encode(call.path("name")), call.path("lun"));
    return snapshots()
        .create(address(call), name)
        .map(made -> Locations.created(call, Reply.ok(made), parent, name));
  }

  private Future<Reply> remove(Call call) {
    return snapshots().remove(address(call), call.path("snapshot")).map(Reply.noContent());
  }

  private Future<Reply> rollback(Call call) {
    return snapshots()
        .rollback(address(call), call.path("snapshot"), call.is(Endpoint.Query.FORCE))
        .map(Reply.noContent());
  }

  private Future<Reply> protect(Call call, boolean isProtected) {
    return snapshots().protect(address(call), call.path("snapshot"), isProtected).map(Reply::ok);
  }

  private static UnitAddress address(Call call) {
    try {
      return new UnitAddress(call.path("name"), Integer.parseInt(call.path("lun")));
    } catch (NumberFormatException e) {
      throw new HttpFailure(HttpFailure.Kind.NOT_FOUND, "\"" + call.path("lun") + "\" is no LUN");
    }
  }
}
