package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.Zeroes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/// A virtual disk of a sheepdog cluster.
///
/// The disk is an array of objects of one size; the client asks one `sheep`, which places copies
/// and talks to the other nodes. A store has one event loop on which everything of it happens;
/// calls from elsewhere are carried there and their answers back. A call is cut at the objects'
/// borders ([ObjectIo]); what is known of the disk is in [Vdi]; the sockets are [SheepLink]'s.
///
/// What is answered is on stable storage (unless the daemon was started with `-n`), the map's entry
/// included, so every write is as good as FUA and a flush has nothing to send.
///
/// What the protocol cannot give, and so neither can this store: it has no fencing. A request whose
/// connection was lost may be carried out later, and the client can only wait for a while before it
/// changes the same bytes again ([Timing#settle]); one that the cluster holds for longer would put
/// old data over new. Who holds a lock cannot be told, so a gateway does not notice that somebody
/// else broke its lock. When somebody takes a snapshot while objects are being made, the snapshot
/// may have entries of objects that were made just after it.
final class SheepdogStore implements BackingStore {
  private static final int MAX_TRANSFER = 4 << 20;

  /// Zeroes are written in requests of at most so much.
  private static final int ZERO_LENGTH = Zeroes.MAX_LENGTH;

  /// How many objects of one call are worked at at once.
  private static final int PARALLEL = 16;

  /// How much data, and how many writes, may wait for a cluster that does not answer.
  private static final long MOST_HELD_BYTES = 64 << 20;

  private static final int MOST_HELD = 4096;

  private final Vertx vertx;
  private final EventLoop loop;
  private final Timing timing;
  private final boolean writable;
  private final SheepLink link;
  private final Vdi vdi;
  private final ObjectLanes lanes;
  private final ObjectIo objects;
  private final Counts counts = new Counts();

  // Touched on the event loop only.
  private final Set<Promise<Void>> changes = new HashSet<>();
  private long heldBytes;
  private Future<Void> closing;

  // Set when it is open.
  private volatile Limits limits;
  private volatile boolean closed;

  private SheepdogStore(
      Vertx vertx,
      List<SheepAddress> addresses,
      int connections,
      Vdi.Wanted wanted,
      boolean writable,
      Timing timing) {
    this.vertx = vertx;
    this.timing = timing;
    this.writable = writable && !wanted.snapshot();
    loop = CallingContext.loop(vertx, null);
    lanes = new ObjectLanes(loop);
    link =
        new SheepLink((VertxInternal) vertx, loop, addresses, connections, timing, this::linkLost);
    vdi = new Vdi(loop, link, wanted, timing, lanes::busy, counts);
    objects =
        new ObjectIo(vdi, link, lanes, new MapWriter(loop, vdi, link, counts), timing, counts);
  }

  /// @param connections to the `sheep` that serves
  /// @param writable the unit writes, where the VDI's state can be written
  /// @return fails with a [StoreFault] in words
  static Future<BackingStore> open(
      Vertx vertx,
      List<SheepAddress> addresses,
      int connections,
      Vdi.Wanted wanted,
      boolean writable,
      Timing timing) {
    var store = new SheepdogStore(vertx, addresses, connections, wanted, writable, timing);
    return store.onLoop(store::open);
  }

  private Future<BackingStore> open() {
    return vdi.open()
        .transform(
            opened -> {
              if (opened.failed()) {
                return vdi.close().transform(_ -> Future.failedFuture(opened.cause()));
              }
              int objectLength = vdi.view().inode().objectLength();
              limits =
                  new Limits(
                      MAX_TRANSFER,
                      Math.min(objectLength, MAX_TRANSFER),
                      true,
                      true,
                      writable() ? objectLength : 0,
                      true,
                      true,
                      0,
                      true);
              return Future.succeededFuture(this);
            });
  }

  private void linkLost(String why) {
    vdi.linkLost(why);
  }

