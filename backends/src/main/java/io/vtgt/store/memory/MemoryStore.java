package io.vtgt.store.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Snapshots;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;

/// A sparse medium in memory, outside the heap; gone when it is closed.
///
/// Memory comes in chunks of 256 KiB when they are first written and goes back when the last page
/// of a chunk is unmapped. Which of its 64 pages are mapped is one `long`. Pages that are not hold
/// zeroes, so a read need not look. Every call answers at once; calls of several threads meet only
/// in a chunk's lock, for the time of one copy.
///
/// A snapshot shares the chunks there are; who changes one of them first puts a copy in its place.
///
/// Chunks come from the C library, not from the JVM's direct memory: that is bounded
/// (`-XX:MaxDirectMemorySize`) and carries the data of every session. A medium that ate it up would
/// end them all, whatever unit they use.
public final class MemoryStore implements BackingStore {
  /// What unmap frees, bytes.
  public static final int PAGE_LENGTH = 4096;

  private static final int PAGES_PER_CHUNK = Long.SIZE;
  private static final int CHUNK_LENGTH = PAGE_LENGTH * PAGES_PER_CHUNK;

  private static final int MAX_ATOMIC_WRITE = 1 << 20;

  private static final Limits LIMITS =
      new Limits(4 << 20, 0, false, false, PAGE_LENGTH, true, true, 0, true)
          .withAtomicWrites(MAX_ATOMIC_WRITE, PAGE_LENGTH);

  /// How many extents one question is answered with at most, and how many absent chunks it walks.
  private static final int MAX_EXTENTS = 1024;

  private static final int MAX_CHUNKS_WALKED = 65536;

