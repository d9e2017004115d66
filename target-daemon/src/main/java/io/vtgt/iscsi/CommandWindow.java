package io.vtgt.iscsi;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The order of commands in a session (RFC 7143 section 4.2.2.1): which CmdSN comes next, up to
/// which one the initiator may send, and the commands that came before their turn.
///
/// The window is the back-pressure: [#open] moves its end as far as there is room for commands, and
/// never back. Serial numbers wrap, so they are compared by distance. Does no I/O.
///
/// @param <C> a command kept until its turn
final class CommandWindow<C> {

  enum Place {
    /// Its turn: act on it. The window has moved on.
    NOW,
    /// Ahead of its turn, within the window: keep it with [#keep].
    LATER,
    /// Below or above the window, or there already: ignore it silently.
    OUTSIDE
  }

  private enum Plug {
    /// Stands for a CmdSN that will not come any more.
    PLUGGED
  }

  private final int size;
  private int expected;
  private int max;
  private int keptCount;

  /// What came before its turn, at its CmdSN modulo the length.
  private final Object[] kept;

  /// @param first the CmdSN of the first command
  /// @param size commands under way at most, 1 to 65536
  CommandWindow(int first, int size) {
    this.size = size;
    expected = first;
    max = first + size - 1;
    kept = new Object[Integer.highestOneBit(Math.max(size, 2) - 1) << 1];
  }

  /// Commands under way at most.
  int size() {
    return size;
  }

  /// ExpCmdSN.
  int expected() {
    return expected;
  }

  /// MaxCmdSN; one before [#expected()] when the window is closed.
  int max() {
    return max;
  }

  /// Where a command stands that is not immediate.
  Place place(int cmdSn) {
    if (cmdSn == expected && kept[slot(cmdSn)] == null) {
      if (max - expected < 0) {
        return Place.OUTSIDE;
      }
      expected++;
      return Place.NOW;
    }
    return holds(cmdSn) && kept[slot(cmdSn)] == null ? Place.LATER : Place.OUTSIDE;
  }

  /// Is `cmdSn` one that may still come?
  boolean holds(int cmdSn) {
    return cmdSn - expected >= 0 && cmdSn - max <= 0;
  }

  void keep(int cmdSn, C command) {
    kept[slot(cmdSn)] = command;
    keptCount++;
  }

  /// Counts a CmdSN as received that will not come, or that came in a PDU that was refused.
  void plug(int cmdSn) {
    if (cmdSn == expected && kept[slot(cmdSn)] == null) {
      expected++;
    } else if (holds(cmdSn) && kept[slot(cmdSn)] == null) {
      kept[slot(cmdSn)] = Plug.PLUGGED;
      keptCount++;
    }
  }

  /// A kept command whose turn has come; the window moves on.
  ///
  /// @return null when there is none
  C next() {
    while (keptCount > 0 && kept[slot(expected)] != null) {
      Object next = take(expected++);
      if (!(next instanceof Plug)) {
        return command(next);
      }
    }
    return null;
  }

  /// Takes out the kept commands that match; their CmdSNs count as received.
  List<C> removeKept(Predicate<C> which) {
    var removed = new ArrayList<C>();
    for (int i = 0; i < kept.length && keptCount > 0; i++) {
      if (kept[i] != null && !(kept[i] instanceof Plug) && which.test(command(kept[i]))) {
        removed.add(command(kept[i]));
        kept[i] = Plug.PLUGGED;
      }
    }
    return removed;
  }

  int keptCount() {
    return keptCount;
  }

  /// Lets as many commands come as there is room for.
  ///
  /// @param underWay commands that have come and have not ended
  void open(int underWay) {
    int candidate = expected + Math.max(size - underWay, 0) - 1;
    if (candidate - max > 0) {
      max = candidate;
    }
  }

  private Object take(int cmdSn) {
    Object taken = kept[slot(cmdSn)];
    kept[slot(cmdSn)] = null;
    keptCount--;
    return taken;
  }

  @SuppressWarnings("unchecked") // only keep() fills it, but for plugs
  private C command(Object kept) {
    return (C) kept;
  }

  private int slot(int cmdSn) {
    return cmdSn & kept.length - 1;
  }
}
