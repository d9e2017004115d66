package io.vtgt.store.rbd;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Snapshots;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.TakeOver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Ceph image.
///
/// Reads and writes go straight to librbd from the calling event loop, out of and into the buffers
/// that come and go; librbd's threads hand the answers back through [Arrivals]. Nothing else is
/// done on an event loop: opening, closing, locks, snapshots, sizes are [Attachment]'s.
///
/// **Durability.** Without librbd's cache a write is answered when every copy in the cluster has it
/// on stable storage; with it (`cache: true`) a flush makes it so.
///
/// **While the image is away** (this client was shut out, another one has the lock) an operation
/// fails with `UNAVAILABLE` at once. While the cluster does not answer, librbd holds what was
/// asked; the deadline is the gate's.
final class RbdStore implements BackingStore {
  private static final Logger LOG = LoggerFactory.getLogger(RbdStore.class);

  private static final int TICK_MILLIS = 1000;

  /// How long closing waits for a cluster that is away.
  private static final int CLOSE_SECONDS = 5;

  /// What librbd gets at once of a long range, objects: each of them is an operation of its own.
  private static final int OBJECTS_AT_ONCE = 64;

  /// What one question about extents looks at, bytes.
  private static final long EXTENTS_AT_ONCE = 64L << 30;

  private final Vertx vertx;
  private final RbdOptions options;
  private final Attachment attachment;
  private final long pieceBytes;
  private final ScheduledFuture<?> ticker;
  private final AtomicReference<Future<Void>> closing = new AtomicReference<>();

