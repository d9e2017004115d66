package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import io.vtgt.mgmt.document.Pointer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// `/v1/targets/{name}/units`: the units of one target, by LUN.
final class UnitsResource implements Resource {
  private static final String PATH = "/v1/targets/{name}/units";

  private final TargetAdmin admin;
  private final Editor editor;

  UnitsResource(TargetAdmin admin, Editor editor) {
    this.admin = admin;
    this.editor = editor;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, "The units of a target", this::list),
        Endpoint.post(PATH, "Add a unit", Unit.class, this::add),
        Endpoint.get(PATH + "/{lun}", "One unit", this::show).answering(Unit.class),
        Endpoint.put(
            PATH + "/{lun}", "Reopen a unit with other settings", Unit.class, this::replace),
        Endpoint.delete(PATH + "/{lun}", "Remove a unit", this::remove));
  }

  private Future<Reply> list(Call call) {
    var current = admin.current();
    return Future.succeededFuture(
        Reply.ok(target(current.document(), call).units()).withEtag(current.version()));
  }

  private Future<Reply> show(Call call) {
    var current = admin.current();
    var target = target(current.document(), call);
    return Future.succeededFuture(
        Reply.ok(target.units().get(index(target, call))).withEtag(current.version()));
  }

  private Future<Reply> add(Call call) {
    var body = call.body(Unit.class);
    int lun = body.value().lun();
    return edit(
            call,
            Optional.of(body),
            target ->
                new Placed(
                    Named.plus(
                        target.units(),
                        body.value(),
                        it -> it.lun() == lun,
                        what(target, Integer.toString(lun))),
                    target.units().size()))
        .map(
            reply ->
                Locations.created(
                    call,
                    reply,
                    "/v1/targets/" + Locations.encode(call.path("name")) + "/units",
                    Integer.toString(lun)));
  }

  private Future<Reply> replace(Call call) {
    var body = call.body(Unit.class);
    Locations.checkSame(body, "lun", body.value().lun(), call.path("lun"));
    return edit(
        call,
        Optional.of(body),
        target -> {
          int index = index(target, call);
          return new Placed(Named.replaced(target.units(), index, body.value()), index);
        });
  }

  private Future<Reply> remove(Call call) {
    return edit(
        call,
        Optional.empty(),
        target -> {
          int index = index(target, call);
          return new Placed(Named.without(target.units(), index), index);
        });
  }

  /// @param index of the unit the request is about
  private record Placed(List<Unit> units, int index) {}

  private Future<Reply> edit(
      Call call, Optional<Call.Body<Unit>> body, Function<TargetEntry, Placed> edit) {
    return editor.apply(
        call,
        body.map(Call.Body::places),
        current -> {
          int index = TargetsResource.index(current, call.path("name"));
          var target = current.targets().get(index);
          var placed = edit.apply(target);
          var targets = Named.replaced(current.targets(), index, target.withUnits(placed.units()));
          var units = Pointer.child(TargetsResource.pointer(index), "units");
          return new Editor.Edited(
              current.withTargets(targets), Pointer.child(units, placed.index()));
        });
  }

  private static TargetEntry target(Document document, Call call) {
    return document.targets().get(TargetsResource.index(document, call.path("name")));
  }

  private static int index(TargetEntry target, Call call) {
    var lun = call.path("lun");
    return Named.indexOf(
        target.units(), it -> Integer.toString(it.lun()).equals(lun), what(target, lun));
  }

  private static String what(TargetEntry target, String lun) {
    return "unit " + lun + " of target \"" + target.name() + "\"";
  }
}
