package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Reading;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/// `/v1/targets/{name}/units`: the units of one target, by LUN.
final class UnitsResource implements Resource {
  private static final String PATH = "/v1/targets/{name}/units";

  private final TargetAdmin admin;
  private final Editor editor;
  private final Secrets secrets;

  UnitsResource(TargetAdmin admin, Editor editor, Secrets secrets) {
    this.admin = admin;
    this.editor = editor;
    this.secrets = secrets;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, "The units of a target", this::list),
        Endpoint.post(PATH, "Add a unit", Unit.class, this::add),
        Endpoint.get(PATH + "/{lun}", "One unit", this::show).answering(Unit.class),
        Endpoint.put(
            PATH + "/{lun}", "Reopen a unit with other settings", Unit.class, this::replace),
        Endpoint.patch(
            PATH + "/{lun}",
            "Change settings of a unit, live where that can be; null is the default",
            Unit.class,
            this::change),
        Endpoint.delete(PATH + "/{lun}", "Remove a unit", this::remove),
        Endpoint.get(PATH + "/{lun}/status", "A unit as it runs", this::status)
            .answering(Details.class),
        Endpoint.post(PATH + "/{lun}/resize", "Resize a unit's medium", Resize.class, this::resize)
            .query(Endpoint.Query.DRY_RUN, Endpoint.Query.FORCE),
        Endpoint.action(
                PATH + "/{lun}/eject", "Take the medium of a removable unit out", this::eject)
            .query(Endpoint.Query.FORCE),
        Endpoint.action(PATH + "/{lun}/load", "Put the medium in again", this::load),
        Endpoint.action(
            PATH + "/{lun}/take-over",
            "Take the medium from the client that holds it for itself, which is shut out",
            this::takeOver));
  }

  /// @param size bytes, or text such as `20GiB`
  record Resize(String size) {}

  /// @param unit as it runs
  /// @param parameters as the document has them
  record Details(TargetAdmin.UnitStatus unit, Unit parameters) {}

  private Future<Reply> change(Call call) {
    var places = changed(call, admin.current().document()).places();
    return edit(
        call,
        Optional.of(places),
        (document, target) -> {
          int index = index(target, call);
          var unit = changed(call, document).value();
          return new Placed(Named.replaced(target.units(), index, unit), index);
        });
  }

  private Call.Body<Unit> changed(Call call, Document document) {
    var target = target(document, call);
    var body = call.bodyOver(target.units().get(index(target, call)), Unit.class);
    Locations.checkSame(body, "lun", body.value().lun(), call.path("lun"));
    return body;
  }

  private Future<Reply> status(Call call) {
    var target = target(admin.current().document(), call);
    var parameters = target.units().get(index(target, call));
    return admin.units().stream()
        .filter(it -> it.target().equals(target.name()) && it.lun() == parameters.lun())
        .findFirst()
        .map(it -> Future.succeededFuture(Reply.ok(new Details(it, secrets.masked(parameters)))))
        .orElseThrow(
            () ->
                new HttpFailure(
                    HttpFailure.Kind.NOT_FOUND,
                    "there is no " + what(target, call.path("lun")) + " now"));
  }

  private Future<Reply> resize(Call call) {
    var body = call.body(Resize.class);
    return admin
        .resize(
            address(call),
            body.value().size(),
            call.is(Endpoint.Query.FORCE),
            call.is(Endpoint.Query.DRY_RUN))
        .map(Editor::reply);
  }

  private Future<Reply> eject(Call call) {
    return admin.eject(address(call), call.is(Endpoint.Query.FORCE)).map(Reply.noContent());
  }

  private Future<Reply> load(Call call) {
    return admin.load(address(call)).map(Reply.noContent());
  }

  private Future<Reply> takeOver(Call call) {
    return admin.takeOver(address(call)).map(Reply.noContent());
  }

  private TargetAdmin.UnitAddress address(Call call) {
    var target = target(admin.current().document(), call);
    return new TargetAdmin.UnitAddress(
        target.name(), target.units().get(index(target, call)).lun());
  }

  private Future<Reply> list(Call call) {
    var current = admin.current();
    return Future.succeededFuture(
        Reply.ok(target(current.document(), call).units().stream().map(secrets::masked).toList())
            .withEtag(current.version()));
  }

  private Future<Reply> show(Call call) {
    var current = admin.current();
    var target = target(current.document(), call);
    return Future.succeededFuture(
        Reply.ok(secrets.masked(target.units().get(index(target, call))))
            .withEtag(current.version()));
  }

  private Future<Reply> add(Call call) {
    var body = call.body(Unit.class);
    int lun = body.value().lun();
    return edit(
            call,
            Optional.of(body.places()),
            (_, target) ->
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
        Optional.of(body.places()),
        (_, target) -> {
          int index = index(target, call);
          return new Placed(Named.replaced(target.units(), index, body.value()), index);
        });
  }

  private Future<Reply> remove(Call call) {
    return edit(
        call,
        Optional.empty(),
        (_, target) -> {
          int index = index(target, call);
          return new Placed(Named.without(target.units(), index), index);
        });
  }

  /// @param index of the unit the request is about
  private record Placed(List<Unit> units, int index) {}

  private Future<Reply> edit(
      Call call, Optional<Reading.Places> body, BiFunction<Document, TargetEntry, Placed> edit) {
    return editor.apply(
        call,
        body,
        current -> {
          int index = TargetsResource.index(current, call.path("name"));
          var target = current.targets().get(index);
          var placed = edit.apply(current, target);
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
