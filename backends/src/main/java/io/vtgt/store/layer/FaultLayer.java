package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreFault;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Fails some operations instead of passing them on, by chance from a seed or when a test says so.
public final class FaultLayer extends Layer {

  /// What can be made to fail.
  public enum Operation {
    READ,
    WRITE,
    FLUSH,
    UNMAP,
    WRITE_ZEROES,
    WRITE_SAME,
    COMPARE_AND_WRITE,
    EXTENTS
  }

  /// When an operation fails by chance.
  ///
  /// @param rate share of those that fail, 0 to 1
  /// @param operations which are meant
  /// @param from first byte that is meant
  /// @param to byte after the last one that is meant; a flush is always meant
  public record Plan(
      long seed, double rate, Set<Operation> operations, long from, long to, StoreFault.Kind kind) {
    /// Nothing fails by chance.
    public static final Plan NONE = new Plan(0, 0, Set.of(), 0, 0, StoreFault.Kind.UNAVAILABLE);

    public Plan {
      operations = Set.copyOf(operations);
    }

    boolean means(Operation operation, long offset, long length) {
      return operations.contains(operation)
          && (operation == Operation.FLUSH || (offset < to && from < offset + length));
    }
  }

  private final Plan plan;
  private final Random random; // safe for several threads by itself

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
    StoreFault fault = fault(Operation.READ, offset, length);
    return fault == null ? next().read(offset, length) : Future.failedFuture(fault);
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    StoreFault fault = fault(Operation.WRITE, offset, data.readableBytes());
    if (fault == null) {
      return next().write(offset, data, fua);
    }
    data.release();
    return Future.failedFuture(fault);
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    StoreFault fault = fault(Operation.WRITE, offset, data.readableBytes());
    if (fault == null) {
      return next().writeAtomic(offset, data, fua);
    }
    data.release();
    return Future.failedFuture(fault);
  }

  @Override
  public Future<Void> flush() {
    StoreFault fault = fault(Operation.FLUSH, 0, 0);
    return fault == null ? next().flush() : Future.failedFuture(fault);
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    StoreFault fault = fault(Operation.UNMAP, offset, length);
    return fault == null ? next().unmap(offset, length) : Future.failedFuture(fault);
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    StoreFault fault = fault(Operation.WRITE_ZEROES, offset, length);
    return fault == null
        ? next().writeZeroes(offset, length, mayUnmap)
        : Future.failedFuture(fault);
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    StoreFault fault = fault(Operation.WRITE_SAME, offset, length);
    if (fault == null) {
      return next().writeSame(offset, length, pattern);
    }
    pattern.release();
    return Future.failedFuture(fault);
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    StoreFault fault = fault(Operation.COMPARE_AND_WRITE, offset, data.readableBytes());
    if (fault == null) {
      return next().compareAndWrite(offset, expected, data);
    }
    expected.release();
    data.release();
    return Future.failedFuture(fault);
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    StoreFault fault = fault(Operation.EXTENTS, offset, length);
    return fault == null ? next().extents(offset, length) : Future.failedFuture(fault);
  }

  private StoreFault fault(Operation operation, long offset, long length) {
    StoreFault.Kind kind;
    synchronized (failNext) {
      kind = failNext.remove(operation);
    }
    if (kind == null
        && plan.means(operation, offset, length)
        && random.nextDouble() < plan.rate()) {
      kind = plan.kind();
    }
    return kind == null
        ? null
        : new StoreFault(
            kind, "fault layer: " + operation + " of " + length + " bytes at " + offset);
  }
}
