package io.vtgt.store.layer.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.store.CallingContext;
import java.util.ArrayList;
import java.util.List;

/// Reads on where somebody reads a medium from front to back.
///
/// Only misses are looked at, and blocks that carry a mark, so that a read which hits costs nothing
/// here: a stream is known by its third read that follows on; then a window behind it is read and
/// its first block marked. Who comes to the mark has the next window read, twice as long, up to a
/// bound. No user read waits for this, and none fails because of it: see [BlockRead].
final class ReadAhead {
  private static final int STREAMS = 8;

  /// How far a read may be from where its stream was expected to go on: several connections do not
  /// keep their order.
  private static final int TOLERANCE = 256 << 10;

  private static final int FOLLOWING_READS = 2;

  /// One read of the store, so that who waits for its first block does not wait for all of them.
  private static final int PIECE_BYTES = 256 << 10;

  private static final int MIN_WINDOW_BYTES = 64 << 10;

  private final CacheLayer cache;
  private final Vertx vertx;
  private final int maxWindow;

  // Everything under this object's monitor.
  private final List<Stream> streams = new ArrayList<>(STREAMS); // the one used last is last
  private long bytesUnderWay;
  private int stopped;
  private Promise<Void> idle;

  private static final class Stream {
    /// Where the reader goes on.
    long next;

    /// What has been read ahead ends here.
    long aheadTo;

    int window;
    int following;
  }

  /// What is to be read ahead, in bytes.
  private record Window(long from, long end) {}

  ReadAhead(CacheLayer cache, Vertx vertx, int maxWindow) {
    this.cache = cache;
    this.vertx = vertx;
    this.maxWindow = maxWindow;
  }

  /// A read did not find all it wants.
  void missed(long offset, int length) {
    if (maxWindow == 0) {
      return;
    }
    Window window;
    synchronized (this) {
      Stream stream = find(offset);
      if (stream == null) {
        add(offset + length);
        return;
      }
      if (offset + length <= stream.next) {
        return;
      }
      stream.next = offset + length;
      stream.following++;
      if (stream.following < FOLLOWING_READS) {
        return;
      }
      stream.aheadTo = Math.max(stream.aheadTo, stream.next);
      if (stream.aheadTo - stream.next >= stream.window && stream.window > 0) {
        return; // enough is on its way
      }
      window = next(stream, length);
    }
    read(window);
  }

  /// A read came to a marked block.
  void reached(long offset, int length) {
    Window window;
    synchronized (this) {
      Stream stream = find(offset);
      if (stream == null) {
        return;
      }
      stream.next = Math.max(stream.next, offset + length);
      stream.aheadTo = Math.max(stream.aheadTo, stream.next);
      window = next(stream, length);
    }
    read(window);
  }

  /// Begins no more, until [#goOn].
  ///
  /// @return completes when nothing is under way any more
  synchronized Future<Void> stop() {
    stopped++;
    if (bytesUnderWay == 0) {
      return Future.succeededFuture();
    }
    if (idle == null) {
      idle = Promise.promise();
    }
    Promise<Void> done = CallingContext.promise(vertx);
    idle.future().onComplete(done);
    return done.future();
  }

  synchronized void goOn() {
    stopped--;
    streams.clear();
  }

  // Under the monitor.
  private Stream find(long offset) {
    for (int i = streams.size() - 1; i >= 0; i--) {
      Stream stream = streams.get(i);
      if (offset >= stream.next - TOLERANCE
          && offset <= Math.max(stream.next, stream.aheadTo) + TOLERANCE) {
        streams.add(streams.remove(i));
        return stream;
      }
    }
    return null;
  }

  private void add(long next) {
    if (streams.size() == STREAMS) {
      streams.removeFirst();
    }
    Stream stream = new Stream();
    stream.next = next;
    streams.add(stream);
  }

  /// The next window of a stream; null when no more may be under way.
  private Window next(Stream stream, int length) {
    int wanted = stream.window == 0 ? Math.max(MIN_WINDOW_BYTES, 2 * length) : 2 * stream.window;
    stream.window = Math.min(wanted, maxWindow);
    int block = cache.blockBytes();
    long from = (stream.aheadTo + block - 1) / block * block;
    long end =
        Math.min((from + stream.window + block - 1) / block * block, cache.geometry().bytes());
    if (from >= end || stopped > 0 || bytesUnderWay + (end - from) > 4L * maxWindow) {
      return null;
    }
    stream.aheadTo = end;
    bytesUnderWay += end - from;
    return new Window(from, end);
  }

  private void read(Window window) {
    if (window == null) {
      return;
    }
    int piece = Math.min(Math.max(PIECE_BYTES, cache.blockBytes()), cache.maxReadBytes());
    for (long from = window.from; from < window.end; from += piece) {
      readPiece(from, Math.min(from + piece, window.end), from == window.from);
    }
  }

  private void readPiece(long from, long end, boolean markFirst) {
    List<Fill> fills = cache.fillsAhead(cache.blockAt(from), cache.blockAt(end - 1) + 1, markFirst);
    List<Future<?>> reads = new ArrayList<>();
    for (int begin = 0; begin < fills.size(); ) {
      int to = begin + 1;
      while (to < fills.size() && fills.get(to).block == fills.get(to - 1).block + 1) {
        to++;
      }
      List<Fill> run = fills.subList(begin, to);
      begin = to;
      cache.count.readAheadBytes.add((long) run.size() * cache.blockBytes());
      reads.add(cache.fetchRun(run));
    }
    Future.join(reads).onComplete(_ -> ended(end - from));
  }

  private void ended(long bytes) {
    Promise<Void> waiting = null;
    synchronized (this) {
      bytesUnderWay -= bytes;
      if (bytesUnderWay == 0) {
        waiting = idle;
        idle = null;
      }
    }
    if (waiting != null) {
      waiting.complete();
    }
  }
}
