package io.vtgt.target;

/// What MODE SELECT can change of a unit (SPC-5, Mode parameters; SBC-4, Caching mode page).
/// Immutable.
///
/// @param descriptorSense D_SENSE of the control mode page
/// @param writeCacheEnabled WCE of the caching mode page: with it off every write is durable before
///   GOOD
/// @param softwareWriteProtect SWP of the control mode page
/// @param taskAbortedStatus TAS of the control mode page
/// @param queueError QERR of the control mode page
public record ModeSettings(
    boolean descriptorSense,
    boolean writeCacheEnabled,
    boolean softwareWriteProtect,
    boolean taskAbortedStatus,
    QueueError queueError) {
  public static final ModeSettings INITIAL =
      new ModeSettings(false, true, false, false, QueueError.NONE);

  /// These settings, but what differs between `was` and `next` is as in `next`.
  ModeSettings following(ModeSettings was, ModeSettings next) {
    return new ModeSettings(
        following(descriptorSense, was.descriptorSense, next.descriptorSense),
        following(writeCacheEnabled, was.writeCacheEnabled, next.writeCacheEnabled),
        following(softwareWriteProtect, was.softwareWriteProtect, next.softwareWriteProtect),
        following(taskAbortedStatus, was.taskAbortedStatus, next.taskAbortedStatus),
        following(queueError, was.queueError, next.queueError));
  }

  private static <T> T following(T now, T was, T next) {
    return was.equals(next) ? now : next;
  }

  public ModeSettings withDescriptorSense(boolean value) {
    return new ModeSettings(
        value, writeCacheEnabled, softwareWriteProtect, taskAbortedStatus, queueError);
  }

  public ModeSettings withWriteCacheEnabled(boolean value) {
    return new ModeSettings(
        descriptorSense, value, softwareWriteProtect, taskAbortedStatus, queueError);
  }

  public ModeSettings withSoftwareWriteProtect(boolean value) {
    return new ModeSettings(
        descriptorSense, writeCacheEnabled, value, taskAbortedStatus, queueError);
  }

  public ModeSettings withTaskAbortedStatus(boolean value) {
    return new ModeSettings(
        descriptorSense, writeCacheEnabled, softwareWriteProtect, value, queueError);
  }

  public ModeSettings withQueueError(QueueError value) {
    return new ModeSettings(
        descriptorSense, writeCacheEnabled, softwareWriteProtect, taskAbortedStatus, value);
  }
}
