package io.vtgt.mgmt;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Media of stores (images), whether a unit serves them or not. Every call may come from any
/// context. A refusal is a failed future with an [AdminError]: [AdminError.Kind#INVALID] where
/// options are wrong, with violations that point into them; [AdminError.Kind#NOT_FOUND] where there
/// is no such kind, place, medium or snapshot; [AdminError.Kind#CONFLICT] where it exists, is in
/// use or cannot be; [AdminError.Kind#FAILED] where the place does not answer.
public interface MediaAdmin {

  /// Where media live.
  ///
  /// @param kind of store
  /// @param options as [TargetAdmin.MediaDescription#place] describes them
  record Where(String kind, Map<String, Object> options) {}

  /// By name.
  Future<List<Medium>> list(Where place);

  /// @param units of this daemon that serve it, as `TARGET/LUN`
  record Medium(String name, List<String> units) {}

  Future<MediumDetails> describe(Where place, String name);

  /// @param parent the snapshot it is a clone of
  /// @param users who has it open, as the store names them
  /// @param units of this daemon that serve it, as `TARGET/LUN`
  /// @param store the options by which a unit serves it
  /// @param details what only this kind knows
  record MediumDetails(
      String name,
      long bytes,
      Optional<String> parent,
      List<SnapshotAdmin.Snapshot> snapshots,
      List<String> users,
      List<String> units,
      Map<String, Object> store,
      Map<String, Object> details) {}

  /// Makes a medium, or a clone of a snapshot.
  ///
  /// @param options as [TargetAdmin.MediaDescription#creation] describes them
  /// @param dryRun only checks what can be known without making it
  Future<Void> create(Where place, String name, Map<String, Object> options, boolean dryRun);

  /// Throws a medium away that no unit serves and nobody has open.
  ///
  /// @param forGood its data is lost; otherwise it can be taken back by [#restore]
  Future<Void> remove(Where place, String name, boolean forGood);

  Future<List<Thrown>> trash(Where place);

  /// @param id what [#restore] takes
  /// @param deleted when it was thrown away
  record Thrown(String id, String name, String deleted) {}

  /// Takes a medium back, by the name it had.
  Future<Void> restore(Where place, String id);
}
