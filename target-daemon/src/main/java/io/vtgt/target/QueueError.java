package io.vtgt.target;

/// What else ends when a command ends with CHECK CONDITION (SPC-5, Control mode page: QERR).
public enum QueueError {
  /// Nothing.
  NONE(0),
  /// Every task of the unit, whosever it is.
  EVERY_TASK(1),
  /// The tasks of the same nexus.
  TASKS_OF_THE_NEXUS(3);

  /// The value of the field; 2 is reserved.
  public final int code;

  QueueError(int code) {
    this.code = code;
  }

  /// @return [#NONE] for the reserved value
  public static QueueError of(int code) {
    for (QueueError each : values()) {
      if (each.code == code) {
        return each;
      }
    }
    return NONE;
  }
}
