package io.vtgt.mgmt;

import io.vertx.core.Future;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Violation;
import java.util.List;
import java.util.Map;

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
  /// @param allocatedBytes behind a thin medium; -1 when not known
  record UnitStatus(
      String target,
      int lun,
      String name,
      String state,
      long bytes,
      int blockSize,
      String naa,
      String serial,
      Map<String, Long> counters) {}

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

  record KindDescription(String kind, String summary, List<OptionDescription> options) {}

  record OptionDescription(
      String name, String type, boolean required, String defaultValue, String meaning) {}

  Health health();

  /// @param problems in words; empty when all is well
  record Health(boolean ready, String version, long uptimeSeconds, List<String> problems) {}
}
