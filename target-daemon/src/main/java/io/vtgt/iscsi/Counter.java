package io.vtgt.iscsi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/// What a session counts. A constant is all that a new counter needs.
enum Counter {
  RX_BYTES("rxBytes"),
  TX_BYTES("txBytes"),
  RX_PDUS("rxPdus"),
  TX_PDUS("txPdus"),
  COMMANDS("commands"),
  READ_BYTES("readBytes"),
  WRITE_BYTES("writeBytes"),
  CHECK_CONDITIONS("checkConditions"),
  TASK_MANAGEMENT("taskManagement"),
  ABORTED_TASKS("abortedTasks"),
  REJECTS("rejects"),
  DIGEST_ERRORS("digestErrors"),
  IGNORED_COMMANDS("ignoredCommands"),
  STALLS("stalls");

  private final String label;

  Counter(String label) {
    this.label = label;
  }

  /// The counts of one session: written by its event loop, read from anywhere.
  static final class Tally {
    private final AtomicLongArray counts = new AtomicLongArray(Counter.values().length);

    void add(Counter counter, long count) {
      int index = counter.ordinal();
      counts.setOpaque(index, counts.getPlain(index) + count); // one writer: no atomic add
    }

    long of(Counter counter) {
      return counts.getOpaque(counter.ordinal());
    }

    Map<String, Long> snapshot() {
      var snapshot = new LinkedHashMap<String, Long>();
      for (var counter : Counter.values()) {
        snapshot.put(counter.label, of(counter));
      }
      return snapshot;
    }
  }
}
