package io.vtgt.target;

import java.util.List;
import java.util.function.Predicate;

/// Which logical units an initiator may reach beside the one its command came to: what a copy
/// between units looks its sources and destinations up in. Answers at once, from immutable
/// snapshots, on any thread.
@FunctionalInterface
public interface UnitDirectory {

  /// One way to a unit.
  ///
  /// @param as the nexus the initiator is there; reservations of the unit are asked about it
  record Way(LogicalUnit unit, Nexus.Id as) {}

  /// The units that `which` matches, by every way on which the initiator of `nexus` could read them
  /// itself: what no access rule shows it, and what it would have to prove its identity for and has
  /// not, is not found.
  ///
  /// @return the best way first: of the nexus itself, then of its initiator's other nexuses
  List<Way> find(Predicate<LogicalUnit> which, Nexus nexus);

  /// Knows nothing but what the nexus itself sees.
  UnitDirectory OF_THE_NEXUS = (which, nexus) -> nexus.ways(which);
}