  private RbdStore(Vertx vertx, RbdOptions options, Attachment attachment) {
    this.vertx = vertx;
    this.options = options;
    this.attachment = attachment;
    this.pieceBytes =
        (long) OBJECTS_AT_ONCE * Math.max(attachment.limits().optimalTransfer(), 64 << 10);
    this.ticker =
        CallingContext.loop(vertx, null)
            .scheduleWithFixedDelay(
                () -> attachment.tick(System.nanoTime()),
                TICK_MILLIS,
                TICK_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  /// Opens the image. Blocks.
  ///
  /// @throws StoreFault that says in words why it cannot be opened
  static RbdStore open(Vertx vertx, RbdOptions options, Attachment.Opener opener) {
    Attachment attachment = new Attachment(options, opener);
    attachment.open();
    return new RbdStore(vertx, options, attachment);
  }

  String name() {
    return options.name();
  }

  /// The address that the cluster knows this store's client by; for tests.
  String clientAddress() {
    return attachment.handle().image().clientAddress();
  }

  /// Leaves the clock to a test, which calls [#tick].
  void stopTicking() {
    ticker.cancel(false);
  }

  void tick(long nowNanos) {
    attachment.tick(nowNanos);
  }

  /// Completes when what the workers have to do now is done; for tests.
  Future<Void> settled() {
    return attachment.settled();
  }

  void answered(Handle handle, long result) {
    attachment.answered(handle, result);
  }

  @Override
  public Geometry geometry() {
    return attachment.geometry();
  }

  @Override
  public Limits limits() {
    return attachment.limits();
  }

  @Override
  public boolean writable() {
    return !options.readOnly();
  }

  // --- reading and writing

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    StoreFault outside = outside("read", offset, length);
    if (outside != null) {
      return Future.failedFuture(outside);
    }
    Handle handle = enter();
    if (handle == null) {
      return Future.failedFuture(away());
    }
    return new Read(handle, CallingContext.current(vertx), offset, length).begin();
  }

  private final class Read extends RangeIo<ByteBuf> {
    private ByteBuf data;

    Read(Handle handle, ContextInternal context, long offset, int length) {
      super(handle, context, "read", offset, length);
    }

    @Override
    int start(Image image) {
      data = NativeBuffers.memory((int) length);
      return image.read(this, offset, length, data.memoryAddress());
    }

    @Override
    ByteBuf succeed(long count) {
      if (count < length) { // somebody made the image smaller just now
        throw new StoreFault(
            StoreFault.Kind.OUT_OF_RANGE, "only " + count + " bytes left of " + this);
      }
      ByteBuf read = data.writerIndex((int) length);
      data = null;
      return read;
    }

    @Override
    void release() {
      if (data != null) {
        data.release();
      }
    }
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    Handle handle = enterForChange("write", offset, length, data);
    if (handle == null) {
      return Future.failedFuture(refusal("write", offset, length));
    }
    return new Write(handle, CallingContext.current(vertx), offset, data).begin();
  }

  private final class Write extends RangeIo<Void> {
    private final NativeBuffers buffers;

    Write(Handle handle, ContextInternal context, long offset, ByteBuf data) {
      super(handle, context, "write", offset, data.readableBytes());
      this.buffers = NativeBuffers.of(data);
    }

    @Override
    int start(Image image) {
      return buffers.pieces() == 1
          ? image.write(this, offset, length, buffers.address())
          : image.writev(this, offset, buffers.vector(), buffers.pieces());
    }

    @Override
    Void succeed(long answer) {
      return null;
    }

    @Override
    void release() {
      buffers.release();
    }
  }

  @Override
  public Future<Void> flush() {
    Handle handle = enter();
    if (handle == null) {
      return Future.failedFuture(away());
    }
    if (options.readOnly()) {
      handle.leave();
      return Future.succeededFuture();
    }
    return plain(handle, "flush", 0, 0, Image::flush);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return inPieces("unmap", offset, length, (by, image, at, size) -> image.discard(by, at, size));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return inPieces(
        "write zeroes",
        offset,
        length,
        (by, image, at, size) -> image.writeZeroes(by, at, size, !mayUnmap));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    NativeBuffers buffers = NativeBuffers.inOnePiece(pattern);
    long patternLength = buffers.length();
    return inPieces(
            "write same",
            offset,
            length,
            patternLength,
            (by, image, at, size) ->
                image.writeSame(by, at, size, buffers.address(), patternLength))
        .onComplete(_ -> buffers.release());
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    int length = data.readableBytes();
    Handle handle = enterForChange("compare and write", offset, length, expected, data);
    if (handle == null) {
      return Future.failedFuture(refusal("compare and write", offset, length));
    }
    return new Compare(handle, CallingContext.current(vertx), offset, expected, data).begin();
  }

  private final class Compare extends RangeIo<CompareResult> {
    private final NativeBuffers expected;
    private final NativeBuffers data;
    private final ByteBuf mismatch = NativeBuffers.memory(Long.BYTES);

    Compare(Handle handle, ContextInternal context, long offset, ByteBuf expected, ByteBuf data) {
      super(handle, context, "compare and write", offset, data.readableBytes());
      this.expected = NativeBuffers.inOnePiece(expected);
      this.data = NativeBuffers.inOnePiece(data);
    }

    @Override
    int start(Image image) {
      mismatch.setLongLE(0, 0);
      return image.compareAndWrite(
          this, offset, length, expected.address(), data.address(), mismatch.memoryAddress());
    }

    @Override
    CompareResult succeed(long answer) {
      return CompareResult.WRITTEN;
    }

    @Override
    Future<CompareResult> fail(long answer) {
      return Errno.EILSEQ.is(answer)
          ? Future.succeededFuture(new CompareResult.Differs(firstDifference()))
          : super.fail(answer);
    }

    /// librbd tells the place of the first difference as if the range began where its object does
    /// (16.2). An object begins at a multiple of what is compared at most, so the rest is the
    /// place.
    private int firstDifference() {
      int most = limits().maxNativeCompareAndWrite();
      return Math.floorMod(mismatch.getLongLE(0), (int) Math.max(most, length));
    }

    @Override
    void release() {
      expected.release();
      data.release();
      mismatch.release();
    }
  }

  // --- operations without a buffer of their own

  private interface Call {
    int begin(Answered by, Image image, long offset, long length);
  }

  private interface WholeCall {
    int begin(Image image, Answered by);
  }

  private Future<Void> plain(Handle handle, String what, long offset, long length, WholeCall call) {
    return new RangeIo<Void>(handle, CallingContext.current(vertx), what, offset, length) {
      @Override
      int start(Image image) {
        return call.begin(image, this);
      }

      @Override
      Void succeed(long answer) {
        return null;
      }

      @Override
      void release() {}
    }.begin();
  }

  private Future<Void> inPieces(String what, long offset, long length, Call call) {
    return inPieces(what, offset, length, 1, call);
  }

  /// Walks a range, one piece after the other.
  ///
  /// @param unit what the length of each piece has to be a multiple of
  private Future<Void> inPieces(String what, long offset, long length, long unit, Call call) {
    Promise<Void> done = CallingContext.promise(vertx);
    nextPiece(done, what, offset, offset + length, unit, call);
    return done.future();
  }

  private void nextPiece(
      Promise<Void> done, String what, long offset, long end, long unit, Call call) {
    if (offset == end) {
      done.complete();
      return;
    }
    long step = Math.max(unit, pieceBytes / unit * unit);
    long size = Math.min(end - offset, step);
    Handle handle = enterForChange(what, offset, size);
    if (handle == null) {
      done.fail(refusal(what, offset, size));
      return;
    }
    plain(handle, what, offset, size, (image, by) -> call.begin(by, image, offset, size))
        .onComplete(
            (_, failure) -> {
              if (failure == null) {
                nextPiece(done, what, offset + size, end, unit, call);
              } else {
                done.fail(failure);
              }
            });
  }

  /// An operation on a range of the image.
  private abstract class RangeIo<T> extends Io<T> {
    private final String what;
    final long offset;
    final long length;

    RangeIo(Handle handle, ContextInternal context, String what, long offset, long length) {
      super(RbdStore.this, handle, context);
      this.what = what;
      this.offset = offset;
      this.length = length;
    }

    @Override
    Future<T> fail(long answer) {
      boolean reads = what.equals("read");
      if (Errno.EROFS.is(answer) && !reads && options.locks()) {
        attachment.doubtLock();
        return Future.failedFuture(
            new StoreFault(
                StoreFault.Kind.UNAVAILABLE, this + ": the exclusive lock is not ours any more"));
      }
      return Future.failedFuture(
          Errno.fault(
              toString(),
              answer,
              reads ? StoreFault.Kind.READ_ERROR : StoreFault.Kind.WRITE_ERROR));
    }

    @Override
    public String toString() {
      return "%s of %d bytes at %d of %s".formatted(what, length, offset, options.name());
    }
  }

  // --- who may come in

  /// @return the open image, entered; null when there is none
  private Handle enter() {
    Handle handle = attachment.handle();
    return handle != null && handle.enter() ? handle : null;
  }

  /// @param data released when the answer is null
  /// @return the open image, entered; null when the change is refused
  private Handle enterForChange(String what, long offset, long length, ByteBuf... data) {
    Handle handle = attachment.mayWrite() && outside(what, offset, length) == null ? enter() : null;
    if (handle == null) {
      for (ByteBuf each : data) {
        each.release();
      }
    }
    return handle;
  }

  private StoreFault refusal(String what, long offset, long length) {
    StoreFault outside = outside(what, offset, length);
    return outside != null && attachment.mayWrite() ? outside : attachment.fault();
  }

  /// Why nothing can be read.
  private StoreFault away() {
    StoreFault fault = attachment.fault();
    return fault.kind() == StoreFault.Kind.READ_ONLY
        ? new StoreFault(StoreFault.Kind.UNAVAILABLE, options.name() + " is away")
        : fault;
  }

  /// librbd cuts what reaches across the end, and answers as if all of it were done.
  private StoreFault outside(String what, long offset, long length) {
    long bytes = attachment.geometry().bytes();
    return offset >= 0 && length >= 0 && offset <= bytes - length
        ? null
        : new StoreFault(
            StoreFault.Kind.OUT_OF_RANGE,
            "%s of %d bytes at %d of %s, which has %d"
                .formatted(what, length, offset, options.name(), bytes));
  }

  // --- what may block

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    long size = Math.min(length, EXTENTS_AT_ONCE);
    return attachment.work(
        CallingContext.promise(vertx), false, image -> image.extents(offset, size));
  }

