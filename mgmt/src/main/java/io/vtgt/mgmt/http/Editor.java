package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Reading;
import io.vtgt.mgmt.document.Validation;
import io.vtgt.mgmt.document.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Changes the document in force: reads it, edits the copy, checks it, has it applied if the one in
/// force is still the one that was read, else begins anew. So of two writers none loses a change.
final class Editor {
  /// Each round lost is a round that another writer won; so many in a row say something is wrong.
  private static final int MAX_ROUNDS = 16;

  private final TargetAdmin admin;
  private final Secrets secrets;

  Editor(TargetAdmin admin, Secrets secrets) {
    this.admin = admin;
    this.secrets = secrets;
  }

  /// Makes the wanted document of the one in force; throws [HttpFailure] when that cannot be.
  interface Edit {
    Edited of(Document current);
  }

  /// @param pointer where in the document the body of the request came to stand
  record Edited(Document wanted, String pointer) {}

  /// What the client is told.
  ///
  /// @param version of the document now in force
  record Outcome(String version, boolean dryRun, List<Step> changes) {}

  /// @param change which kind, by the name of [Change]
  /// @param summary one line for people
  record Step(String change, String summary) {
    static Step of(Change change) {
      return new Step(change.getClass().getSimpleName(), change.describe());
    }
  }

  /// @param body where the parts of the request's body stand in its text; empty when it had none
  Future<Reply> apply(Call call, Optional<Reading.Places> body, Edit edit) {
    return attempt(call, body, edit, MAX_ROUNDS).map(Editor::reply);
  }

  private Future<TargetAdmin.Applied> attempt(
      Call call, Optional<Reading.Places> body, Edit edit, int rounds) {
    var current = admin.current();
    if (call.ifMatch().isPresent() && !call.ifMatch().get().contains(current.version())) {
      return Future.failedFuture(outdated(current.version()));
    }
    var masked = edit.of(current.document());
    var unmasked = secrets.unmasked(masked.wanted(), current.document());
    var edited = new Edited(unmasked.document(), masked.pointer());
    check(edited, unmasked.violations(), body);
    return admin
        .apply(edited.wanted(), current.version(), call.is(Endpoint.Query.DRY_RUN))
        .recover(
            failure -> {
              if (!lostTheRace(failure, current.version())) {
                return Future.failedFuture(failure);
              }
              if (call.ifMatch().isPresent()) {
                return Future.failedFuture(outdated(admin.current().version()));
              }
              return rounds > 1
                  ? attempt(call, body, edit, rounds - 1)
                  : Future.failedFuture(failure);
            });
  }

  private boolean lostTheRace(Throwable failure, String version) {
    return failure instanceof AdminError error
        && error.kind() == AdminError.Kind.CONFLICT
        && !admin.current().version().equals(version);
  }

  private static HttpFailure outdated(String version) {
    return new HttpFailure(
        HttpFailure.Kind.PRECONDITION_FAILED, "the version in force is \"" + version + "\"");
  }

  private void check(Edited edited, List<Violation> masks, Optional<Reading.Places> body) {
    var violations = new ArrayList<>(masks);
    if (violations.isEmpty()) {
      violations.addAll(Validation.check(edited.wanted()));
    }
    if (violations.isEmpty()) {
      violations.addAll(admin.check(edited.wanted()));
    }
    if (violations.isEmpty()) {
      return;
    }
    // Without a body nothing came that could be wrong: what goes is still needed.
    var kind = body.isPresent() ? HttpFailure.Kind.INVALID : HttpFailure.Kind.CONFLICT;
    var faults = violations.stream().map(it -> fault(it, edited.pointer(), body)).toList();
    var first = violations.getFirst();
    throw new HttpFailure(kind, first.pointer() + ": " + first.message(), faults);
  }

  /// In terms of the body of the request, where it is about the body.
  private static HttpFailure.Fault fault(
      Violation violation, String base, Optional<Reading.Places> body) {
    var pointer = violation.pointer();
    boolean inBody = pointer.equals(base) || pointer.startsWith(base + "/");
    if (body.isPresent() && inBody) {
      var own = new Violation(pointer.substring(base.length()), violation.message());
      return HttpFailure.Fault.of(body.get().locate(own));
    }
    return HttpFailure.Fault.of(
        new Violation(
            "", "the document would not be valid: " + pointer + ": " + violation.message()));
  }

  static Reply reply(TargetAdmin.Applied applied) {
    var steps = applied.changes().stream().map(Step::of).toList();
    return Reply.ok(new Outcome(applied.version(), applied.dryRun(), steps))
        .withEtag(applied.version());
  }
}
