package io.vtgt.store.layer.cache;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// A medium in an array that answers at once, has snapshots, loses at a crash what was not flushed,
/// and can fail after it did a part of what was asked.
final class FakeStore implements BackingStore {
  static final int GRANULE = 1024;
  static final int MAX_ATOMIC = 8192;

  private final int maxTransfer;
  private final boolean nativeFua;
  private final boolean nativeWriteSame;
  private final int nativeCompare;
  private final boolean shared;

  // Everything under this object's monitor.
  private byte[] medium;
  private byte[] durable;
  private final Map<String, byte[]> snapshots = new HashMap<>();
  private StoreListener listener = StoreListener.NONE;
  private boolean closed;
  private Random halfway; // null: nothing fails by itself
  private int reads;
  private int flushes;

  FakeStore(int bytes, int maxTransfer, Random choice) {
    this(
        bytes,
        maxTransfer,
        choice.nextBoolean(),
        choice.nextBoolean(),
        choice.nextBoolean() ? 0 : 512 << choice.nextInt(4),
        false);
  }

  FakeStore(
      int bytes,
      int maxTransfer,
      boolean nativeFua,
      boolean nativeWriteSame,
      int nativeCompare,
      boolean shared) {
    this.medium = new byte[bytes];
    this.durable = new byte[bytes];
    this.maxTransfer = maxTransfer;
    this.nativeFua = nativeFua;
    this.nativeWriteSame = nativeWriteSame;
    this.nativeCompare = nativeCompare;
    this.shared = shared;
  }

  /// From now on one of 50 changes fails after a part of it, by this chance; null for none.
  synchronized void failHalfway(Random chance) {
    halfway = chance;
  }

  @Override
  public synchronized Geometry geometry() {
    return new Geometry(medium.length, 512, 4096);
  }

  @Override
  public Limits limits() {
    return new Limits(
        maxTransfer,
        0,
        nativeFua,
        true,
        GRANULE,
        true,
        true,
        nativeWriteSame,
        nativeCompare,
        true,
        MAX_ATOMIC,
        512,
        shared);
  }

