package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreCall;
import java.util.List;

/// Stands below a layer that asks on its own account, or for several callers at once, as a cache
/// does: what is asked below belongs to nobody in particular. So nothing that others wait for, or
/// that was answered already, is given up because the one who happened to cause it was aborted.
public final class OwnAccount extends Layer {
  private OwnAccount(BackingStore next) {
    super(next);
  }

  /// @return `store` itself where nothing below asks for calls
  public static BackingStore over(BackingStore store) {
    return store.asksForCalls() ? new OwnAccount(store) : store;
  }

  @Override
  public boolean asksForCalls() {
    return false;
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return StoreCall.within(StoreCall.OWN, () -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return StoreCall.within(StoreCall.OWN, () -> next().write(offset, data, fua));
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return StoreCall.within(StoreCall.OWN, () -> next().writeAtomic(offset, data, fua));
  }

  @Override
  public Future<Void> flush() {
    return StoreCall.within(StoreCall.OWN, () -> next().flush());
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return StoreCall.within(StoreCall.OWN, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return StoreCall.within(StoreCall.OWN, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return StoreCall.within(StoreCall.OWN, () -> next().writeSame(offset, length, pattern));
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return StoreCall.within(StoreCall.OWN, () -> next().compareAndWrite(offset, expected, data));
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return StoreCall.within(StoreCall.OWN, () -> next().extents(offset, length));
  }
}