  @Override
  public Future<Space> space() {
    if (!limits().reportsExtents()) {
      return Future.succeededFuture(Space.NOT_TOLD);
    }
    return attachment.work(
        CallingContext.promise(vertx), false, image -> new Space(allocated(image), Space.UNKNOWN));
  }

  private static long allocated(Image image) {
    return image.extents(0, image.bytes()).stream()
        .filter(extent -> extent.state() == Extent.State.MAPPED)
        .mapToLong(Extent::length)
        .sum();
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    return attachment.work(
        CallingContext.promise(vertx),
        true,
        image -> {
          image.resize(bytes);
          attachment.resizedByUs();
          return attachment.geometry();
        });
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return Optional.of(new ImageSnapshots());
  }

  private final class ImageSnapshots implements Snapshots {
    @Override
    public Future<List<Snapshot>> list() {
      return attachment.work(CallingContext.promise(vertx), false, Image::snapshots);
    }

    @Override
    public Future<Void> create(String name) {
      return change(image -> image.createSnapshot(name));
    }

    @Override
    public Future<Void> rollback(String name) {
      if (options.shared()) {
        return Future.failedFuture(
            new StoreFault(
                StoreFault.Kind.UNSUPPORTED,
                options.name() + ": no rollback while others may write (lock: shared)"));
      }
      return change(
          image -> {
            image.rollBack(name);
            attachment.rolledBackByUs();
          });
    }

    @Override
    public Future<Void> remove(String name) {
      return change(image -> image.removeSnapshot(name));
    }

    @Override
    public Future<Void> protect(String name, boolean isProtected) {
      return change(image -> image.protectSnapshot(name, isProtected));
    }

    private Future<Void> change(java.util.function.Consumer<Image> what) {
      return attachment.work(
          CallingContext.promise(vertx),
          true,
          image -> {
            what.accept(image);
            return null;
          });
    }
  }

  @Override
  public Optional<TakeOver> takeOver() {
    return options.locks()
        ? Optional.of(() -> attachment.takeOver(CallingContext.promise(vertx)))
        : Optional.empty();
  }

  @Override
  public void listen(StoreListener listener) {
    attachment.listen(listener);
  }

  @Override
  public Map<String, Long> counters() {
    Handle handle = attachment.handle();
    return Map.of(
        "rbd.inFlight", handle == null ? 0L : handle.users(),
        "rbd.reconnects", attachment.reconnects(),
        "rbd.takeOvers", attachment.takeOvers());
  }

  @Override
  public Future<Void> close() {
    Promise<Void> promise = CallingContext.promise(vertx);
    if (!closing.compareAndSet(null, promise.future())) {
      return closing.get();
    }
    ticker.cancel(false);
    Future<Void> closed = attachment.close();
    closed.onComplete(_ -> promise.tryComplete());
    var _ =
        CallingContext.loop(vertx, null)
            .schedule(
                () -> {
                  if (promise.tryComplete()) {
                    LOG.warn(
                        "{}: the cluster does not answer; it will be closed when it does",
                        options.name());
                  }
                },
                CLOSE_SECONDS,
                TimeUnit.SECONDS);
    return promise.future();
  }
}
