package io.vtgt.target;

/// When initiators are warned that the space behind a unit runs out (SBC-4, Thresholds); whichever
/// comes first.
///
/// @param usedPercent of the unit's size is allocated, 1 to 99; 0 is never
/// @param freeBytes fewer are free below the store; 0 is never
public record ThinThreshold(int usedPercent, long freeBytes) {
  public static final ThinThreshold NONE = new ThinThreshold(0, 0);
}
