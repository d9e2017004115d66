package io.vtgt.target;

/// What a unit is busy with as a whole, or suffers from: decides which commands it takes.
/// Immutable.
public sealed interface Condition {

  /// Nothing in the way.
  record Usable() implements Condition {}

  Condition USABLE = new Usable();
}
