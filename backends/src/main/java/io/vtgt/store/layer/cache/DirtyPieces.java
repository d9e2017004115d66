package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What was answered and is not in the store: pieces that do not overlap. A newer write cuts away
/// what it covers of older ones. Not safe for several threads.
final class DirtyPieces {
  private static final int OVERHEAD_BYTES = 256;

  private final TreeMap<Long, Piece> byOffset = new TreeMap<>();

  /// Those that no write-out carries, oldest first.
  private final TreeSet<Piece> waiting =
      new TreeSet<>(Comparator.comparingLong(Piece::oldest).thenComparingLong(Piece::offset));

  private long bytes;

  /// Bytes of all pieces.
  long bytes() {
    return bytes;
  }

  /// What keeping the pieces costs beside their bytes, roughly.
  long overhead() {
    return (long) byOffset.size() * OVERHEAD_BYTES;
  }

  boolean isEmpty() {
    return byOffset.isEmpty();
  }

  /// Takes newer bytes in.
  ///
  /// @param data owned by this object from here on
  /// @param sequence larger than that of every write before
  void put(long offset, ByteBuf data, long sequence) {
    long end = offset + data.readableBytes();
    cut(offset);
    cut(end);
    long oldest = sequence;
    for (Piece covered : within(offset, end)) {
      if (covered.carrier() == null) {
        oldest = Math.min(oldest, covered.oldest());
      }
      remove(covered);
    }
    add(new Piece(offset, data, oldest, null));
  }

  /// Drops what lies wholly inside a range.
  ///
  /// @return bytes dropped
  long drop(long from, long end) {
    long dropped = 0;
    for (Piece piece : within(from, end)) {
      if (piece.offset() >= from && piece.end() <= end) {
        dropped += piece.length();
        remove(piece);
      }
    }
    return dropped;
  }

  /// Makes a border at this offset: no piece lies across it afterwards.
  void cut(long at) {
    Map.Entry<Long, Piece> entry = byOffset.lowerEntry(at);
    if (entry == null || entry.getValue().end() <= at) {
      return;
    }
    Piece whole = entry.getValue();
    int left = (int) (at - whole.offset());
    ByteBuf bytesOfWhole = whole.bytes();
    int start = bytesOfWhole.readerIndex();
    Piece first =
        new Piece(
            whole.offset(),
            bytesOfWhole.retainedSlice(start, left),
            whole.oldest(),
            whole.carrier());
    Piece second =
        new Piece(
            at,
            bytesOfWhole.retainedSlice(start + left, whole.length() - left),
            whole.oldest(),
            whole.carrier());
    remove(whole);
    add(first);
    add(second);
  }

  /// Those that overlap a range, in order.
  List<Piece> within(long from, long end) {
    List<Piece> found = new ArrayList<>();
    for (Piece piece : from(from)) {
      if (piece.offset() >= end) {
        break;
      }
      found.add(piece);
    }
    return found;
  }

  boolean overlaps(long from, long end) {
    for (Piece piece : from(from)) {
      return piece.offset() < end;
    }
    return false;
  }

  /// The first in a range that waits and may go; null when there is none.
  Piece firstWaiting(long from, long end, Predicate<Piece> mayGo) {
    for (Piece piece : from(from)) {
      if (piece.offset() >= end) {
        return null;
      }
      if (piece.carrier() == null && mayGo.test(piece)) {
        return piece;
      }
    }
    return null;
  }

  /// Those that end after `from`, in order.
  private Iterable<Piece> from(long from) {
    Map.Entry<Long, Piece> before = byOffset.lowerEntry(from);
    boolean across = before != null && before.getValue().end() > from;
    return byOffset.tailMap(across ? before.getKey() : from, true).values();
  }

  /// The sequence number of the oldest write that waits, or `Long.MAX_VALUE`.
  long oldestWaiting() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().oldest();
  }

  /// The oldest that waits, was written no later than `latest` and may go; null when there is none.
  Piece oldest(long latest, Predicate<Piece> mayGo) {
    for (Piece piece : waiting) {
      if (piece.oldest() > latest) {
        return null;
      }
      if (mayGo.test(piece)) {
        return piece;
      }
    }
    return null;
  }

  /// Lets a write-out carry `first` and what lies beside it without a gap.
  ///
  /// @param maxLength of all of them, bytes
  WriteOut carry(Piece first, int maxLength, Predicate<Piece> mayGo) {
    List<Piece> run = new ArrayList<>();
    run.add(first);
    int length = first.length();
    for (Map.Entry<Long, Piece> before = byOffset.lowerEntry(first.offset());
        before != null
            && before.getValue().end() == run.getFirst().offset()
            && joins(before.getValue(), length, maxLength, mayGo);
        before = byOffset.lowerEntry(before.getKey())) {
      run.addFirst(before.getValue());
      length += before.getValue().length();
    }
    for (Piece after = byOffset.get(first.end());
        after != null && joins(after, length, maxLength, mayGo);
        after = byOffset.get(after.end())) {
      run.add(after);
      length += after.length();
    }
    long oldest = run.stream().mapToLong(Piece::oldest).min().orElseThrow();
    WriteOut carrier = new WriteOut(run.getFirst().offset(), length, oldest);
    for (Piece piece : run) {
      waiting.remove(piece);
      byOffset.put(piece.offset(), piece.carriedBy(carrier));
    }
    return carrier;
  }

  private static boolean joins(Piece piece, int length, int maxLength, Predicate<Piece> mayGo) {
    return piece.carrier() == null && length + piece.length() <= maxLength && mayGo.test(piece);
  }

  /// What a write-out writes, owned by the caller. Called before anything else changes.
  ByteBuf content(WriteOut out) {
    List<Piece> run = within(out.offset, out.end());
    if (run.size() == 1) {
      return run.getFirst().bytes().retainedDuplicate();
    }
    CompositeByteBuf whole = ByteBufAllocator.DEFAULT.compositeBuffer(run.size());
    for (Piece piece : run) {
      whole.addComponent(true, piece.bytes().retainedDuplicate());
    }
    return whole;
  }

  /// The store has taken what this write-out carried.
  void clean(WriteOut out) {
    for (Piece piece : within(out.offset, out.end())) {
      if (out.equals(piece.carrier())) {
        remove(piece);
      }
    }
  }

  /// The store has not: what is left of it waits again.
  void soil(WriteOut out) {
    for (Piece piece : within(out.offset, out.end())) {
      if (out.equals(piece.carrier())) {
        Piece again = piece.carriedBy(null);
        byOffset.put(again.offset(), again);
        waiting.add(again);
      }
    }
  }

  private void add(Piece piece) {
    byOffset.put(piece.offset(), piece);
    bytes += piece.length();
    if (piece.carrier() == null) {
      waiting.add(piece);
    }
  }

  private void remove(Piece piece) {
    byOffset.remove(piece.offset());
    bytes -= piece.length();
    if (piece.carrier() == null) {
      waiting.remove(piece);
    }
    piece.bytes().release();
  }
}
