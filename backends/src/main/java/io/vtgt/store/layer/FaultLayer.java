package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.Snapshots;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// Fails some operations instead of passing them on, by chance from a seed or when a test says so.
public final class FaultLayer extends Layer {

  /// What can be made to fail.
  public enum Operation {
    READ,
    /// Atomic ones too.
    WRITE,
    FLUSH,
    UNMAP,
    WRITE_ZEROES,
    WRITE_SAME,
    COMPARE_AND_WRITE,
    EXTENTS,
    SPACE,
    RESIZE,
    /// Whatever is done with snapshots.
    SNAPSHOTS;

    /// It is about a range of the medium, not about all of it.
    boolean hasRange() {
      return switch (this) {
        case READ, WRITE, UNMAP, WRITE_ZEROES, WRITE_SAME, COMPARE_AND_WRITE, EXTENTS -> true;
        case FLUSH, SPACE, RESIZE, SNAPSHOTS -> false;
      };
    }
  }

  /// When an operation fails by chance.
  ///
  /// @param rate share of those that fail, 0 to 1
  /// @param operations which are meant
  /// @param range which bytes are meant; an operation without a range is always meant
  public record Plan(
      long seed, double rate, Set<Operation> operations, ByteRange range, StoreFault.Kind kind) {
    /// Nothing fails by chance.
    public static final Plan NONE =
        new Plan(0, 0, Set.of(), ByteRange.ALL, StoreFault.Kind.UNAVAILABLE);

    public Plan {
      operations = Set.copyOf(operations);
    }

    boolean means(Operation operation, long offset, long length) {
      return operations.contains(operation)
          && (!operation.hasRange() || range.touches(offset, length));
    }
  }

  private final Plan plan;
  private final Random random; // safe for several threads by itself
  private final LongAdder injected = new LongAdder();

  // Under its own monitor.
  private final Map<Operation, StoreFault.Kind> failNext = new EnumMap<>(Operation.class);

  public FaultLayer(BackingStore next, Plan plan) {
    super(next);
    this.plan = plan;
    this.random = new Random(plan.seed());
  }

  /// The next operation of this sort fails, whatever the plan.
  public void failNext(Operation operation, StoreFault.Kind kind) {
    synchronized (failNext) {
      failNext.put(operation, kind);
    }
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return attempt(Operation.READ, offset, length, () -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return attempt(Operation.WRITE, offset, length, () -> next().write(offset, data, fua), data);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    int length = data.readableBytes();
    return attempt(
        Operation.WRITE, offset, length, () -> next().writeAtomic(offset, data, fua), data);
  }

  @Override
  public Future<Void> flush() {
    return attempt(Operation.FLUSH, () -> next().flush());
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return attempt(Operation.UNMAP, offset, length, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return attempt(
        Operation.WRITE_ZEROES, offset, length, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return attempt(
        Operation.WRITE_SAME,
        offset,
        length,
        () -> next().writeSame(offset, length, pattern),
        pattern);
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return attempt(
        Operation.COMPARE_AND_WRITE,
        offset,
        data.readableBytes(),
        () -> next().compareAndWrite(offset, expected, data),
        expected,
        data);
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return attempt(Operation.EXTENTS, offset, length, () -> next().extents(offset, length));
  }

  @Override
  public Future<Space> space() {
    return attempt(Operation.SPACE, () -> next().space());
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    return attempt(Operation.RESIZE, () -> next().resize(bytes));
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return next().snapshots().map(FaultySnapshots::new);
  }

  @Override
  public Map<String, Long> counters() {
    return countersWith(Map.of("fault.injected", injected.sum()));
  }

  private final class FaultySnapshots implements Snapshots {
    private final Snapshots below;

    FaultySnapshots(Snapshots below) {
      this.below = below;
    }

    @Override
    public Future<List<Snapshot>> list() {
      return attempt(Operation.SNAPSHOTS, below::list);
    }

    @Override
    public Future<Void> create(String name) {
      return attempt(Operation.SNAPSHOTS, () -> below.create(name));
    }

    @Override
    public Future<Void> rollback(String name) {
      return attempt(Operation.SNAPSHOTS, () -> below.rollback(name));
    }

    @Override
    public Future<Void> remove(String name) {
      return attempt(Operation.SNAPSHOTS, () -> below.remove(name));
    }

    @Override
    public Future<Void> protect(String name, boolean isProtected) {
      return attempt(Operation.SNAPSHOTS, () -> below.protect(name, isProtected));
    }
  }

  private <T> Future<T> attempt(Operation operation, Supplier<Future<T>> passOn) {
    return attempt(operation, 0, 0, passOn);
  }

  /// @param data released where the operation fails here
  private <T> Future<T> attempt(
      Operation operation, long offset, long length, Supplier<Future<T>> passOn, ByteBuf... data) {
    StoreFault.Kind kind;
    synchronized (failNext) {
      kind = failNext.remove(operation);
    }
    if (kind == null
        && plan.means(operation, offset, length)
        && random.nextDouble() < plan.rate()) {
      kind = plan.kind();
    }
    if (kind == null) {
      return passOn.get();
    }
    injected.increment();
    for (ByteBuf each : data) {
      each.release();
    }
    return Future.failedFuture(
        new StoreFault(
            kind, "fault layer: " + operation + " of " + length + " bytes at " + offset));
  }
}
