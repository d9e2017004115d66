package io.vtgt.scsi.sbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Extent;
import io.vtgt.store.Layer;
import io.vtgt.store.Limits;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreGate;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A logical unit over a store in memory, with what a transport does around it: it gathers
/// Data-Out, takes Data-In, and at the end finds that every buffer was given back.
final class UnitUnderTest implements AutoCloseable {
  private static final int WAIT_SECONDS = 30;

  private final Vertx vertx;
  private final Context context;
  private final List<ByteBuf> buffers = new ArrayList<>();

  final Recorder store;
  final StoreGate gate;
  final LogicalUnit unit;
  final Nexus nexus;

  UnitUnderTest(Shape shape) {
    this(shape, new MemoryStore(shape.bytes()));
  }

  UnitUnderTest(Shape shape, BackingStore medium) {
    this(shape, medium, UnitMemory.volatileMemory());
  }

  UnitUnderTest(Shape shape, BackingStore medium, UnitMemory memory) {
    vertx = Vertx.vertx();
    context = vertx.getOrCreateContext();
    store = new Recorder(medium, buffers);
    gate = new StoreGate(vertx, store, new StoreGate.Options(20_000));
    LogicalUnit.Profile profile =
        new LogicalUnit.Profile(
            "disk",
            new UUID(1, 2),
            new byte[16],
            "serial",
            "vtgt",
            "disk",
            "0001",
            shape.blockBytes(),
            shape.physicalBlockBytes(),
            shape.thin(),
            true,
            0,
            shape.removable(),
            shape.readOnly(),
            1);
    unit = new LogicalUnit(profile, gate, LogicalUnitState.INITIAL, context, memory);
    nexus = new Nexus(new Nexus.Id("iqn.i", 1, "iqn.t", 1), context, null);
  }

  /// What kind of unit a test wants; `blocks` are logical.
  record Shape(
      long blocks,
      int blockBytes,
      int physicalBlockBytes,
      boolean thin,
      boolean removable,
      boolean readOnly) {

    static final Shape THIN = new Shape(4096, 512, 4096, true, false, false);

    long bytes() {
      return blocks * blockBytes;
    }

    Shape withBlocks(long value) {
      return new Shape(value, blockBytes, physicalBlockBytes, thin, removable, readOnly);
    }

    Shape withBlockBytes(int value) {
      return new Shape(blocks, value, 4096, thin, removable, readOnly);
    }

    Shape thick() {
      return new Shape(blocks, blockBytes, physicalBlockBytes, false, removable, readOnly);
    }

    Shape asRemovable() {
      return new Shape(blocks, blockBytes, physicalBlockBytes, thin, true, readOnly);
    }

    Shape asReadOnly() {
      return new Shape(blocks, blockBytes, physicalBlockBytes, thin, removable, true);
    }
  }

  /// Counts what reaches the store, and can be made to fail or to claim other limits.
  static final class Recorder extends Layer {
    private final List<ByteBuf> buffers;
    Limits limits;
    StoreFault.Kind failWith;
    boolean flushFails;
    List<Extent> told = List.of();
    int flushes;
    int durableWrites;
    long unmappedBytes;
    long zeroedBytes;

    Recorder(BackingStore next, List<ByteBuf> buffers) {
      super(next);
      this.buffers = buffers;
      this.limits = next.limits();
    }

    @Override
    public Limits limits() {
      return limits;
    }

    @Override
    public Future<ByteBuf> read(long offset, int length) {
      return failWith != null
          ? Future.failedFuture(new StoreFault(failWith, "as asked"))
          : super.read(offset, length).onSuccess(buffers::add);
    }

    @Override
    public Future<Void> write(long offset, ByteBuf data, boolean fua) {
      if (failWith != null) {
        data.release();
        return Future.failedFuture(new StoreFault(failWith, "as asked"));
      }
      durableWrites += fua ? 1 : 0;
      return super.write(offset, data, fua);
    }

    @Override
    public Future<Void> flush() {
      flushes++;
      return failWith != null || flushFails
          ? Future.failedFuture(new StoreFault(StoreFault.Kind.WRITE_ERROR, "as asked"))
          : super.flush();
    }

    @Override
    public Future<List<Extent>> extents(long offset, long length) {
      return told.isEmpty() ? super.extents(offset, length) : Future.succeededFuture(told);
    }

