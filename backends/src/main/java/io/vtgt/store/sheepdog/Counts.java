package io.vtgt.store.sheepdog;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// What a store counts since it was opened. Any thread.
final class Counts {
  /// What is counted.
  enum Count {
    CREATES("creates"),
    /// Of the creates, those of objects that began as copies of a snapshot's.
    COPIES("copies"),
    DISCARDS("discards"),
    /// Requests that wrote entries of the map.
    MAP_WRITES("mapWrites"),
    /// Requests that were not done at the first attempt.
    RETRIES("retries"),
    /// Writes whose connection was lost before they were answered.
    STRAYS("strays"),
    RELOADS("reloads"),
    RECONNECTS("reconnects");

    private final String word;

    Count(String word) {
      this.word = word;
    }
  }

  private final Map<Count, LongAdder> counters = new EnumMap<>(Count.class);

  Counts() {
    for (Count count : Count.values()) {
      counters.put(count, new LongAdder());
    }
  }

  void add(Count count) {
    counters.get(count).increment();
  }

  /// By names such as `sheepdog.creates`.
  Map<String, Long> named() {
    Map<String, Long> named = new TreeMap<>();
    counters.forEach((count, adder) -> named.put("sheepdog." + count.word, adder.sum()));
    return named;
  }
}
