package io.vtgt.target;

import java.time.InstantSource;

/// The clock of a unit (SPC-5, Device clocks): the host's, until SET TIMESTAMP sets it. What was
/// set lasts until the daemon ends. Any context.
public final class DeviceClock {

  /// TIMESTAMP ORIGIN.
  public enum Origin {
    SET_TIMESTAMP(2),
    OUTSIDE(3);

    public final int code;

    Origin(int code) {
      this.code = code;
    }
  }

  /// @param millis since 1970
  public record Reading(long millis, Origin origin) {}

  private final InstantSource host;

  // Replaced whole.
  private volatile Setting setting = new Setting(0, Origin.OUTSIDE);

  /// @param ahead milliseconds it is ahead of the host's
  private record Setting(long ahead, Origin origin) {}

  DeviceClock(InstantSource host) {
    this.host = host;
  }

  public Reading now() {
    Setting current = setting;
    return new Reading(host.millis() + current.ahead, current.origin);
  }

  /// @param millis since 1970
  public void set(long millis) {
    setting = new Setting(millis - host.millis(), Origin.SET_TIMESTAMP);
  }
}