  @Override
  public Geometry geometry() {
    return vdi.geometry();
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public boolean writable() {
    return writable && !vdi.snapshot();
  }

  @Override
  public void listen(StoreListener listener) {
    onLoop(
            () -> {
              vdi.listen(listener);
              return Future.succeededFuture();
            })
        .onFailure(_ -> {}); // nothing happens any more
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return onLoop(() -> closed ? closedFault() : readPieces(offset, length));
  }

  private Future<ByteBuf> readPieces(long offset, int length) {
    long deadline = timing.deadline();
    Pieces pieces = pieces(offset, length);
    if (pieces.count() == 1) {
      Piece only = pieces.piece(0);
      return objects.read(only.index(), only.offset(), only.length(), deadline);
    }
    ByteBuf[] parts = new ByteBuf[pieces.count()];
    return ObjectWalk.walk(
            loop,
            parts.length,
            PARALLEL,
            i -> {
              Piece piece = pieces.piece(i);
              return objects
                  .read(piece.index(), piece.offset(), piece.length(), deadline)
                  .map(
                      part -> {
                        parts[i] = part;
                        return null;
                      });
            })
        .transform(
            walked -> {
              if (walked.succeeded()) {
                CompositeByteBuf whole =
                    PooledByteBufAllocator.DEFAULT.compositeBuffer(Integer.MAX_VALUE);
                whole.addComponents(true, parts);
                return Future.succeededFuture(whole);
              }
              for (ByteBuf part : parts) {
                if (part != null) {
                  part.release();
                }
              }
              return Future.failedFuture(walked.cause());
            });
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return onLoop(
        () ->
            change(data.readableBytes(), () -> writePieces(offset, data))
                .transform(
                    written -> {
                      data.release();
                      return written.succeeded()
                          ? Future.succeededFuture()
                          : Future.failedFuture(written.cause());
                    }),
        data::release);
  }

  /// @param data borrowed
  private Future<Void> writePieces(long offset, ByteBuf data) {
    long deadline = timing.deadline();
    Pieces pieces = pieces(offset, data.readableBytes());
    int start = data.readerIndex();
    return ObjectWalk.walk(
        loop,
        pieces.count(),
        PARALLEL,
        i -> {
          Piece piece = pieces.piece(i);
          ByteBuf part = data.slice(start + piece.at(), piece.length());
          return objects.write(piece.index(), piece.offset(), part, false, deadline);
        });
  }

  /// Waits for the changes that were asked for before: what is answered is durable.
  @Override
  public Future<Void> flush() {
    return onLoop(
        () -> {
          if (closed) {
            return closedFault();
          }
          List<Future<Void>> earlier = changes.stream().map(Promise::future).toList();
          return Future.join(earlier).transform(_ -> Future.succeededFuture());
        });
  }

  /// Discards the whole objects in the range.
  @Override
  public Future<Void> unmap(long offset, long length) {
    return onLoop(
        () ->
            change(
                0,
                () -> {
                  int first = vdi.firstWhole(offset);
                  return discard(first, vdi.endOfWhole(offset + length));
                }));
  }

  private Future<Void> discard(int first, int end) {
    return first >= end
        ? Future.succeededFuture()
        : ObjectWalk.walk(
            loop,
            end - first,
            PARALLEL,
            i -> {
              int index = first + i;
              return vdi.view().map().owner(index) == 0 && !lanes.busy(index)
                  ? Future.succeededFuture()
                  : objects.discard(index, timing.deadline());
            });
  }

  /// Discards whole objects where it may, and writes zeroes elsewhere.
  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return onLoop(() -> change(0, () -> zero(offset, offset + length, mayUnmap)));
  }

  private Future<Void> zero(long from, long to, boolean mayUnmap) {
    int first = vdi.firstWhole(from);
    int end = vdi.endOfWhole(to);
    if (!mayUnmap || first >= end) {
      return writeZeroBytes(from, to, mayUnmap);
    }
    int shift = vdi.view().inode().objectShift();
    long wholeFrom = (long) first << shift;
    long wholeTo = Math.min(to, (long) end << shift);
    return writeZeroBytes(from, wholeFrom, true)
        .compose(_ -> writeZeroBytes(wholeTo, to, true))
        .compose(_ -> discard(first, end));
  }

  /// @param onlyMapped leaves what is not there
  private Future<Void> writeZeroBytes(long from, long to, boolean onlyMapped) {
    if (from >= to) {
      return Future.succeededFuture();
    }
    int objectLength = vdi.view().inode().objectLength();
    int step = Math.min(objectLength, ZERO_LENGTH);
    long start = from / step * step; // so that no step crosses an object's border
    return ObjectWalk.walk(
        loop,
        (int) ((to - start + step - 1) / step),
        PARALLEL,
        i -> {
          long at = Math.max(from, start + (long) i * step);
          long end = Math.min(to, start + (long) (i + 1) * step);
          return objects.write(
              (int) (at / objectLength),
              (int) (at % objectLength),
              Zeroes.slice((int) (end - at)),
              onlyMapped,
              timing.deadline());
        });
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return onLoop(
        () ->
            closed
                ? closedFault()
                : Future.succeededFuture(
                    vdi.view().map().extents(offset, length, vdi.view().inode().objectShift())));
  }

