package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.Stores.LayerSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A store that wraps another one and changes only what it is about.
///
/// Every call goes on to [#next()]; a layer overrides the ones it cares for.
public abstract class Layer implements BackingStore {
  private final BackingStore next;

  // Written once, by whoever made it.
  private LayerSpec madeOf;

  /// @param next the store below, owned by this layer: closing the layer closes it
  protected Layer(BackingStore next) {
    this.next = next;
  }

  protected final BackingStore next() {
    return next;
  }

  void madeOf(LayerSpec spec) {
    madeOf = spec;
  }

  /// Empty where it was not made by [Stores].
  Optional<LayerSpec> madeOf() {
    return Optional.ofNullable(madeOf);
  }

  @Override
  public Geometry geometry() {
    return next.geometry();
  }

  @Override
  public Limits limits() {
    return next.limits();
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return next.read(offset, length);
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return next.write(offset, data, fua);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return next.writeAtomic(offset, data, fua);
  }

  @Override
  public Future<Void> flush() {
    return next.flush();
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return next.unmap(offset, length);
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return next.writeZeroes(offset, length, mayUnmap);
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return next.compareAndWrite(offset, expected, data);
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return next.writeSame(offset, length, pattern);
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return next.extents(offset, length);
  }

  @Override
  public Future<Space> space() {
    return next.space();
  }

  @Override
  public boolean writable() {
    return next.writable();
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    return next.resize(bytes);
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return next.snapshots();
  }

  @Override
  public Optional<TakeOver> takeOver() {
    return next.takeOver();
  }

  @Override
  public void listen(StoreListener listener) {
    next.listen(listener);
  }

  @Override
  public boolean asksForCalls() {
    return next.asksForCalls();
  }

  @Override
  public Map<String, Long> counters() {
    return next.counters();
  }

  /// What is counted below, with the layer's own counters; a name that a layer below has too gets
  /// the sum.
  protected final Map<String, Long> countersWith(Map<String, Long> own) {
    Map<String, Long> all = new TreeMap<>(next.counters());
    own.forEach((name, count) -> all.merge(name, count, Long::sum));
    return all;
  }

  /// From now on somebody waits until nothing is under way here, or (`false`) waits no longer: a
  /// layer that keeps operations waiting on purpose lets them go on meanwhile. Any thread.
  protected void hurry(boolean on) {}

  /// Hands everything on that the layer still holds back, and gives back what it took itself; the
  /// store below stays open. The gate has drained before, and no call follows.
  ///
  /// @return fails when something that was answered could not be handed on; the layer then stays as
  ///   it is and may be asked again
  protected Future<Void> detach() {
    return Future.succeededFuture();
  }

  /// The store below is closed although the layer could not be detached: gives back what is left.
  protected void abandon() {}

  /// Detaches, then closes the store below: in any case.
  @Override
  public final Future<Void> close() {
    return detach()
        .transform(
            detached ->
                next.close()
                    .onComplete(
                        _ -> {
                          if (detached.failed()) {
                            abandon();
                          }
                        })
                    .compose(
                        _ ->
                            detached.succeeded()
                                ? Future.succeededFuture()
                                : Future.failedFuture(detached.cause())));
  }
}
