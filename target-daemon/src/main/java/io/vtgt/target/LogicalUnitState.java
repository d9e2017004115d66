package io.vtgt.target;

/// What a logical unit's owner publishes and every event loop reads. Immutable.
///
/// @param descriptorSense D_SENSE of the control mode page
/// @param writeCacheEnabled WCE of the caching mode page: with it off every write is durable before
///   GOOD
/// @param softwareWriteProtect SWP of the control mode page
/// @param taskAbortedStatus TAS of the control mode page
/// @param mediumPresent false after START STOP UNIT ejected a removable medium
/// @param started false after START STOP UNIT stopped the unit
public record LogicalUnitState(
    boolean descriptorSense,
    boolean writeCacheEnabled,
    boolean softwareWriteProtect,
    boolean taskAbortedStatus,
    boolean mediumPresent,
    boolean started) {
  public static final LogicalUnitState INITIAL =
      new LogicalUnitState(false, true, false, false, true, true);
}