    @Override
    public Future<Void> unmap(long offset, long length) {
      unmappedBytes += length;
      return super.unmap(offset, length);
    }

    @Override
    public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
      zeroedBytes += length;
      return super.writeZeroes(offset, length, mayUnmap);
    }
  }

  /// What became of a command.
  ///
  /// @param asked bytes of Data-Out the command wanted, 0 when none
  record Outcome(Completion completion, byte[] dataIn, int asked) {
    String hex() {
      return HexFormat.of().formatHex(dataIn);
    }
  }

  Outcome run(String cdb) {
    return run(cdb, new byte[0]);
  }

  /// @param dataOut all that the initiator says it will send
  Outcome run(String cdb, byte[] dataOut) {
    return run(cdb, dataOut, () -> {});
  }

  /// @param meanwhile happens before the data comes, on the unit's context
  Outcome run(String cdb, byte[] dataOut, Runnable meanwhile) {
    Cdb command = Cdb.of(cdb);
    Task task =
        new Task(nexus, 0, 1, command, TaskAttribute.SIMPLE, dataOut.length, Integer.MAX_VALUE);
    int[] asked = new int[1];
    Completion completion =
        await(
            () -> {
              Step step = unit.begin(task);
              while (step instanceof Step.NeedsData needs) {
                asked[0] = needs.length();
                meanwhile.run();
                int length = Math.min(needs.length(), dataOut.length);
                ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, length));
                buffers.add(data.writeBytes(dataOut, 0, length));
                step = needs.then().apply(data);
              }
              return switch (step) {
                case Step.Done done -> Future.succeededFuture(done.completion());
                case Step.Running running -> running.completion();
                case Step.NeedsData _ -> throw new AssertionError();
              };
            });
    byte[] dataIn = new byte[0];
    if (completion instanceof Completion.Good good) {
      dataIn = ByteBufUtil.getBytes(good.dataIn());
      good.dataIn().release();
    }
    return new Outcome(completion, dataIn, asked[0]);
  }

  byte[] good(String cdb) {
    return good(cdb, new byte[0]);
  }

  byte[] good(String cdb, byte[] dataOut) {
    Outcome outcome = run(cdb, dataOut);
    assertInstanceOf(Completion.Good.class, outcome.completion(), cdb);
    return outcome.dataIn();
  }

  Sense refused(String cdb) {
    return refused(cdb, new byte[0]);
  }

  Sense refused(String cdb, byte[] dataOut) {
    Outcome outcome = run(cdb, dataOut);
    return assertInstanceOf(Completion.CheckCondition.class, outcome.completion(), cdb).sense();
  }

  void refusedWith(Asc asc, String cdb) {
    refusedWith(asc, cdb, new byte[0]);
  }

  void refusedWith(Asc asc, String cdb, byte[] dataOut) {
    assertEquals(asc, refused(cdb, dataOut).asc(), cdb);
  }

  /// What stands on the medium, past the unit.
  byte[] medium(long lba, int blocks) {
    int blockBytes = unit.profile().blockBytes();
    return await(
        () ->
            gate.read(lba * blockBytes, blocks * blockBytes)
                .map(
                    data -> {
                      byte[] bytes = ByteBufUtil.getBytes(data);
                      data.release();
                      return bytes;
                    }));
  }

  void publish(LogicalUnitState state) {
    await(
        () -> {
          unit.publish(state);
          return Future.succeededFuture();
        });
  }

  <T> T await(Supplier<Future<T>> action) {
    var done = new CompletableFuture<T>();
    context.runOnContext(
        _ -> {
          try {
            action
                .get()
                .onComplete(
                    (value, failure) -> {
                      if (failure == null) {
                        done.complete(value);
                      } else {
                        done.completeExceptionally(failure);
                      }
                    });
          } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
          }
        });
    try {
      return done.get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  static byte[] join(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  static Sense miscompareAt(long offset) {
    return Sense.of(SenseKey.MISCOMPARE, Asc.MISCOMPARE_DURING_VERIFY_OPERATION)
        .withInformation(offset);
  }

  @Override
  public void close() {
    await(gate::close);
    for (ByteBuf buffer : buffers) {
      assertEquals(0, buffer.refCnt(), "a buffer was not given back");
    }
    await(vertx);
  }

  private static void await(Vertx vertx) {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