  // Pointers are passed as their addresses.
  private static final MethodHandle CALLOC =
      call(
          "calloc",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      call("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private final ConcurrentHashMap<Long, Chunk> chunks = new ConcurrentHashMap<>();

  /// Chunks with memory behind them, those that only snapshots hold included.
  private final AtomicLong chunkCount = new AtomicLong();

  private final MemorySnapshots snapshots = new MemorySnapshots(this);

  private final long limitBytes;

  private volatile Geometry geometry;
  private volatile boolean closed;

  /// @param bytes size, of blocks of one byte
  public MemoryStore(long bytes) {
    this(bytes, Long.MAX_VALUE);
  }

  /// @param bytes size, of blocks of one byte
  /// @param limitBytes memory that it takes at most; beyond, writes find no space
  public MemoryStore(long bytes, long limitBytes) {
    this.limitBytes = limitBytes;
    geometry = new Geometry(bytes, 1, PAGE_LENGTH);
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public Limits limits() {
    return LIMITS;
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    if (closed) {
      return closedFault();
    }
    if (offset + length > geometry.bytes()) {
      return pastTheEnd(offset, length);
    }
    ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
    for (long at = offset; data.isWritable(); at += CHUNK_LENGTH - inChunk(at)) {
      int size = Math.min(data.writableBytes(), CHUNK_LENGTH - inChunk(at));
      read(at, data, size);
    }
    return Future.succeededFuture(data);
  }

  /// @param size within one chunk
  private void read(long offset, ByteBuf into, int size) {
    Long index = offset / CHUNK_LENGTH;
    for (Chunk chunk = chunks.get(index); chunk != null; ) {
      if (chunk.read(inChunk(offset), into, size)) {
        return;
      }
      // freed: nothing was in it, unless a copy stands in its place
      Chunk now = chunks.get(index);
      chunk = now == chunk ? null : now;
    }
    into.writeZero(size);
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    try {
      if (closed) {
        return closedFault();
      }
      if (offset + data.readableBytes() > geometry.bytes()) {
        return pastTheEnd(offset, data.readableBytes());
      }
      for (long at = offset; data.isReadable(); at += CHUNK_LENGTH - inChunk(at)) {
        int size = Math.min(data.readableBytes(), CHUNK_LENGTH - inChunk(at));
        while (!chunk(at / CHUNK_LENGTH).write(inChunk(at), data, size)) {
          // it was freed or shared between the look-up and its lock: another takes its place
          Thread.onSpinWait();
        }
      }
      return Future.succeededFuture();
    } catch (NoMemoryException e) {
      return noMemory(e);
    } finally {
      data.release();
    }
  }

  /// Nothing outlasts the process, so only a failure in the middle could leave half of it: the one
  /// there can be is that memory runs out. So memory comes first, for all of the range.
  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    if (!closed && offset + data.readableBytes() <= geometry.bytes()) {
      long end = offset + data.readableBytes();
      try {
        for (long at = offset; at < end; at += CHUNK_LENGTH - inChunk(at)) {
          int size = (int) Math.min(end - at, CHUNK_LENGTH - inChunk(at));
          while (!chunk(at / CHUNK_LENGTH).reserve(inChunk(at), size)) {
            Thread.onSpinWait();
          }
        }
      } catch (NoMemoryException e) {
        data.release();
        return noMemory(e);
      }
    }
    return write(offset, data, fua);
  }

  @Override
  public Future<Void> flush() {
    return closed ? closedFault() : Future.succeededFuture();
  }

  /// Frees whole pages and zeroes the rest of the range.
  @Override
  public Future<Void> unmap(long offset, long length) {
    if (closed) {
      return closedFault();
    }
    try {
      clear(offset, offset + length);
      return Future.succeededFuture();
    } catch (NoMemoryException e) {
      return noMemory(e);
    }
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    if (mayUnmap) {
      return unmap(offset, length);
    }
    if (closed) {
      return closedFault();
    }
    try {
      long end = offset + length;
      for (long at = offset; at < end; at += CHUNK_LENGTH - inChunk(at)) {
        int size = (int) Math.min(end - at, CHUNK_LENGTH - inChunk(at));
        while (!chunk(at / CHUNK_LENGTH).zero(inChunk(at), size)) {
          Thread.onSpinWait();
        }
      }
      return Future.succeededFuture();
    } catch (NoMemoryException e) {
      return noMemory(e);
    }
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    if (closed) {
      return closedFault();
    }
    List<Extent> extents = new ArrayList<>();
    long end = offset + length;
    long walked = 0;
    for (long at = offset; at < end && extents.size() < MAX_EXTENTS; ) {
      Chunk chunk = chunks.get(at / CHUNK_LENGTH);
      if (++walked > MAX_CHUNKS_WALKED) {
        break;
      }
      long chunkEnd = Math.min(end, at - inChunk(at) + CHUNK_LENGTH);
      long mapped = chunk == null ? 0 : chunk.mappedPages();
      if (mapped == 0 || mapped == -1) {
        add(extents, at, chunkEnd, mapped != 0);
        at = chunkEnd;
        continue;
      }
      while (at < chunkEnd) {
        int page = inChunk(at) / PAGE_LENGTH;
        long pageEnd = Math.min(chunkEnd, (at / PAGE_LENGTH + 1) * PAGE_LENGTH);
        add(extents, at, pageEnd, (mapped >>> page & 1) != 0);
        at = pageEnd;
      }
    }
    return Future.succeededFuture(extents);
  }

  private static void add(List<Extent> extents, long from, long to, boolean mapped) {
    Extent.State state = mapped ? Extent.State.MAPPED : Extent.State.DEALLOCATED;
    if (!extents.isEmpty() && extents.getLast().state() == state) {
      from = extents.removeLast().offset();
    }
    extents.add(new Extent(from, to - from, state));
  }

  @Override
  public Future<Space> space() {
    if (closed) {
      return closedFault();
    }
    long allocated = allocatedBytes();
    return Future.succeededFuture(
        new Space(
            allocated,
            limitBytes == Long.MAX_VALUE ? Space.UNKNOWN : Math.max(0, limitBytes - allocated)));
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    if (closed) {
      return closedFault();
    }
    long before = geometry.bytes();
    Geometry resized = geometry.withBytes(bytes);
    geometry = resized;
    try {
      if (bytes < before) {
        clear(bytes, before);
      }
      return Future.succeededFuture(resized);
    } catch (NoMemoryException e) {
      geometry = resized.withBytes(before);
      return noMemory(e);
    }
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return Optional.of(snapshots);
  }

  @Override
  public Future<Void> close() {
    closed = true;
    snapshots.removeAll();
    chunks.forEach((index, _) -> free(index));
    return Future.succeededFuture();
  }

  boolean closed() {
    return closed;
  }

  /// How many bytes have memory behind them now.
  long allocatedBytes() {
    return chunkCount.get() * CHUNK_LENGTH;
  }

  /// What the medium holds now, to be put back by [#thaw] and given back by [#release].
  Frozen freeze() {
    Map<Long, Chunk> shared = new HashMap<>();
    chunks.forEach(
        (index, chunk) -> {
          if (chunk.share()) {
            shared.put(index, chunk);
          }
        });
    return new Frozen(geometry, shared);
  }

  /// The medium as it was when it was frozen. Nobody else may change it meanwhile.
  void thaw(Frozen frozen) {
    chunks.forEach((index, _) -> free(index));
    frozen.chunks().forEach((index, chunk) -> chunks.put(index, chunk.enter()));
    geometry = frozen.geometry();
  }

  void release(Frozen frozen) {
    frozen.chunks().values().forEach(Chunk::unshare);
  }

  /// The content of the medium at some time.
  record Frozen(Geometry geometry, Map<Long, Chunk> chunks) {}

  private void clear(long from, long to) {
    long firstChunk = from / CHUNK_LENGTH;
    long lastChunk = (to - 1) / CHUNK_LENGTH;
    if (lastChunk - firstChunk > chunks.size()) {
      chunks.forEach(
          (index, _) -> {
            if (index >= firstChunk && index <= lastChunk) {
              clearChunk(index, from, to);
            }
          });
      return;
    }
    for (long index = firstChunk; index <= lastChunk; index++) {
      clearChunk(index, from, to);
    }
  }

  private void clearChunk(long index, long from, long to) {
    Chunk chunk = chunks.get(index);
    if (chunk == null) {
      return;
    }
    long start = index * CHUNK_LENGTH;
    int begin = (int) Math.max(0, from - start);
    int end = (int) Math.min(CHUNK_LENGTH, to - start);
    if (end - begin == CHUNK_LENGTH) {
      free(index);
      return;
    }
    while (!chunk.unmap(begin, end - begin)) {
      chunk = chunk(index);
    }
    if (chunk.gone) {
      chunks.remove(index, chunk);
    }
  }

  private void free(long index) {
    boolean left = false;
    for (Chunk chunk = chunks.get(index); chunk != null && !left; chunk = chunks.get(index)) {
      left = chunk.leave();
      chunks.remove(index, chunk);
    }
  }

  /// One to be changed: it is there, and no snapshot has it, as far as can be said without its
  /// lock.
  private Chunk chunk(long index) {
    Chunk chunk = chunks.get(index);
    if (chunk != null && chunk.gone) {
      chunks.remove(index, chunk);
      chunk = null;
    }
    if (chunk != null && chunk.shares > 0) {
      chunk.copyInto(chunks, index);
      chunk = chunks.get(index);
    }
    return chunk != null ? chunk : chunks.computeIfAbsent(index, _ -> new Chunk());
  }

  private static int inChunk(long offset) {
    return (int) (offset % CHUNK_LENGTH);
  }

  private static <T> Future<T> closedFault() {
    return Future.failedFuture(new StoreFault(StoreFault.Kind.CLOSED, "the memory is given back"));
  }

  private <T> Future<T> pastTheEnd(long offset, long length) {
    return Future.failedFuture(
        new StoreFault(
            StoreFault.Kind.OUT_OF_RANGE,
            length + " bytes at " + offset + ": the memory has " + geometry.bytes()));
  }

  private static <T> Future<T> noMemory(NoMemoryException e) {
    return Future.failedFuture(
        new StoreFault(StoreFault.Kind.OUT_OF_SPACE, "no memory for another chunk", e));
  }

  private static final class NoMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /// @return the address of `CHUNK_LENGTH` zeroes
  private static long allocate() {
    long address;
    try {
      address = (long) CALLOC.invokeExact(1L, (long) CHUNK_LENGTH);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (address == 0) {
      throw new NoMemoryException();
    }
    return address;
  }

  private static void giveBack(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("restricted") // the daemon is started with native access
  private static MethodHandle call(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  /// Memory of 64 pages, some of them mapped. It belongs to the medium, to snapshots, or to both:
  /// then nobody changes it. It is given back when it belongs to nobody.
  final class Chunk {
    private final StampedLock lock = new StampedLock();
    private final long address;

    /// Not to be touched once it is freed.
    private final ByteBuf memory;

    // Under the lock.
    private long mapped;
    private boolean freed;

    // Written under the lock.
    private volatile boolean gone; // from the medium
    private volatile int shares; // of snapshots

    /// Several that are made at once stay within the limit.
    @SuppressWarnings("restricted") // the length is what was asked for
    Chunk() {
      if (chunkCount.incrementAndGet() > limitBytes / CHUNK_LENGTH) {
        chunkCount.decrementAndGet();
        throw new NoMemoryException();
      }
      try {
        address = allocate();
      } catch (NoMemoryException e) {
        chunkCount.decrementAndGet();
        throw e;
      }
      memory =
          Unpooled.wrappedBuffer(
              MemorySegment.ofAddress(address).reinterpret(CHUNK_LENGTH).asByteBuffer());
    }

    /// Borrows `into` and appends to it.
    ///
    /// @return false when the chunk is freed: what it held reads as zeroes, or is elsewhere
    boolean read(int from, ByteBuf into, int length) {
      long stamp = lock.readLock();
      try {
        if (!freed) {
          into.writeBytes(memory, from, length);
        }
        return !freed;
      } finally {
        lock.unlockRead(stamp);
      }
    }

    /// Borrows `data` and takes `length` bytes from it.
    ///
    /// @return false when the chunk cannot be changed and another one must be taken
    boolean write(int to, ByteBuf data, int length) {
      long stamp = lock.writeLock();
      try {
        if (own()) {
          memory.setBytes(to, data, length);
          map(to, length);
        }
        return own();
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// Makes whole pages mapped and leaves what they hold, so that the chunk is not given back.
    ///
    /// @return as [#write]
    boolean reserve(int from, int length) {
      long stamp = lock.writeLock();
      try {
        if (own()) {
          map(from, length);
        }
        return own();
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// @return as [#write]
    boolean zero(int from, int length) {
      long stamp = lock.writeLock();
      try {
        if (own()) {
          memory.setZero(from, length);
          map(from, length);
        }
        return own();
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// Zeroes a range and unmaps the pages that are wholly in it. With the last one the chunk is
    /// gone.
    ///
    /// @return false when snapshots share it and a copy must be taken
    boolean unmap(int from, int length) {
      long stamp = lock.writeLock();
      try {
        if (gone) {
          return true;
        }
        if (shares > 0) {
          return false;
        }
        int first = (from + PAGE_LENGTH - 1) / PAGE_LENGTH;
        int last = (from + length) / PAGE_LENGTH - 1;
        if (first <= last) {
          mapped &= ~pages(first, last);
        }
        if (mapped != 0) {
          memory.setZero(from, length);
        } else {
          gone = true;
          freeIfOfNobody();
        }
        return true;
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// A copy stands in its place on the medium, which changes it from now on.
    void copyInto(ConcurrentHashMap<Long, Chunk> medium, Long index) {
      long stamp = lock.writeLock();
      try {
        if (gone || shares == 0) {
          return;
        }
        Chunk copy = new Chunk();
        copy.memory.setBytes(0, memory, 0, CHUNK_LENGTH);
        copy.mapped = mapped;
        medium.put(index, copy); // before anybody misses this one and makes an empty one
        gone = true;
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// @return false when it is gone already
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    boolean share() {
      long stamp = lock.writeLock();
      try {
        if (!gone) {
          shares++;
        }
        return !gone;
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    void unshare() {
      long stamp = lock.writeLock();
      try {
        shares--;
        freeIfOfNobody();
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// It is on the medium again.
    Chunk enter() {
      long stamp = lock.writeLock();
      try {
        gone = false;
        return this;
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /// It is on the medium no longer.
    ///
    /// @return false when it was gone already: a copy may stand in its place
    boolean leave() {
      long stamp = lock.writeLock();
      try {
        boolean leaves = !gone;
        gone = true;
        freeIfOfNobody();
        return leaves;
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    private boolean own() {
      return !gone && shares == 0;
    }

    private void map(int from, int length) {
      mapped |= pages(from / PAGE_LENGTH, (from + length - 1) / PAGE_LENGTH);
    }

    private void freeIfOfNobody() {
      if (gone && shares == 0 && !freed) {
        freed = true;
        mapped = 0;
        giveBack(address);
        chunkCount.decrementAndGet();
      }
    }

    long mappedPages() {
      long stamp = lock.readLock();
      try {
        return mapped;
      } finally {
        lock.unlockRead(stamp);
      }
    }

    /// Bits `first` to `last`, both included.
    private static long pages(int first, int last) {
      return (-1L << first) & (-1L >>> (PAGES_PER_CHUNK - 1 - last));
    }
  }
}
