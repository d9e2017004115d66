package io.vtgt.store.layer;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.Layer;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreCall;
import io.vtgt.store.StoreFault;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Writes a line per operation: when it ended, what it was, offset, length, how long it took in
/// microseconds, how it ended, whose it was.
///
/// ```
/// 2026-11-21T20:14:34.490271Z write 4096 512 183 ok iqn.2026-11.com.example:a,i,0x23d000000 → …
/// ```
public final class TraceLayer extends Layer {

  /// Which operations are written.
  ///
  /// @param every one in so many
  /// @param slowMicros only those that take as long, or fail; 0 for all
  public record Sample(int every, long slowMicros) {}

  /// What a layer reads the time from.
  ///
  /// @param wall for the lines
  /// @param nanos for how long something takes
  record Clocks(InstantSource wall, LongSupplier nanos) {
    static final Clocks SYSTEM = new Clocks(InstantSource.system(), System::nanoTime);
  }

  private final Sample sample;
  private final TraceLines lines;
  private final Clocks clocks;
  private final LongAdder operations = new LongAdder();

  // Plain on purpose: a count that is lost shifts the sample by one.
  private int sinceSampled;

  /// @param lines owned by the layer
  TraceLayer(BackingStore next, Sample sample, TraceLines lines, Clocks clocks) {
    super(next);
    this.sample = sample;
    this.lines = lines;
    this.clocks = clocks;
  }

  @Override
  public Future<ByteBuf> read(long offset, int length) {
    return traced("read", offset, length, () -> next().read(offset, length));
  }

  @Override
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return traced(
        fua ? "write-fua" : "write",
        offset,
        data.readableBytes(),
        () -> next().write(offset, data, fua));
  }

  @Override
  public Future<Void> writeAtomic(long offset, ByteBuf data, boolean fua) {
    return traced(
        "write-atomic", offset, data.readableBytes(), () -> next().writeAtomic(offset, data, fua));
  }

  @Override
  public Future<Void> flush() {
    return traced("flush", 0, 0, () -> next().flush());
  }

  @Override
  public Future<Void> unmap(long offset, long length) {
    return traced("unmap", offset, length, () -> next().unmap(offset, length));
  }

  @Override
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return traced(
        "write-zeroes", offset, length, () -> next().writeZeroes(offset, length, mayUnmap));
  }

  @Override
  public Future<CompareResult> compareAndWrite(long offset, ByteBuf expected, ByteBuf data) {
    return traced(
        "compare-and-write",
        offset,
        data.readableBytes(),
        () -> next().compareAndWrite(offset, expected, data));
  }

  @Override
  public Future<Void> writeSame(long offset, long length, ByteBuf pattern) {
    return traced("write-same", offset, length, () -> next().writeSame(offset, length, pattern));
  }

  @Override
  public Future<List<Extent>> extents(long offset, long length) {
    return traced("extents", offset, length, () -> next().extents(offset, length));
  }

  @Override
  public Future<Geometry> resize(long bytes) {
    return traced("resize", 0, bytes, () -> next().resize(bytes));
  }

  @Override
  public Optional<Snapshots> snapshots() {
    return next().snapshots().map(TracedSnapshots::new);
  }

  private final class TracedSnapshots implements Snapshots {
    private final Snapshots below;

    TracedSnapshots(Snapshots below) {
      this.below = below;
    }

    @Override
    public Future<List<Snapshot>> list() {
      return below.list();
    }

    @Override
    public Future<Void> create(String name) {
      return traced("snapshot-create", 0, 0, () -> below.create(name));
    }

    @Override
    public Future<Void> rollback(String name) {
      return traced("snapshot-rollback", 0, 0, () -> below.rollback(name));
    }

    @Override
    public Future<Void> remove(String name) {
      return traced("snapshot-remove", 0, 0, () -> below.remove(name));
    }

    @Override
    public Future<Void> protect(String name, boolean isProtected) {
      return below.protect(name, isProtected);
    }
  }

  @Override
  public boolean asksForCalls() {
    return true;
  }

  @Override
  public Map<String, Long> counters() {
    return countersWith(
        Map.of(
            "trace.operations", operations.sum(),
            "trace.lines", lines.taken(),
            "trace.dropped", lines.dropped()));
  }

  @Override
  protected Future<Void> detach() {
    return lines.close();
  }

  private <T> Future<T> traced(
      String operation, long offset, long length, Supplier<Future<T>> passOn) {
    operations.increment();
    if (sample.every() > 1 && ++sinceSampled < sample.every()) {
      return passOn.get();
    }
    sinceSampled = 0;
    Object party = StoreCall.current().party();
    long begun = clocks.nanos().getAsLong();
    return passOn
        .get()
        .onComplete(
            (answer, failure) -> {
              long micros = TimeUnit.NANOSECONDS.toMicros(clocks.nanos().getAsLong() - begun);
              if (failure != null || micros >= sample.slowMicros()) {
                lines.add(
                    clocks.wall().instant().truncatedTo(ChronoUnit.MICROS)
                        + " "
                        + operation
                        + " "
                        + offset
                        + " "
                        + length
                        + " "
                        + micros
                        + " "
                        + outcome(answer, failure)
                        + " "
                        + party);
              }
            });
  }

  private static String outcome(Object answer, Throwable failure) {
    if (failure instanceof StoreFault fault) {
      return fault.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
    if (failure != null) {
      return "bug";
    }
    return answer instanceof CompareResult.Differs ? "differs" : "ok";
  }
}
