package io.vtgt.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// CPU time of a process with all its threads, from `/proc`.
final class ProcessClock {
  /// USER_HZ, which Linux fixes for `/proc` at 100.
  private static final long MICROS_PER_TICK = 10_000;

  /// Fields of `/proc/PID/stat` behind the command name: user and system time.
  private static final int UTIME = 11, STIME = 12;

  private final Path stat;

  ProcessClock(long pid) {
    this.stat = Path.of("/proc/" + pid + "/stat");
  }

  /// @return microseconds, in steps of 10 ms
  long cpuMicros() {
    try {
      String line = Files.readString(stat);
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) * MICROS_PER_TICK;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
