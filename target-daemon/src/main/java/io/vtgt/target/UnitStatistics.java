package io.vtgt.target;

import io.vtgt.scsi.Cdb;
import io.vtgt.store.StoreFault;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// What a unit counts of its commands since it was opened, for the log pages. Any context.
///
/// The data path pays for it with a few additions in memory that event loops do not share, and, for
/// a command that has to wait for the store, two looks at the clock. A command that is answered at
/// once takes no measurable time and counts none.
public final class UnitStatistics {
  /// How many commands are being processed stands in the low bits of [#busy], and in the others
  /// since when there is one, or since when there is none. Whoever changes it looks at the clock
  /// after he has read it, so that one busy time never reaches into another.
  private static final int COUNT_BITS = 20;

  private static final long COUNT = (1L << COUNT_BITS) - 1;
  private static final long MICROS = -1L >>> COUNT_BITS;

  private static final int KINDS = Traffic.values().length;

  /// Counters at one moment. Bytes are those of blocks, intervals are microseconds.
  ///
  /// @param readCommands READ (10), (12), (16), (32), POPULATE TOKEN
  /// @param writeCommands WRITE and WRITE AND VERIFY of 10 bytes and more, UNMAP, WRITE USING TOKEN
  /// @param readBytes of the read commands; `shortReadBytes` are those of READ (6)
  /// @param writtenBytes of the write commands; `shortWrittenBytes` are those of WRITE (6)
  /// @param readErrors reads that failed in the store
  /// @param verifiedBytes read for VERIFY and WRITE AND VERIFY
  /// @param idleMicros while no command was being processed
  public record Totals(
      long readCommands,
      long writeCommands,
      long readBytes,
      long shortReadBytes,
      long writtenBytes,
      long shortWrittenBytes,
      long verifiedBytes,
      long readMicros,
      long writeMicros,
      long idleMicros,
      long readErrors,
      long writeErrors,
      long verifyErrors) {
    public static final Totals NOTHING = new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// What was counted since `before`.
    public Totals since(Totals before) {
      return new Totals(
          readCommands - before.readCommands,
          writeCommands - before.writeCommands,
          readBytes - before.readBytes,
          shortReadBytes - before.shortReadBytes,
          writtenBytes - before.writtenBytes,
          shortWrittenBytes - before.shortWrittenBytes,
          verifiedBytes - before.verifiedBytes,
          readMicros - before.readMicros,
          writeMicros - before.writeMicros,
          idleMicros - before.idleMicros,
          readErrors - before.readErrors,
          writeErrors - before.writeErrors,
          verifyErrors - before.verifyErrors);
    }
  }

  private final LongSupplier nanoClock;
  private final long openedNanos;
  private final LongAdder[] commands = adders();
  private final LongAdder[] bytes = adders();
  private final LongAdder[] micros = adders();
  private final LongAdder verifiedBytes = new LongAdder();
  private final LongAdder readErrors = new LongAdder();
  private final LongAdder writeErrors = new LongAdder();
  private final LongAdder verifyErrors = new LongAdder();
  private final LongAdder busyMicros = new LongAdder();
  private final AtomicLong busy = new AtomicLong();

  /// @param nanoClock as [System#nanoTime()]
  UnitStatistics(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.openedNanos = nanoClock.getAsLong();
  }

  private static LongAdder[] adders() {
    var adders = new LongAdder[KINDS];
    for (int i = 0; i < KINDS; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  /// A command came, whatever becomes of it.
  Traffic received(Cdb cdb) {
    Traffic traffic = Traffic.of(cdb);
    commands[traffic.ordinal()].increment();
    return traffic;
  }

  /// A command has got or given its blocks.
  void transferred(Traffic traffic, int length) {
    bytes[traffic.ordinal()].add(length);
  }

  /// VERIFY or the second half of WRITE AND VERIFY has read the medium.
  public void verified(long length) {
    verifiedBytes.add(length);
  }

  /// The store has failed a command.
  void failed(Traffic traffic, Throwable failure) {
    if (failure instanceof StoreFault fault) {
      switch (fault.kind()) {
        case READ_ERROR ->
            (traffic == Traffic.VERIFY || traffic == Traffic.WRITE_AND_VERIFY
                    ? verifyErrors
                    : readErrors)
                .increment();
        case WRITE_ERROR -> writeErrors.increment();
        case OUT_OF_SPACE,
            READ_ONLY,
            UNAVAILABLE,
            TIMEOUT,
            OUT_OF_RANGE,
            UNSUPPORTED,
            CLOSED -> {} // not of the medium
      }
    }
  }

  /// A command has to wait for the store.
  ///
  /// @return to be given to [#ended]
  long began() {
    for (; ; ) {
      long before = busy.get();
      long now = nowMicros();
      long after = (before & COUNT) == 0 ? now << COUNT_BITS | 1 : before + 1;
      if (busy.compareAndSet(before, after)) {
        return now;
      }
    }
  }

  /// A command that had to wait goes on.
  ///
  /// @param began what [#began] returned
  void ended(Traffic traffic, long began) {
    for (; ; ) {
      long before = busy.get();
      long now = nowMicros();
      boolean last = (before & COUNT) == 1;
      if (busy.compareAndSet(before, last ? now << COUNT_BITS : before - 1)) {
        micros[traffic.ordinal()].add(now - began);
        if (last) {
          busyMicros.add(busyFor(before, now));
        }
        return;
      }
    }
  }

  /// The counters now.
  public Totals totals() {
    long underWay = busy.get();
    long now = nowMicros();
    long busyNow = (underWay & COUNT) == 0 ? 0 : busyFor(underWay, now);
    return new Totals(
        of(commands, Traffic.READ),
        of(commands, Traffic.WRITE)
            + of(commands, Traffic.WRITE_AND_VERIFY)
            + of(commands, Traffic.UNMAP),
        of(bytes, Traffic.READ),
        of(bytes, Traffic.READ_6),
        of(bytes, Traffic.WRITE) + of(bytes, Traffic.WRITE_AND_VERIFY),
        of(bytes, Traffic.WRITE_6),
        verifiedBytes.sum(),
        of(micros, Traffic.READ),
        of(micros, Traffic.WRITE)
            + of(micros, Traffic.WRITE_AND_VERIFY)
            + of(micros, Traffic.UNMAP),
        Math.max(0, now - busyMicros.sum() - busyNow),
        readErrors.sum(),
        writeErrors.sum(),
        verifyErrors.sum());
  }

  private static long of(LongAdder[] counters, Traffic traffic) {
    return counters[traffic.ordinal()].sum();
  }

  private static long busyFor(long busy, long nowMicros) {
    return (nowMicros - (busy >>> COUNT_BITS)) & MICROS;
  }

  private long nowMicros() {
    return (nanoClock.getAsLong() - openedNanos) / 1000;
  }
}
