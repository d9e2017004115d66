package io.vtgt.store;

import java.util.List;

/// Notices that ranges of a medium change. Made by [StoreGate#watch].
///
/// It breaks before the change reaches the store, and stays broken: whoever reads and then finds it
/// whole has read what stood there when the watch began (see [StoreGate#watch] for what was under
/// way then).
public final class ChangeWatch {

  /// @param offset first byte
  /// @param length bytes
  public record Range(long offset, long length) {
    long end() {
      return offset + length;
    }
  }

  private final List<Range> ranges;
  private final long first;
  private final long end;

  // Set by whoever begins a change, read from every thread.
  private volatile boolean broken;

  ChangeWatch(List<Range> ranges) {
    this.ranges = List.copyOf(ranges);
    this.first = ranges.stream().mapToLong(Range::offset).min().orElse(0);
    this.end = ranges.stream().mapToLong(Range::end).max().orElse(0);
  }

  /// True from the moment on a change of a watched byte began. Any thread.
  public boolean broken() {
    return broken;
  }

  void breakUp() {
    broken = true;
  }

  boolean concerns(long offset, long length) {
    if (offset >= end || offset + length <= first) {
      return false; // for most changes that is all there is to ask
    }
    for (Range range : ranges) {
      if (offset < range.end() && range.offset() < offset + length) {
        return true;
      }
    }
    return false;
  }
}