  /// What the objects take; how much the cluster has left nobody tells in one answer.
  @Override
  public Future<Space> space() {
    return onLoop(
        () -> {
          Vdi.View view = vdi.view();
          long allocated = (long) view.map().mapped() << view.inode().objectShift();
          return closed
              ? closedFault()
              : Future.succeededFuture(new Space(allocated, Space.UNKNOWN));
        });
  }

  /// Grows the disk; sheepdog cannot make one smaller.
  @Override
  public Future<Geometry> resize(long bytes) {
    return onLoop(
        () -> change(0, () -> new Growth(vdi, link, timing, bytes).run()).map(_ -> vdi.geometry()));
  }

  @Override
  public Map<String, Long> counters() {
    return counts.named();
  }

  @Override
  public Future<Void> close() {
    closed = true;
    return onLoop(
        () -> {
          if (closing == null) {
            closing = vdi.close();
          }
          return closing;
        });
  }

  // --- the way of a call

  private static <T> Future<T> closedFault() {
    return Future.failedFuture(Vdi.closedFault());
  }

  /// Runs a call on the store's event loop; the answer comes on the caller's context.
  private <T> Future<T> onLoop(Supplier<Future<T>> call) {
    return onLoop(call, () -> {});
  }

  /// @param otherwise what is to be done when there is no event loop any more
  private <T> Future<T> onLoop(Supplier<Future<T>> call, Runnable otherwise) {
    Promise<T> answer = CallingContext.promise(vertx);
    if (loop.inEventLoop()) {
      begin(call).onComplete(answer);
      return answer.future();
    }
    try {
      loop.execute(() -> begin(call).onComplete(answer));
    } catch (RejectedExecutionException e) {
      otherwise.run();
      answer.fail(Vdi.closedFault());
    }
    return answer.future();
  }

  /// A bug of ours fails the call: it must not leave the caller without an answer.
  private static <T> Future<T> begin(Supplier<Future<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
    }
  }

  /// A change of the medium, which a flush waits for.
  ///
  /// @param bytes of data that it holds meanwhile
  private Future<Void> change(int bytes, Supplier<Future<Void>> work) {
    if (closed) {
      return closedFault();
    }
    if (!writable()) {
      return Future.failedFuture(
          new StoreFault(StoreFault.Kind.READ_ONLY, "a snapshot, or opened to be read only"));
    }
    if (!vdi.usable() && (changes.size() >= MOST_HELD || heldBytes + bytes > MOST_HELD_BYTES)) {
      return Future.failedFuture(
          new StoreFault(StoreFault.Kind.UNAVAILABLE, "too much waits for the cluster already"));
    }
    Promise<Void> under = Promise.promise();
    changes.add(under);
    heldBytes += bytes;
    return begin(work)
        .transform(
            done -> {
              heldBytes -= bytes;
              changes.remove(under);
              under.complete();
              return done.succeeded()
                  ? Future.succeededFuture()
                  : Future.failedFuture(done.cause());
            });
  }

  // --- cutting at the objects' borders

  private Pieces pieces(long offset, int length) {
    return new Pieces(offset, length, vdi.view().inode().objectShift());
  }

  /// What a range of the disk is in objects.
  private record Pieces(long offset, int length, int shift) {
    int count() {
      return (int) (((offset + length - 1) >> shift) - (offset >> shift)) + 1;
    }

    Piece piece(int i) {
      long first = offset >> shift;
      long from = Math.max(offset, (first + i) << shift);
      long to = Math.min(offset + length, (first + i + 1) << shift);
      return new Piece(
          (int) (first + i),
          (int) (from & ((1L << shift) - 1)),
          (int) (to - from),
          (int) (from - offset));
    }
  }

  /// What of a range lies in one object.
  ///
  /// @param offset within the object
  /// @param at within the range
  private record Piece(int index, int offset, int length, int at) {}
}