  @Override
  public synchronized Future<ByteBuf> read(long offset, int length) {
    reads++;
    assertTrue(length <= maxTransfer, "a read of " + length + " bytes");
    StoreFault fault = fault(offset, length);
    return fault != null
        ? Future.failedFuture(fault)
        : Future.succeededFuture(
            PooledByteBufAllocator.DEFAULT
                .directBuffer(length)
                .writeBytes(medium, (int) offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    byte[] bytes = new byte[data.readableBytes()];
    data.readBytes(bytes);
    data.release();
    assertTrue(bytes.length <= maxTransfer, "a write of " + bytes.length + " bytes");
    assertTrue(!fua || nativeFua, "FUA where there is none");
    return put(offset, bytes, fua);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return write(offset, data, fua);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return put(offset, new byte[(int) length], false);
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return put(offset, new byte[(int) length], false);
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    byte[] bytes = new byte[(int) length];
    int unit = pattern.readableBytes();
    for (int at = 0; at < bytes.length; at += unit) {
      pattern.getBytes(pattern.readerIndex(), bytes, at, unit);
    }
    pattern.release();
    return put(offset, bytes, false);
  }

  @Override
  public synchronized Future<CompareResult> compareAndWrite(
      long offset, ByteBuf expected, ByteBuf data) {
    byte[] wanted = new byte[expected.readableBytes()];
    expected.readBytes(wanted);
    expected.release();
    byte[] bytes = new byte[data.readableBytes()];
    data.readBytes(bytes);
    data.release();
    StoreFault fault = fault(offset, bytes.length);
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    int at = (int) offset;
    int differs = Arrays.mismatch(wanted, Arrays.copyOfRange(medium, at, at + wanted.length));
    return differs >= 0
        ? Future.succeededFuture(new CompareResult.Differs(differs))
        : put(offset, bytes, false).map(CompareResult.WRITTEN);
  }

  private synchronized Future<Void> put(long offset, byte[] bytes, boolean fua) {
    StoreFault fault = fault(offset, bytes.length);
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    boolean fails = halfway != null && halfway.nextInt(50) == 0;
    int length = fails ? halfway.nextInt(bytes.length / 512 + 1) * 512 : bytes.length;
    System.arraycopy(bytes, 0, medium, (int) offset, length);
    if (fails) {
      return Future.failedFuture(
          new StoreFault(StoreFault.Kind.WRITE_ERROR, "the fake store fails halfway"));
    }
    if (fua) {
      System.arraycopy(bytes, 0, durable, (int) offset, length);
    }
    return Future.succeededFuture();
  }

  private StoreFault fault(long offset, long length) {
    if (closed) {
      return new StoreFault(StoreFault.Kind.CLOSED, "the fake store is closed");
    }
    return offset >= 0 && length > 0 && offset + length <= medium.length
        ? null
        : new StoreFault(
            StoreFault.Kind.OUT_OF_RANGE, length + " bytes at " + offset + " of " + medium.length);
  }

  @Override
  public synchronized Future<Void> flush() {
    StoreFault fault = closed ? fault(0, 1) : null;
    if (fault != null) {
      return Future.failedFuture(fault);
    }
    flushes++;
    durable = medium.clone();
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<List<Extent>> extents(long offset, long length) {
    int first = (int) offset / 512 * 512;
    boolean mapped = !isZero(first);
    int end = first + 512;
    while (end < offset + length && isZero(end) != mapped) {
      end += 512;
    }
    return Future.succeededFuture(
        List.of(
            new Extent(
                offset,
                Math.min(end, offset + length) - offset,
                mapped ? Extent.State.MAPPED : Extent.State.DEALLOCATED)));
  }

  private boolean isZero(int at) {
    for (int i = at; i < Math.min(at + 512, medium.length); i++) {
      if (medium[i] != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public synchronized Future<Geometry> resize(long bytes) {
    medium = Arrays.copyOf(medium, (int) bytes);
    durable = Arrays.copyOf(durable, (int) bytes);
    return Future.succeededFuture(geometry());
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return Optional.of(new OfFake());
  }

  private final class OfFake implements Snapshots {
    @Override
    public Future<List<Snapshot>> list() {
      synchronized (FakeStore.this) {
        return Future.succeededFuture(
            snapshots.entrySet().stream()
                .map(
                    each ->
                        new Snapshot(each.getKey(), each.getValue().length, Instant.EPOCH, false))
                .toList());
      }
    }

    @Override
    public Future<Void> create(String name) {
      synchronized (FakeStore.this) {
        snapshots.put(name, medium.clone());
        return Future.succeededFuture();
      }
    }

    @Override
    public Future<Void> rollback(String name) {
      synchronized (FakeStore.this) {
        medium = snapshots.get(name).clone();
        durable = medium.clone();
        return Future.succeededFuture();
      }
    }

    @Override
    public Future<Void> remove(String name) {
      synchronized (FakeStore.this) {
        snapshots.remove(name);
        return Future.succeededFuture();
      }
    }

    @Override
    public Future<Void> protect(String name, boolean isProtected) {
      return Future.succeededFuture();
    }
  }

  @Override
  public synchronized void listen(StoreListener next) {
    listener = next;
  }

  /// Somebody else writes, and the store tells so.
  void changeFromOutside(int offset, byte[] bytes) {
    StoreListener told;
    synchronized (this) {
      System.arraycopy(bytes, 0, medium, offset, bytes.length);
      System.arraycopy(bytes, 0, durable, offset, bytes.length);
      told = listener;
    }
    told.contentChanged();
  }

  void tell(StoreState state) {
    StoreListener told;
    synchronized (this) {
      told = listener;
    }
    told.stateChanged(state);
  }

  synchronized byte[] medium() {
    return medium.clone();
  }

  /// What a crash now would leave.
  synchronized byte[] durable() {
    return durable.clone();
  }

  synchronized int reads() {
    return reads;
  }

  synchronized int flushes() {
    return flushes;
  }

  @Override
  public synchronized Future<Void> close() {
    closed = true;
    return Future.succeededFuture();
  }
}
