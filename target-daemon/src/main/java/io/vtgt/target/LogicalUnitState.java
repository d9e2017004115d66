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

  public LogicalUnitState withDescriptorSense(boolean value) {
    return new LogicalUnitState(
        value, writeCacheEnabled, softwareWriteProtect, taskAbortedStatus, mediumPresent, started);
  }

  public LogicalUnitState withWriteCacheEnabled(boolean value) {
    return new LogicalUnitState(
        descriptorSense, value, softwareWriteProtect, taskAbortedStatus, mediumPresent, started);
  }

  public LogicalUnitState withSoftwareWriteProtect(boolean value) {
    return new LogicalUnitState(
        descriptorSense, writeCacheEnabled, value, taskAbortedStatus, mediumPresent, started);
  }

  public LogicalUnitState withTaskAbortedStatus(boolean value) {
    return new LogicalUnitState(
        descriptorSense, writeCacheEnabled, softwareWriteProtect, value, mediumPresent, started);
  }

  public LogicalUnitState withMediumPresent(boolean value) {
    return new LogicalUnitState(
        descriptorSense,
        writeCacheEnabled,
        softwareWriteProtect,
        taskAbortedStatus,
        value,
        started);
  }

  public LogicalUnitState withStarted(boolean value) {
    return new LogicalUnitState(
        descriptorSense,
        writeCacheEnabled,
        softwareWriteProtect,
        taskAbortedStatus,
        mediumPresent,
        value);
  }

  /// After a reset of the unit: mode pages as they were at first, the unit started (SPC-5, power
  /// conditions: a reset enters the powered on state), the medium where it was.
  ///
  /// @param atFirst the state the unit was made with
  LogicalUnitState afterReset(LogicalUnitState atFirst) {
    return atFirst.withMediumPresent(mediumPresent).withStarted(true);
  }
}
