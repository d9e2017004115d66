package io.vtgt.store;

/// How much room a medium takes, and how much is left for it where it lives. What a store cannot
/// know is [#UNKNOWN].
///
/// @param allocatedBytes what is behind the medium now
/// @param freeBytes what it can still be given before writes fail for want of space; others may
///   take it first
public record Space(long allocatedBytes, long freeBytes) {
  public static final long UNKNOWN = -1;

  /// Of a store that knows neither.
  public static final Space NOT_TOLD = new Space(UNKNOWN, UNKNOWN);
}
