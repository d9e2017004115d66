package io.vtgt.daemon;

import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.store.Space;
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
    var watch = unit.spaceWatch();
    var space = watch.last();
    if (watch.thresholdReached()) {
      return Optional.of(watch.describe(space));
    }
    return space.freeBytes() == 0 && unit.thin()
        ? Optional.of("there is no space left for what is not allocated yet")
        : Optional.empty();
  }

  /// `SanitizeFailed` as `sanitize failed`.
  private static String words(String name) {
    return name.replaceAll("(?<=.)([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }

  private static String writeProtection(LogicalUnit unit) {
    if (unit.readOnly()) {
      return "read-only";
    }
    return unit.state().mode().softwareWriteProtect() ? "by an initiator" : "none";
  }
}
