package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// What a medium may hold, cell by cell, when operations overlap in time and fail.
///
/// Every change has a begin and an end on one clock. A read may find what a change brought if that
/// began before the read ended, and no other change of the cell began after it had ended,
/// succeeded, and ended before the read began. So what is answered is never lost, and of changes
/// that overlap any may be the last. A change that failed may have come about or not. Any thread.
final class MediumModel {
  static final int CELL = 512;

  /// Bytes of a cell that a change brings.
  interface Content {
    byte[] of(int cell);
  }

  /// One change.
  static final class Change {
    private final int from;
    private final int end;
    private final byte[][] bytes;
    private final long begun;
    private long ended = Long.MAX_VALUE;
    private boolean succeeded;
    private boolean durable;

    private Change(int from, int end, Content content, long begun) {
      this.from = from;
      this.end = end;
      this.bytes = new byte[end - from][];
      for (int cell = from; cell < end; cell++) {
        bytes[cell - from] = content.of(cell);
      }
      this.begun = begun;
    }

    private byte[] of(int cell) {
      return bytes[cell - from];
    }
  }

  // Everything under this object's monitor.
  private final List<List<Change>> cells = new ArrayList<>();
  private long clock;

  /// All zeroes, and durable.
  MediumModel(int cellCount) {
    Change zero = new Change(0, cellCount, _ -> new byte[CELL], 0);
    zero.ended = 0;
    zero.succeeded = true;
    zero.durable = true;
    for (int cell = 0; cell < cellCount; cell++) {
      cells.add(new ArrayList<>(List.of(zero)));
    }
  }

  static Content zeroes() {
    return _ -> new byte[CELL];
  }

  /// No other change brings these bytes, and no other cell gets them.
  static Content unique(long id) {
    return cell -> pattern(id, cell);
  }

  /// The same bytes for every cell.
  static Content same(long id) {
    return _ -> pattern(id, -1);
  }

  private static byte[] pattern(long id, long cell) {
    byte[] bytes = new byte[CELL];
    Arrays.fill(bytes, (byte) (id * 31 + cell * 7 + 1));
    ByteBuffer.wrap(bytes).putLong(id).putLong(cell);
    return bytes;
  }

  static byte[] bytes(Content content, int from, int end) {
    byte[] bytes = new byte[(end - from) * CELL];
    for (int cell = from; cell < end; cell++) {
      System.arraycopy(content.of(cell), 0, bytes, (cell - from) * CELL, CELL);
    }
    return bytes;
  }

  synchronized long now() {
    return ++clock;
  }

  synchronized Change begin(int from, int end, Content content) {
    Change change = new Change(from, end, content, ++clock);
    for (int cell = from; cell < end; cell++) {
      cells.get(cell).add(change);
    }
    return change;
  }

  /// @param durable it is on stable storage by itself
  synchronized void succeeded(Change change, boolean durable) {
    change.ended = ++clock;
    change.succeeded = true;
    change.durable = durable;
  }

  synchronized void failed(Change change) {
    change.ended = ++clock;
  }

  /// It did not come about.
  synchronized void refused(Change change) {
    change.ended = ++clock;
    for (int cell = change.from; cell < change.end; cell++) {
      cells.get(cell).remove(change);
    }
  }

  /// A flush that began at `begun` has succeeded.
  synchronized void flushed(long begun) {
    for (List<Change> changes : cells) {
      for (Change change : changes) {
        change.durable |= change.succeeded && change.ended < begun;
      }
    }
  }

  /// Fails where a read that began at `begun` must not have found these bytes.
  synchronized void checkRead(String step, int from, byte[] got, long begun) {
    for (int i = 0; i < got.length / CELL; i++) {
      byte[] cell = Arrays.copyOfRange(got, i * CELL, (i + 1) * CELL);
      if (!allowed(from + i, cell, begun, false)) {
        fail(
            "%s: cell %d holds %s, allowed are %s"
                .formatted(step, from + i, show(cell), allowedNow(from + i, begun, false)));
      }
    }
  }

  /// As [#checkRead], when nothing changes: from here on this is what stands there.
  synchronized void checkAndSettle(String step, int from, byte[] got) {
    checkRead(step, from, got, ++clock);
    settle(from, got);
  }

  private void settle(int from, byte[] got) {
    for (int i = 0; i < got.length / CELL; i++) {
      int cell = from + i;
      List<Change> changes = cells.get(cell);
      long possible =
          changes.stream().filter(each -> !superseded(cell, each, clock, false)).count();
      if (possible > 1 || !changes.getLast().succeeded) {
        byte[] bytes = Arrays.copyOfRange(got, i * CELL, (i + 1) * CELL);
        Change now = new Change(cell, cell + 1, _ -> bytes, ++clock);
        now.ended = ++clock;
        now.succeeded = true;
        changes.add(now);
      }
    }
    prune(from, from + got.length / CELL);
  }

  /// Forgets what neither a read nor a crash can find any more.
  private void prune(int from, int end) {
    for (int cell = from; cell < end; cell++) {
      List<Change> changes = cells.get(cell);
      changes.removeIf(
          old -> changes.stream().anyMatch(u -> u.succeeded && u.durable && u.begun > old.ended));
    }
  }

  /// What stands at a cell that was settled, when nothing has changed since.
  synchronized byte[] latest(int cell) {
    Change last = cells.get(cell).getLast();
    return last.of(cell);
  }

  /// Fails where the store must not hold these bytes after a crash now.
  synchronized void checkCrash(String step, byte[] medium) {
    for (int i = 0; i < Math.min(cells.size(), medium.length / CELL); i++) {
      byte[] cell = Arrays.copyOfRange(medium, i * CELL, (i + 1) * CELL);
      if (!allowed(i, cell, ++clock, true)) {
        fail(
            "%s: after a crash cell %d holds %s, allowed are %s"
                .formatted(step, i, show(cell), allowedNow(i, clock, true)));
      }
    }
  }

  private boolean allowed(int cell, byte[] got, long begun, boolean crash) {
    for (Change change : cells.get(cell)) {
      if (Arrays.equals(change.of(cell), got) && !superseded(cell, change, begun, crash)) {
        return true;
      }
    }
    return false;
  }

  private boolean superseded(int cell, Change old, long begun, boolean crash) {
    for (Change change : cells.get(cell)) {
      if (change.succeeded
          && change.begun > old.ended
          && change.ended < begun
          && (!crash || change.durable)) {
        return true;
      }
    }
    return false;
  }

  private List<String> allowedNow(int cell, long begun, boolean crash) {
    return cells.get(cell).stream()
        .map(
            change ->
                show(change.of(cell))
                    + (superseded(cell, change, begun, crash) ? " (no more)" : ""))
        .toList();
  }

  private static String show(byte[] cell) {
    return HexFormat.of().formatHex(cell, 0, 16);
  }
}
