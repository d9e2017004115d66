package io.vtgt.scsi.alua;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the document says of the target port groups of one unit. Immutable.
///
/// @param mode who may change states
/// @param reachable target portal group tags through which the unit can be reached; each is one
///   target port group with one target port, and both have the tag as their number
/// @param defaults by group, where it is not [Default#PLAIN]
public record PortGroupSetup(
    AluaMode mode, SortedSet<Integer> reachable, Map<Integer, Default> defaults) {

  /// @param state until somebody sets another
  /// @param preferred PREF: initiators that may choose use this group
  public record Default(AccessState state, boolean preferred) {
    static final Default PLAIN = new Default(AccessState.ACTIVE_OPTIMIZED, false);
  }

  /// A unit of which nobody has said anything.
  public static final PortGroupSetup OFF =
      new PortGroupSetup(AluaMode.OFF, Collections.emptySortedSet(), Map.of());

  public PortGroupSetup {
    reachable = Collections.unmodifiableSortedSet(new TreeSet<>(reachable));
    defaults = Map.copyOf(defaults);
  }

  Default of(int group) {
    return mode == AluaMode.OFF ? Default.PLAIN : defaults.getOrDefault(group, Default.PLAIN);
  }
}
