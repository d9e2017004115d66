package io.vtgt.target;

import io.vtgt.target.LogicalUnit.Profile;

/// A unit's thresholds as SBC-4 counts them: in threshold sets, of 1 MiB each here.
///
/// @param used so many are used; 0 when there is no such threshold
/// @param available so few are available; 0 when there is no such threshold
public record ThresholdSets(long used, long available) {
  public static final ThresholdSets NONE = new ThresholdSets(0, 0);

  private static final int SET_BYTES = 1 << 20;
  private static final long MOST = 0xffff_ffffL;

  /// THRESHOLD EXPONENT: the power of two that makes a set of logical blocks.
  public static int exponent(Profile profile) {
    return Integer.numberOfTrailingZeros(SET_BYTES / profile.blockBytes());
  }

  /// @param bytes size of the unit
  static ThresholdSets of(Profile profile, long bytes) {
    ThinThreshold threshold = profile.thinThreshold();
    return profile.thin()
        ? new ThresholdSets(
            threshold.usedPercent() == 0 ? 0 : sets(percent(bytes, threshold.usedPercent())),
            threshold.freeBytes() == 0 ? 0 : sets(threshold.freeBytes()))
        : NONE;
  }

  private static long percent(long bytes, int percent) {
    return bytes / 100 * percent + bytes % 100 * percent / 100;
  }

  private static long sets(long bytes) {
    return Math.clamp(bytes / SET_BYTES, 1, MOST);
  }
}
