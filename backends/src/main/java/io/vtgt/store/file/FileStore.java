package io.vtgt.store.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import io.vtgt.store.Zeroes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A regular file or a block device.
///
/// Called on an event loop that runs on io_uring, reads, writes and flushes are submissions to that
/// loop's own ring ([RingFile]); elsewhere a few threads do them ([FilePool]). Everything else is
/// rare and always goes to the threads.
///
/// **Durability.** A write counts as written when the page cache has it (unless opened with `sync`
/// or asked with FUA); flush is `fdatasync`. The kernel tells of a failed write-back once and then
/// counts the pages as clean, so after one failed flush or durable write every later one fails too,
/// until the store is opened again: a later success would be a lie about the earlier data.
///
/// **Direct I/O.** The kernel wants memory aligned like the medium's blocks. Reads come in memory
/// that is; a write that is not is copied.
public final class FileStore implements BackingStore {
  private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);

  private static final int MAX_TRANSFER = 4 << 20;

  /// How many extents one question is answered with at most.
  private static final int MAX_EXTENTS = 1024;

  /// Atomic writes are of whole pages.
  private static final int ATOMIC_GRANULARITY = UndoJournal.ALIGNMENT;

  /// What an opened file is.
  ///
  /// @param fd open, locked; owned by the store
  /// @param memoryAlignment what buffers of direct I/O are aligned to, 1 without it
  /// @param unmapGranularity 0 where holes cannot be punched
  /// @param journal null where there are no atomic writes
  record Opened(
      String path,
      int fd,
      Geometry geometry,
      boolean blockDevice,
      boolean readOnly,
      boolean everyWriteDurable,
      int memoryAlignment,
      int unmapGranularity,
      UndoJournal journal) {}

  private final Vertx vertx;
  private final Opened file;
  private final Limits limits;
  private final FilePool pool;
  private final ConcurrentHashMap<IoEventLoop, RingFile> rings = new ConcurrentHashMap<>();

  private volatile Geometry geometry;
  private volatile boolean closed;
  private final AtomicReference<Future<Void>> closing = new AtomicReference<>();

  /// Set once: what was lost is not found again by a later flush.
  private volatile StoreFault durabilityLost;

  // Written by the pool's threads; what the file system does not know is asked once.
  private volatile boolean canPunch = true;
  private volatile boolean canZeroRange = true;

  FileStore(Vertx vertx, String name, Opened file) {
    this.vertx = vertx;
    this.file = file;
    this.geometry = file.geometry();
    Limits plain =
        new Limits(
            MAX_TRANSFER,
            0,
            true,
            true,
            file.unmapGranularity(),
            true,
            !file.readOnly(),
            0,
            !file.blockDevice());
    this.limits =
        file.journal() == null
            ? plain
            : plain.withAtomicWrites(UndoJournal.MAX_LENGTH, ATOMIC_GRANULARITY);
    this.pool = new FilePool(name, file.fd());
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    if (closed) {
      return Future.failedFuture(closedFault());
    }
    ContextInternal context = CallingContext.current(vertx);
    Transfer transfer =
        Transfer.read(file.path(), offset, memory(length), length, CallingContext.promise(context));
    submit(context, transfer);
    return transfer.future();
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    StoreFault fault = writeFault();
    if (fault == null && fua) {
      fault = durabilityLost;
    }
    if (fault != null) {
      data.release();
      return Future.failedFuture(fault);
    }
    ContextInternal context = CallingContext.current(vertx);
    Transfer transfer =
        Transfer.write(
            file.path(),
            offset,
            kernelReady(data),
            fua || file.everyWriteDurable(),
            CallingContext.promise(context),
            this::loseDurability);
    submit(context, transfer);
    return transfer.future().mapEmpty();
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    StoreFault fault = writeFault();
    if (fault == null) {
      fault = durabilityLost; // it would have to be durable to be whole
    }
    if (fault != null) {
      data.release();
      return Future.failedFuture(fault);
    }
    ByteBuf ready = kernelReady(data);
    return pool.<Void>call(
            CallingContext.promise(vertx),
            () -> {
              writeJournaled(offset, ready);
              return null;
            })
        .onComplete(_ -> ready.release());
  }

  /// Borrows the data. On a thread of the pool.
  private void writeJournaled(long offset, ByteBuf data) {
    long address = data.memoryAddress() + data.readerIndex();
    try {
      file.journal().write(offset, address, data.readableBytes());
    } catch (UndoJournal.NotUndone e) {
      loseDurability(Transfer.Kind.SYNC, e.fault());
      throw e.fault();
    }
  }

  @Override
  public Future<Void> flush() {
    if (closed) {
      return Future.failedFuture(closedFault());
    }
    if (file.readOnly()) {
      return Future.succeededFuture();
    }
    if (durabilityLost != null) {
      return Future.failedFuture(durabilityLost);
    }
    ContextInternal context = CallingContext.current(vertx);
    Transfer transfer =
        Transfer.sync(file.path(), CallingContext.promise(context), this::loseDurability);
    submit(context, transfer);
    return transfer
        .future()
        .compose(
            _ ->
                durabilityLost == null
                    ? Future.succeededFuture()
                    : Future.failedFuture(durabilityLost));
  }

  /// @param kind of the transfer that failed. A write that finds no room was refused before it
  ///   began: the file systems of Linux reserve room when they take data
  private void loseDurability(Transfer.Kind kind, StoreFault fault) {
    boolean refused =
        kind == Transfer.Kind.WRITE
            && (fault.kind() == StoreFault.Kind.OUT_OF_SPACE
                || fault.kind() == StoreFault.Kind.UNSUPPORTED);
    if (refused || fault.kind() == StoreFault.Kind.CLOSED || durabilityLost != null) {
      return;
    }
    durabilityLost = fault;
    LOG.error(
        "{}: data did not reach the medium; every flush fails from now on, until it is opened"
            + " again",
        file.path(),
        fault);
  }

  /// Punches a hole; where the file system cannot, writes zeroes.
  @Override
  public Future<Void> unmap(long offset, long length) {
    return blockingWrite(() -> zero(offset, length, true));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return blockingWrite(() -> zero(offset, length, mayUnmap));
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    if (closed) {
      return Future.failedFuture(closedFault());
    }
    if (!limits.reportsExtents()) {
      return BackingStore.super.extents(offset, length);
    }
    return pool.call(CallingContext.promise(vertx), () -> seekExtents(offset, offset + length));
  }

  /// Blocks that the file has, and what its file system has left. A device tells neither.
  @Override
  public Future<Space> space() {
    if (closed) {
      return Future.failedFuture(closedFault());
    }
    if (file.blockDevice()) {
      return BackingStore.super.space();
    }
    return pool.call(
        CallingContext.promise(vertx),
        () -> {
          long allocated = Posix.allocatedBytes(file.fd());
          check("allocated space of " + file.path(), allocated);
          long free = Posix.freeBytes(file.fd());
          check("free space below " + file.path(), free);
          return new Space(allocated, free);
        });
  }

  @Override
  public boolean writable() {
    return !file.readOnly();
  }

  /// A device has the size it has: it is looked at again, and taken if it is the one asked for.
  @Override
  public Future<Geometry> resize(long bytes) {
    StoreFault fault = file.blockDevice() && !closed ? null : writeFault();
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    return pool.call(
        CallingContext.promise(vertx),
        () -> {
          if (file.blockDevice()) {
            checkDeviceHas(bytes);
          } else {
            String what = "resize of " + file.path() + " to " + bytes + " bytes";
            check(what, Posix.ftruncate(file.fd(), bytes));
            check(what, Posix.fsync(file.fd()));
          }
          Geometry resized = geometry.withBytes(bytes);
          geometry = resized;
          return resized;
        });
  }

  private void checkDeviceHas(long bytes) {
    long now = Posix.lseek(file.fd(), 0, Posix.SEEK_END);
    check("size of " + file.path(), now);
    if (now != bytes) {
      throw new StoreFault(
          StoreFault.Kind.UNSUPPORTED,
          file.path()
              + " is a block device and has "
              + now
              + " bytes: its size is changed where it comes from, not here");
    }
  }

  @Override
  public Future<Void> close() {
    Promise<Void> done = CallingContext.promise(vertx);
    if (!closing.compareAndSet(null, done.future())) {
      return closing.get(); // the number of the file may belong to another one by now
    }
    closed = true;
    List<Future<Void>> drains = new ArrayList<>();
    rings.values().forEach(ring -> drains.add(ring.drain()));
    drains.add(pool.drain());
    Future.join(drains)
        .onComplete(
            _ -> {
              if (file.journal() != null) {
                file.journal().close();
              }
              int result = Posix.close(file.fd());
              if (result < 0) {
                LOG.warn("{}: close: {}", file.path(), Posix.text(-result));
              }
              done.complete();
            });
    return done.future();
  }

  static StoreFault closedFault() {
    return new StoreFault(StoreFault.Kind.CLOSED, "the file is closed");
  }

  private StoreFault writeFault() {
    if (closed) {
      return closedFault();
    }
    return file.readOnly()
        ? new StoreFault(StoreFault.Kind.READ_ONLY, file.path() + " is opened read-only")
        : null;
  }

  // --- transfers

  private void submit(ContextInternal context, Transfer transfer) {
    RingFile ring = context == null ? null : ring(context.nettyEventLoop());
    if (ring == null || !ring.submit(transfer)) {
      pool.submit(transfer);
    }
  }

  private RingFile ring(EventLoop loop) {
    Optional<IoEventLoop> ringLoop = RingFile.ringLoop(loop);
    if (ringLoop.isEmpty()) {
      return null;
    }
    RingFile ring = rings.get(ringLoop.get());
    return ring != null
        ? ring
        : rings.computeIfAbsent(ringLoop.get(), key -> RingFile.register(key, file.fd()));
  }

  /// Empty memory that the kernel may fill, aligned for direct I/O.
  private ByteBuf memory(int length) {
    int alignment = file.memoryAlignment();
    if (alignment == 1) {
      return PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
    }
    ByteBuf room = PooledByteBufAllocator.DEFAULT.directBuffer(length + alignment);
    int start = (int) (-room.memoryAddress() & (alignment - 1));
    return room.slice(start, length).clear();
  }

  /// `data` where the kernel can take it as it is, otherwise a copy and `data` is released.
  private ByteBuf kernelReady(ByteBuf data) {
    int alignment = file.memoryAlignment();
    if (data.hasMemoryAddress()
        && ((data.memoryAddress() + data.readerIndex()) & (alignment - 1)) == 0) {
      return data;
    }
    ByteBuf copy = memory(data.readableBytes());
    copy.writeBytes(data);
    data.release();
    return copy;
  }

  // --- on the pool's threads

  private interface BlockingWrite {
    void run();
  }

  private Future<Void> blockingWrite(BlockingWrite write) {
    StoreFault fault = writeFault();
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    return pool.call(
        CallingContext.promise(vertx),
        () -> {
          write.run();
          if (file.everyWriteDurable()) {
            check("flush of " + file.path(), Posix.fdatasync(file.fd()));
          }
          return null;
        });
  }

  /// Makes a range zero the cheapest way that the file system knows.
  private void zero(long offset, long length, boolean mayUnmap) {
    String what = "zeroing of " + length + " bytes at " + offset + " of " + file.path();
    if (mayUnmap && canPunch && punch(what, offset, length)) {
      return;
    }
    if (canZeroRange && zeroRange(what, offset, length)) {
      return;
    }
    // Without ZERO_RANGE: a hole, filled again with blocks that are known to be unwritten.
    if (!file.blockDevice() && canPunch && punch(what, offset, length)) {
      int result = Posix.fallocate(file.fd(), Posix.FALLOC_FL_KEEP_SIZE, offset, length);
      if (result == 0) {
        return;
      }
      if (result != -Posix.EOPNOTSUPP) {
        check(what, result);
      }
    }
    writeZeroBytes(what, offset, length);
  }

  private boolean punch(String what, long offset, long length) {
    int result =
        Posix.fallocate(
            file.fd(), Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE, offset, length);
    if (result == -Posix.EOPNOTSUPP) {
      canPunch = false;
    }
    return taken(what, result);
  }

  private boolean zeroRange(String what, long offset, long length) {
    int result =
        Posix.fallocate(
            file.fd(), Posix.FALLOC_FL_ZERO_RANGE | Posix.FALLOC_FL_KEEP_SIZE, offset, length);
    if (result == -Posix.EOPNOTSUPP) {
      canZeroRange = false;
    }
    return taken(what, result);
  }

  /// @return false when it was refused without an effect: not supported, or a device that wants
  ///   whole blocks
  private static boolean taken(String what, int result) {
    if (result == -Posix.EOPNOTSUPP || result == -Posix.EINVAL) {
      return false;
    }
    check(what, result);
    return true;
  }

  private void writeZeroBytes(String what, long offset, long length) {
    ByteBuf zeroes = memory((int) Math.min(length, Zeroes.MAX_LENGTH));
    try {
      zeroes.writeZero(zeroes.capacity());
      for (long done = 0; done < length; ) {
        int size = (int) Math.min(zeroes.capacity(), length - done);
        int result = Posix.pwrite(file.fd(), zeroes.memoryAddress(), size, offset + done, 0);
        if (result != -Posix.EINTR) {
          check(what, result);
          done += result;
        }
      }
    } finally {
      zeroes.release();
    }
  }

  private List<Extent> seekExtents(long from, long end) {
    String what = "extents of " + file.path();
    List<Extent> extents = new ArrayList<>();
    for (long at = from; at < end && extents.size() < MAX_EXTENTS; ) {
      long data = Posix.lseek(file.fd(), at, Posix.SEEK_DATA);
      if (data == -Posix.ENXIO) { // nothing but a hole up to the file's end
        extents.add(new Extent(at, end - at, Extent.State.DEALLOCATED));
        break;
      }
      check(what, data);
      if (data > at) {
        long until = Math.min(data, end);
        extents.add(new Extent(at, until - at, Extent.State.DEALLOCATED));
        at = until;
      } else {
        long hole = Posix.lseek(file.fd(), at, Posix.SEEK_HOLE);
        check(what, hole);
        long until = Math.min(hole, end);
        if (until <= at) { // it was punched between the two questions: ask again
          continue;
        }
        extents.add(new Extent(at, until - at, Extent.State.MAPPED));
        at = until;
      }
    }
    return extents;
  }

  private static void check(String what, long result) {
    if (result < 0) {
      throw Transfer.fault(what, (int) -result, StoreFault.Kind.WRITE_ERROR);
    }
  }
}
