package io.vtgt.target;

/// What a logical unit's owner publishes and every event loop reads. Immutable.
///
/// @param mode what MODE SELECT can change
/// @param condition what the unit is busy with as a whole
/// @param mediumPresent false after START STOP UNIT ejected a removable medium
/// @param started false after START STOP UNIT stopped the unit
/// @param thresholds at which a thin unit warns
public record LogicalUnitState(
    ModeSettings mode,
    Condition condition,
    boolean mediumPresent,
    boolean started,
    ThresholdSets thresholds) {
  public static final LogicalUnitState INITIAL =
      new LogicalUnitState(ModeSettings.INITIAL, Condition.USABLE, true, true, ThresholdSets.NONE);

  public LogicalUnitState withMode(ModeSettings next) {
    return new LogicalUnitState(next, condition, mediumPresent, started, thresholds);
  }

  public LogicalUnitState withCondition(Condition next) {
    return new LogicalUnitState(mode, next, mediumPresent, started, thresholds);
  }

  public LogicalUnitState withMediumPresent(boolean value) {
    return new LogicalUnitState(mode, condition, value, started, thresholds);
  }

  public LogicalUnitState withStarted(boolean value) {
    return new LogicalUnitState(mode, condition, mediumPresent, value, thresholds);
  }

  LogicalUnitState withThresholds(ThresholdSets next) {
    return new LogicalUnitState(mode, condition, mediumPresent, started, next);
  }

  /// After a reset of the unit: mode pages as they were saved last, the unit started (SPC-5, power
  /// conditions: a reset enters the powered on state), the medium where it was, and what the unit
  /// is busy with goes on.
  ///
  /// @param saved the state with the saved mode pages
  LogicalUnitState afterReset(LogicalUnitState saved) {
    return saved.withMediumPresent(mediumPresent).withStarted(true).withCondition(condition);
  }
}
