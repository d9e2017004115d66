package io.vtgt.daemon;

import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.store.Space;
import io.vtgt.store.StoreState;
import io.vtgt.target.LogicalUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A unit that runs, as the management interface tells of it. Any context: it reads snapshots.
final class UnitView {
  private UnitView() {}

  static TargetAdmin.Medium medium(LogicalUnit unit) {
    var state = unit.state();
    return new TargetAdmin.Medium(
        unit.profile().online(),
        state.mediumPresent(),
        unit.removalPrevented(),
        writeProtection(unit),
        words(state.condition().getClass().getSimpleName()));
  }

  static TargetAdmin.Space space(LogicalUnit unit) {
    var watch = unit.spaceWatch();
    var space = watch.last();
    return new TargetAdmin.Space(
        known(space.allocatedBytes()),
        known(space.freeBytes()),
        watch.overcommitted(),
        watch.thresholdReached());
  }

  private static Optional<Long> known(long bytes) {
    return bytes == Space.UNKNOWN ? Optional.empty() : Optional.of(bytes);
  }

  static Map<String, Object> mode(LogicalUnit unit) {
    var mode = unit.state().mode();
    var named = new LinkedHashMap<String, Object>();
    named.put("writeCache", mode.writeCacheEnabled());
    named.put("descriptorSense", mode.descriptorSense());
    named.put("softwareWriteProtect", mode.softwareWriteProtect());
    named.put("taskAbortedStatus", mode.taskAbortedStatus());
    return named;
  }

  /// What an operator should know of a unit that serves; empty when all is well.
  static Optional<String> problem(LogicalUnit unit) {
    var store = unit.gate().state();
    if (!store.usable()) {
      return Optional.of(words(store));
    }
    if (unit.gate().hung()) {
      return Optional.of(
          "its store hangs: %d operations are unanswered beyond their deadline"
              .formatted(unit.gate().quarantined()));
    }
    var watch = unit.spaceWatch();
    var space = watch.last();
    if (watch.thresholdReached()) {
      return Optional.of(watch.describe(space));
    }
    return space.freeBytes() == 0 && unit.thin()
        ? Optional.of("there is no space left for what is not allocated yet")
        : Optional.empty();
  }

  /// `ready`, or why the store cannot be used.
  static String state(LogicalUnit unit) {
    var store = unit.gate().state();
    return store.usable() ? "ready" : words(store);
  }

  private static String words(StoreState store) {
    return words(store.kind().name()) + ": " + store.reason();
  }

  /// `SanitizeFailed` as `sanitize failed`, and so `LOCKED_BY_ANOTHER`.
  private static String words(String name) {
    var apart =
        name.contains("_") ? name.replace('_', ' ') : name.replaceAll("(?<=[a-z])([A-Z])", " $1");
    return apart.toLowerCase(Locale.ROOT);
  }

  private static String writeProtection(LogicalUnit unit) {
    if (unit.readOnly()) {
      return "read-only";
    }
    return unit.state().mode().softwareWriteProtect() ? "by an initiator" : "none";
  }
}
