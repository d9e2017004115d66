package io.vtgt.mgmt;

import io.vertx.core.Future;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Violation;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The port through which the management interface reaches the daemon. The daemon implements it;
/// every call may come from any context. A refusal is a failed future with an [AdminError].
public interface TargetAdmin {

  /// The document in force and its version, which changes with every applied change.
  Versioned current();

  /// @param version opaque; the ETag of HTTP
  record Versioned(Document document, String version) {}

  /// What only the daemon can know to be wrong: options of stores and layers, keys of the login
  /// table. [io.vtgt.mgmt.document.Validation] has passed.
  List<Violation> check(Document wanted);

  /// Makes `wanted` the document in force, saves it durably, and tells what was done.
  ///
  /// @param ifVersion fails with [AdminError.Kind#CONFLICT] when the version in force is another;
  ///   empty text means whatever it is
  /// @param dryRun only tells what would be done
  Future<Applied> apply(Document wanted, String ifVersion, boolean dryRun);

  /// @param changes in the order they were (or would be) applied
  record Applied(List<Change> changes, String version, boolean dryRun) {}

  /// @param lun 0 to 16383
  record UnitAddress(String target, int lun) {}

  /// Gives a unit's medium another size while it is served, and the document too where it tells the
  /// size. Fails with [AdminError.Kind#CONFLICT] where the medium would become smaller without
  /// `force`, with [AdminError.Kind#FAILED] where it cannot change its size.
  ///
  /// @param size bytes, or text such as `20GiB`
  /// @param dryRun only tells what would be done
  Future<Applied> resize(UnitAddress unit, String size, boolean force, boolean dryRun);

  /// Takes the medium of a removable unit out until [#load] or the next start.
  ///
  /// @param force although initiators prevent it
  Future<Void> eject(UnitAddress unit, boolean force);

  Future<Void> load(UnitAddress unit);

  /// Takes a unit's medium from the client that holds it for itself, which is shut out first. Fails
  /// with [AdminError.Kind#CONFLICT] where the store has nothing to take over.
  Future<Void> takeOver(UnitAddress unit);

  /// The snapshots of units' media.
  SnapshotAdmin snapshots();

  /// Media that need not be open.
  MediaAdmin media();

  List<Session> sessions();

  /// @param id unique among live sessions; what [#endSession] takes
  /// @param isid, tsih in hex
  /// @param negotiated key to value
  /// @param counters name to value, see the counters of the session
  record Session(
      String id,
      String target,
      String initiator,
      String initiatorAddress,
      String portal,
      String isid,
      String tsih,
      boolean discovery,
      String since,
      Map<String, String> negotiated,
      Map<String, Long> counters) {}

  /// Ends a session; fails with [AdminError.Kind#NOT_FOUND].
  Future<Void> endSession(String id);

  /// Units as they run.
  List<UnitStatus> units();

  /// @param state `ready`, or in words why not
  /// @param medium, space absent where the unit is not ready
  /// @param mode what the mode pages say now, by the names of [Document.Mode]
  record UnitStatus(
      String target,
      int lun,
      String name,
      String state,
      long bytes,
      int blockSize,
      String naa,
      String serial,
      Optional<Medium> medium,
      Optional<Space> space,
      Map<String, Object> mode,
      Map<String, Long> counters) {}

  /// @param online as the document says
  /// @param present false after it was ejected
  /// @param removalPrevented by an initiator
  /// @param writeProtection `none`, `read-only` or `by an initiator`
  /// @param condition what the unit is busy with
  record Medium(
      boolean online,
      boolean present,
      boolean removalPrevented,
      String writeProtection,
      String condition) {}

  /// Some seconds old. What is not known is absent.
  ///
  /// @param allocatedBytes of the medium
  /// @param freeBelowBytes what the store can still be given where it lives
  /// @param overcommitted more can be written than there is space below
  /// @param thresholdReached the unit's `thinThreshold`
  record Space(
      Optional<Long> allocatedBytes,
      Optional<Long> freeBelowBytes,
      boolean overcommitted,
      boolean thresholdReached) {}

  /// The target port groups of a target with the access states of its units, by group; fails with
  /// [AdminError.Kind#NOT_FOUND].
  Future<List<PortGroup>> portGroups(String target);

  /// @param group target portal group tag
  /// @param units those that run, by LUN
  record PortGroup(String target, int group, List<UnitAccess> units) {}

  /// How a unit is reached through a group.
  ///
  /// @param state one of [io.vtgt.mgmt.document.Validation#ACCESS_STATES], or `transitioning`
  /// @param preferred initiators that may choose use this group
  /// @param setBy who changed the state last: `nobody`, `initiator`, `administrator`
  record UnitAccess(int lun, String name, String state, boolean preferred, String setBy) {}

  /// Changes the access state of units through a group.
  ///
  /// @param state one of [io.vtgt.mgmt.document.Validation#ACCESS_STATES]; empty text for what the
  ///   document says
  /// @param luns of units that run; empty is all
  /// @return completes when no command that began before can do what the state forbids, and the
  ///   state is kept; fails with [AdminError.Kind#FAILED] when a unit could not be brought there,
  ///   which then is as it was
  Future<Void> changeAccess(String target, int group, String state, List<Integer> luns);

  List<PortalStatus> portals();

  /// @param listening the address and port bound
  record PortalStatus(int group, String listening, int connections) {}

  /// Store and layer kinds with their options, for help and docs.
  List<KindDescription> storeKinds();

  List<KindDescription> layerKinds();

  /// @param media what can be done to media of this kind; absent where they are made and removed
  ///   elsewhere
  record KindDescription(
      String kind,
      String summary,
      List<OptionDescription> options,
      Optional<MediaDescription> media) {

    public KindDescription(String kind, String summary, List<OptionDescription> options) {
      this(kind, summary, options, Optional.empty());
    }
  }

  /// @param nameOption the option of the store that names a medium
  /// @param place options of the store that say where media live
  /// @param creation options of a new one
  record MediaDescription(
      String nameOption, List<OptionDescription> place, List<OptionDescription> creation) {}

  record OptionDescription(
      String name, String type, boolean required, String defaultValue, String meaning) {}

  /// What happened lately that an operator should know, oldest first; at most some hundreds.
  ///
  /// @param after only what came after this number; 0 is all that is kept
  List<Event> events(long after);

  /// @param number counts up from 1, anew with each start of the daemon
  /// @param severity `info`, `warning` or `error`
  /// @param subject what it is about: the name of a unit, `document`, `daemon`
  /// @param message one sentence
  record Event(long number, String time, String severity, String subject, String message) {}

  Health health();

  /// @param problems in words; empty when all is well
  record Health(boolean ready, String version, long uptimeSeconds, List<String> problems) {}
}
