package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every store promises, asked through its gate on an event loop. A store's test is a subclass
/// that says how to open it.
public abstract class BackingStoreContract {
  protected static final int SIZE = 8 << 20;
  private static final int PATIENCE_SECONDS = 60;

  protected Vertx vertx;
  protected Context context;
  protected BackingStore store;
  protected StoreGate gate;

  /// A store of [#SIZE] bytes that reads as zeroes. Called on a thread of its own.
  protected abstract BackingStore open() throws Exception;

  /// The Vert.x whose event loops call the store.
  protected Vertx makeVertx() {
    return Vertx.vertx();
  }

  /// False for a store that forgets what is written.
  protected boolean keepsData() {
    return true;
  }

  /// False for a store whose medium can only grow.
  protected boolean shrinks() {
    return true;
  }

  @BeforeEach
  void openStore() throws Exception {
    vertx = makeVertx();
    context = ((io.vertx.core.internal.VertxInternal) vertx).createEventLoopContext();
    store = open();
    gate = new StoreGate(vertx, store, new StoreGate.Options(60_000));
  }

  @AfterEach
  void closeStore() throws Exception {
    if (gate != null) {
      await(gate::close);
      assertEquals(0, gate.counters().underWay());
    }
    if (vertx != null) {
      vertx.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  /// Runs one call on the event loop, and checks that it completes there.
  protected final <T> T await(Supplier<Future<T>> call) throws Exception {
    try {
      return begin(call).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (java.util.concurrent.CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  protected final <T> Future<T> begin(Supplier<Future<T>> call) {
    io.vertx.core.Promise<T> result = io.vertx.core.Promise.promise();
    context.runOnContext(
        _ ->
            call.get()
                .onComplete(
                    answer -> {
                      if (!((ContextInternal) context).nettyEventLoop().inEventLoop()) {
                        result.fail(new AssertionError("completed off the calling event loop"));
                      } else {
                        result.handle(answer);
                      }
                    }));
    return result.future();
  }

  protected final StoreFault fault(Supplier<? extends Future<?>> call) throws Exception {
    Future<?> answer =
        begin(() -> call.get().mapEmpty().transform(r -> Future.succeededFuture(r.cause())));
    return assertInstanceOf(StoreFault.class, answer.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  protected final byte[] read(long offset, int length) throws Exception {
    ByteBuf data = await(() -> gate.read(offset, length));
    byte[] bytes = ByteBufUtil.getBytes(data);
    data.release();
    return bytes;
  }

  protected final void write(long offset, byte[] data) throws Exception {
    await(() -> gate.write(offset, direct(data), false));
  }

  protected static ByteBuf direct(byte[] data) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(data.length).writeBytes(data);
  }

  protected static byte[] bytes(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  protected final int block() {
    return store.geometry().blockBytes();
  }

  @Test
  void new_store_readsZeroes() throws Exception {
    assertEquals(SIZE, store.geometry().bytes());
    assertArrayEquals(new byte[SIZE], read(0, SIZE));
  }

  @Test
  void write_thenRead_givesTheSameBytes() throws Exception {
    assumeTrue(keepsData());
    byte[] data = bytes(1, 64 * 1024);
    write(8192, data);
    assertArrayEquals(data, read(8192, data.length));
    assertArrayEquals(new byte[4096], read(4096, 4096));
    assertArrayEquals(new byte[4096], read(8192 + data.length, 4096));
  }

  @Test
  void write_ofEveryBufferKind_isReleased() throws Exception {
    byte[] data = bytes(2, 8192);
    ByteBuf heap = Unpooled.buffer(8192).writeBytes(data);
    ByteBuf composite =
        Unpooled.compositeBuffer()
            .addComponent(true, direct(Arrays.copyOf(data, 4000)))
            .addComponent(true, direct(Arrays.copyOfRange(data, 4000, 8192)));
    ByteBuf shifted = direct(bytes(3, 7)).writeBytes(data).skipBytes(7);
    for (ByteBuf buffer : List.of(heap, composite, shifted, direct(data))) {
      await(() -> gate.write(16384, buffer, true));
      assertEquals(0, buffer.refCnt());
      if (keepsData()) {
        assertArrayEquals(data, read(16384, 8192));
      }
      await(() -> gate.writeZeroes(16384, 8192, true));
    }
  }

  @Test
  void write_ofLastBlock_landsAndOnePastIsRefused() throws Exception {
    byte[] data = bytes(4, 4096);
    write(SIZE - 4096, data);
    if (keepsData()) {
      assertArrayEquals(data, read(SIZE - 4096, 4096));
    }
    ByteBuf late = direct(data);
    StoreFault refused = fault(() -> gate.write(SIZE - 4096 + block(), late, false));
    assertSame(StoreFault.Kind.OUT_OF_RANGE, refused.kind());
    assertEquals(0, late.refCnt());
    assertSame(StoreFault.Kind.OUT_OF_RANGE, fault(() -> gate.read(SIZE, block())).kind());
    assertSame(StoreFault.Kind.OUT_OF_RANGE, fault(() -> gate.read(-block(), block())).kind());
    assertSame(
        StoreFault.Kind.OUT_OF_RANGE,
        fault(() -> gate.read(Long.MAX_VALUE - block() + 1, block())).kind());
  }

  @Test
  void writeAtomic_ofTheLongest_landsWhole_andOfMoreIsRefused() throws Exception {
    int longest = store.limits().maxAtomicWrite();
    int granule = store.limits().atomicWriteGranularity();
    assumeTrue(longest > 0 && longest < SIZE, "no atomic writes");
    byte[] data = bytes(6, longest);
    int offset = 3 * granule;
    for (boolean fua : new boolean[] {false, true}) {
      ByteBuf buffer = direct(data);
      await(() -> gate.writeAtomic(offset, buffer, fua));
      assertEquals(0, buffer.refCnt());
      if (keepsData()) {
        assertArrayEquals(data, read(offset, longest));
        assertArrayEquals(new byte[granule], read(offset - granule, granule));
        assertArrayEquals(new byte[granule], read(offset + longest, granule));
      }
      await(() -> gate.writeZeroes(offset, longest, true));
    }
    refusedAtomic(longest + granule);
    if (granule > 1) {
      refusedAtomic(granule / 2);
    }
  }

  private void refusedAtomic(int length) throws Exception {
    ByteBuf refused = direct(new byte[length]);
    fault(() -> gate.writeAtomic(0, refused, false));
    assertEquals(0, refused.refCnt());
  }

  @Test
  void writeZeroes_withAndWithoutUnmap_readsZeroes() throws Exception {
    for (boolean mayUnmap : new boolean[] {true, false}) {
      byte[] data = bytes(5, 1 << 20);
      write(0, data);
      int from = 4096 + block();
      int length = 512 * 1024 - 2 * block();
      await(() -> gate.writeZeroes(from, length, mayUnmap));
      if (keepsData()) {
        Arrays.fill(data, from, from + length, (byte) 0);
        assertArrayEquals(data, read(0, data.length));
      }
    }
  }

  @Test
  void unmap_ofUnalignedRange_zeroesWholeGranulesAndNothingElse() throws Exception {
    int granule = store.limits().unmapGranularity();
    assumeTrue(granule > 1 && store.limits().unmapZeroes(), "no unmap");
    byte[] data = bytes(6, 8 * granule);
    write(0, data);
    await(() -> gate.unmap(granule - block(), 3L * granule));
    int first = block() < granule ? granule : 0; // else the range is aligned after all
    Arrays.fill(data, first, 3 * granule, (byte) 0);
    assertArrayEquals(data, read(0, data.length));
  }

  @Test
  void extents_ofAWrittenMiddle_coverTheRangeInOrder() throws Exception {
    assumeTrue(store.limits().reportsExtents(), "no extents");
    write(1 << 20, bytes(7, 1 << 20));
    await(gate::flush);
    List<Extent> extents = new ArrayList<>();
    for (long at = 0; at < SIZE; at = extents.getLast().end()) {
      long from = at;
      List<Extent> more = await(() -> gate.extents(from, SIZE - from));
      assertTrue(!more.isEmpty());
      extents.addAll(more);
    }
    long at = 0;
    for (Extent extent : extents) {
      assertEquals(at, extent.offset());
      at = extent.end();
    }
    assertEquals(SIZE, at);
    if (keepsData()) {
      long mapped =
          extents.stream()
              .filter(extent -> extent.state() == Extent.State.MAPPED)
              .mapToLong(Extent::length)
              .sum();
      assertEquals(1 << 20, mapped);
      assertEquals(Extent.State.DEALLOCATED, extents.getFirst().state());
    }
  }

  @Test
  void compareAndWrite_ofTheLastBlock_tellsWhereItDiffers() throws Exception {
    byte[] almost = new byte[block()];
    almost[block() - 1] = 1;
    assertEquals(
        new CompareResult.Differs(block() - 1),
        await(() -> gate.compareAndWrite(SIZE - block(), direct(almost), direct(almost), false)));
  }

  @Test
  void compareAndWrite_writesOnlyWhatMatches() throws Exception {
    byte[] zero = new byte[4096];
    byte[] data = bytes(8, 4096);
    assertSame(
        CompareResult.WRITTEN,
        await(() -> gate.compareAndWrite(4096, direct(zero), direct(data), true)));
    byte[] almost = (keepsData() ? data : zero).clone();
    almost[77] ^= 1;
    assertEquals(
        new CompareResult.Differs(77),
        await(() -> gate.compareAndWrite(4096, direct(almost), direct(zero), false)));
    if (keepsData()) {
      assertArrayEquals(data, read(4096, 4096));
    }
  }

  @Test
  void update_changesWhatItRead() throws Exception {
    assumeTrue(keepsData());
    byte[] data = bytes(9, 4096);
    write(0, data);
    await(
        () ->
            gate.update(
                0,
                4096,
                now -> {
                  ByteBuf changed = now.copy();
                  changed.setByte(5, ~now.getByte(now.readerIndex() + 5));
                  return Optional.of(changed);
                },
                true));
    data[5] = (byte) ~data[5];
    assertArrayEquals(data, read(0, 4096));
    await(() -> gate.update(0, 4096, _ -> Optional.empty(), false));
    assertArrayEquals(data, read(0, 4096));
  }

  @Test
  void writeSame_fillsTheRange() throws Exception {
    assumeTrue(keepsData());
    byte[] pattern = bytes(10, 4096);
    await(() -> gate.writeSame(4096, 3 << 20, direct(pattern)));
    byte[] got = read(0, SIZE);
    for (int at = 0; at < SIZE; at += 4096) {
      boolean inside = at >= 4096 && at < 4096 + (3 << 20);
      assertArrayEquals(
          inside ? pattern : new byte[4096], Arrays.copyOfRange(got, at, at + 4096), "at " + at);
    }
  }

  @Test
  void space_afterAWriteAndAnUnmap_growsAndShrinks() throws Exception {
    Space empty = await(gate::space);
    write(0, bytes(12, 1 << 20));
    await(gate::flush);
    Space used = await(gate::space);
    if (empty.allocatedBytes() == Space.UNKNOWN || !keepsData()) {
      return;
    }
    assertTrue(used.allocatedBytes() >= empty.allocatedBytes() + (1 << 20), empty + " " + used);
    if (store.limits().unmapGranularity() > 0) {
      await(() -> gate.unmap(0, 1 << 20));
      assertTrue(await(gate::space).allocatedBytes() < used.allocatedBytes());
    }
    assertTrue(used.freeBytes() == Space.UNKNOWN || used.freeBytes() > 0, used.toString());
  }

  @Test
  void resize_keepsWhatStays() throws Exception {
    byte[] data = bytes(11, 4096);
    write(0, data);
    write(SIZE - 4096, data);
    Geometry larger;
    try {
      larger = await(() -> gate.resize(2L * SIZE));
    } catch (StoreFault fault) {
      assertSame(StoreFault.Kind.UNSUPPORTED, fault.kind());
      return;
    }
    assertEquals(2L * SIZE, larger.bytes());
    assertEquals(2L * SIZE, gate.geometry().bytes());
    assertArrayEquals(new byte[4096], read(2L * SIZE - 4096, 4096));
    if (!shrinks()) {
      assertSame(StoreFault.Kind.UNSUPPORTED, fault(() -> gate.resize(SIZE / 2)).kind());
      assertEquals(2L * SIZE, gate.geometry().bytes());
      return;
    }
    await(() -> gate.resize(SIZE / 2));
    assertSame(StoreFault.Kind.OUT_OF_RANGE, fault(() -> gate.read(SIZE / 2, block())).kind());
    await(() -> gate.resize(SIZE));
    assertArrayEquals(new byte[4096], read(SIZE - 4096, 4096));
    if (keepsData()) {
      assertArrayEquals(data, read(0, 4096));
    }
  }

  @Test
  void flush_completes() throws Exception {
    write(0, bytes(12, 4096));
    await(gate::flush);
    assertEquals(1, gate.counters().flushOperations());
  }

  @Test
  void operations_afterClose_failClosed() throws Exception {
    await(gate::close);
    assertSame(StoreFault.Kind.CLOSED, fault(() -> gate.read(0, block())).kind());
    ByteBuf data = direct(bytes(13, 4096));
    assertSame(StoreFault.Kind.CLOSED, fault(() -> gate.write(0, data, false)).kind());
    assertEquals(0, data.refCnt());
    if (!(store instanceof io.vtgt.store.memory.NullStore)) {
      ByteBuf late = direct(bytes(14, 4096));
      assertSame(StoreFault.Kind.CLOSED, fault(() -> store.write(0, late, false)).kind());
      assertEquals(0, late.refCnt());
      assertSame(StoreFault.Kind.CLOSED, fault(() -> store.read(0, 4096)).kind());
      assertSame(StoreFault.Kind.CLOSED, fault(() -> store.flush()).kind());
    }
    await(() -> store.close());
  }

  @Test
  void reads_manyAtOnce_allAnswer() throws Exception {
    byte[] data = bytes(15, 1 << 20);
    write(0, data);
    List<Future<ByteBuf>> reads = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      int at = i % 256 * 4096;
      reads.add(begin(() -> gate.read(at, 4096)));
    }
    for (int i = 0; i < reads.size(); i++) {
      ByteBuf got = reads.get(i).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      int at = i % 256 * 4096;
      if (keepsData()) {
        assertArrayEquals(Arrays.copyOfRange(data, at, at + 4096), ByteBufUtil.getBytes(got));
      }
      got.release();
    }
  }

  /// Random operations, compared with an array.
  @Test
  void operations_atRandom_matchTheModel() throws Exception {
    assumeTrue(keepsData());
    long seed = Long.getLong("vtgt.seed", System.nanoTime());
    System.out.println(getClass().getSimpleName() + ": seed " + seed);
    Random random = new Random(seed);
    byte[] model = new byte[SIZE];
    for (int round = 0; round < 600; round++) {
      int length =
          (1 + random.nextInt(random.nextInt(8) == 0 ? 2 << 20 : 64 << 10)) / block() * block();
      int offset = random.nextInt(SIZE - length + 1) / block() * block();
      int end = offset + length;
      String step = "seed " + seed + " round " + round + " at " + offset + "+" + length;
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          byte[] data = bytes(random.nextInt(), length);
          System.arraycopy(data, 0, model, offset, length);
          await(() -> gate.write(offset, direct(data), random.nextInt(10) == 0));
        }
        case 2 -> {
          int granule = Math.max(1, store.limits().unmapGranularity());
          await(() -> gate.unmap(offset, length));
          int first = (offset + granule - 1) / granule * granule;
          int last = end / granule * granule;
          if (first < last && store.limits().unmapGranularity() > 0) {
            Arrays.fill(model, first, last, (byte) 0);
          }
        }
        case 3 -> {
          await(() -> gate.writeZeroes(offset, length, random.nextBoolean()));
          Arrays.fill(model, offset, end, (byte) 0);
        }
        case 4 -> {
          int pattern = Math.max(block(), 512);
          int whole = length / pattern * pattern;
          byte[] unit = bytes(random.nextInt(), pattern);
          await(() -> gate.writeSame(offset, whole, direct(unit)));
          for (int at = 0; at < whole; at += pattern) {
            System.arraycopy(unit, 0, model, offset + at, pattern);
          }
        }
        case 5 -> {
          byte[] expected = Arrays.copyOfRange(model, offset, end);
          boolean spoil = length > 0 && random.nextBoolean();
          int at = spoil ? random.nextInt(length) : 0;
          if (spoil) {
            expected[at] ^= 1;
          }
          byte[] data = bytes(random.nextInt(), length);
          CompareResult result =
              await(() -> gate.compareAndWrite(offset, direct(expected), direct(data), false));
          assertEquals(spoil ? new CompareResult.Differs(at) : CompareResult.WRITTEN, result, step);
          if (!spoil) {
            System.arraycopy(data, 0, model, offset, length);
          }
        }
        default ->
            assertArrayEquals(Arrays.copyOfRange(model, offset, end), read(offset, length), step);
      }
    }
    assertArrayEquals(model, read(0, SIZE), "seed " + seed);
    assertNotNull(gate.counters());
  }
}
