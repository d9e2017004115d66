package io.vtgt.store.sheepdog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Geometry;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the store makes of a cluster that fails, goes away, or changes under it.
class SheepdogFaultTest {
  private static final int SHIFT = 16;
  private static final int OBJECT = 1 << SHIFT;
  private static final int SIZE = 16 * OBJECT;
  private static final int PATIENCE_SECONDS = 60;
  private static final int SETTLE_MILLIS = 400;
  private static final int CREATE = 0x01, READ = 0x02, WRITE = 0x03, DISCARD = 0x05;

  /// As in use, but quick.
  private static final Timing QUICK = new Timing(20_000, 3_000, 5, 40, SETTLE_MILLIS, 500, 1500);

  private Vertx vertx;
  private SheepServer server;
  private BackingStore store;
  private final Heard heard = new Heard();

  /// What the store told.
  private static final class Heard implements StoreListener {
    final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void resized(Geometry geometry) {
      events.add("resized " + geometry.bytes());
    }

    @Override
    public void contentChanged() {
      events.add("changed");
    }

    @Override
    public void stateChanged(StoreState state) {
      events.add(state.kind().toString());
    }

    /// Waits for an event, whatever comes before it.
    void await(String wanted) throws InterruptedException {
      for (String event; ; ) {
        event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(event != null, "no " + wanted);
        if (event.equals(wanted)) {
          return;
        }
      }
    }
  }

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    server = new SheepServer(7);
    server.delay(300);
    server.create("disk", SIZE, SHIFT);
  }

  @AfterEach
  void end() throws Exception {
    if (store != null) {
      get(store.close());
    }
    server.close();
    vertx.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertEquals(List.of(), server.violations());
  }

  private void open(Object... options) throws Exception {
    open(QUICK, options);
  }

  private void open(Timing timing, Object... options) throws Exception {
    Map<String, Object> all = new HashMap<>(Map.of("addresses", server.address(), "vdi", "disk"));
    for (int i = 0; i < options.length; i += 2) {
      all.put((String) options[i], options[i + 1]);
    }
    var provider = new SheepdogStoreProvider(timing);
    assertEquals(List.of(), provider.check(all));
    store = get(provider.open(new OpenRequest(vertx, "test", all, Path.of("."), false)));
    store.listen(heard);
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static StoreFault.Kind kindOf(Future<?> future) {
    return assertThrows(StoreFault.class, () -> get(future)).kind();
  }

  private Future<Void> write(long offset, byte[] data) {
    return store.write(
        offset, PooledByteBufAllocator.DEFAULT.directBuffer(data.length).writeBytes(data), false);
  }

  private byte[] read(long offset, int length) throws Exception {
    ByteBuf data = get(store.read(offset, length));
    byte[] bytes = ByteBufUtil.getBytes(data);
    data.release();
    return bytes;
  }

  private static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited in vain");
      Thread.sleep(1);
    }
  }

  // --- opening

  @Test
  void open_ofALockedVdi_saysSo_andBreaksTheLockWhereItIsTold() throws Exception {
    server.lock("disk");
    StoreFault fault = assertThrows(StoreFault.class, this::open);
    assertTrue(fault.getMessage().contains("in use"), fault.getMessage());
    assertTrue(fault.getMessage().contains("breakLock"), fault.getMessage());
    assertTrue(server.locked("disk"), "another's lock stays");
    open("breakLock", true);
    get(write(0, bytes(1, 100)));
    get(store.close());
    assertFalse(server.locked("disk"));
  }

  @Test
  void open_ofWhatCannotBeServed_saysWhy() throws Exception {
    assertTrue(refusal("vdi", "other").contains("no VDI of that name"));
    assertTrue(refusal("snapshot", "none").contains("no such snapshot"));
    int vid = server.vid("disk");
    server.poke(vid, 553, 1);
    assertTrue(refusal().contains("hyper volume"));
    assertFalse(server.locked("disk"), "the lock was given back");
    server.poke(vid, 553, 0);
    server.poke(vid, 555, 31);
    assertTrue(refusal().contains("2^31"));
    server.poke(vid, 555, SHIFT);
    server.stop();
    String none = refusal("addresses", server.address() + ",127.0.0.1:1");
    assertTrue(none.contains("no sheep answers"), none);
    assertTrue(none.contains("127.0.0.1:1:"), none);
    server.start();
  }

  private String refusal(Object... options) {
    return assertThrows(StoreFault.class, () -> open(options)).getMessage();
  }

  @Test
  void open_whenTheFirstAddressIsDead_takesTheNext() throws Exception {
    open("addresses", List.of("127.0.0.1:1", server.address()));
    get(write(0, bytes(1, 100)));
  }

  @Test
  void open_whenTheClusterIsNotReady_waits() throws Exception {
    server.fail(3, 0x95, asked -> asked.opcode() == 0x12);
    open();
    assertEquals(4, server.requests(0x12));
  }

  @Test
  void open_ofASnapshot_readsItAndWritesNothing() throws Exception {
    open();
    byte[] before = bytes(1, 2 * OBJECT);
    get(write(OBJECT / 2, before));
    get(store.close());
    server.snapshot("disk", "monday");
    open();
    get(write(OBJECT / 2, bytes(2, 2 * OBJECT)));
    get(store.close());
    open("snapshot", "monday");
    assertFalse(store.writable());
    assertArrayEquals(before, read(OBJECT / 2, before.length));
    assertSame(StoreFault.Kind.READ_ONLY, kindOf(write(0, new byte[1])));
    assertSame(StoreFault.Kind.READ_ONLY, kindOf(store.unmap(0, OBJECT)));
  }

  // --- results

  @Test
  void results_becomeFaults() throws Exception {
    open();
    byte[] old = bytes(1, OBJECT);
    get(write(0, old));
    fail(WRITE, 0x15);
    assertSame(StoreFault.Kind.OUT_OF_SPACE, kindOf(write(0, bytes(2, 10))));
    fail(WRITE, 0x03);
    assertSame(StoreFault.Kind.WRITE_ERROR, kindOf(write(0, bytes(2, 10))));
    fail(READ, 0x03);
    assertSame(StoreFault.Kind.READ_ERROR, kindOf(store.read(0, 10)));
    fail(CREATE, 0x15);
    assertSame(StoreFault.Kind.OUT_OF_SPACE, kindOf(write(OBJECT, bytes(2, 10))));
    assertArrayEquals(old, read(0, OBJECT));
    assertArrayEquals(new byte[OBJECT], read(OBJECT, OBJECT));
    get(write(OBJECT, old));
    assertArrayEquals(old, read(OBJECT, OBJECT));
  }

  private void fail(int opcode, int code) {
    server.fail(1, code, asked -> asked.opcode() == opcode && !asked.inode());
  }

  @Test
  void results_thatSayLater_areTriedAgain() throws Exception {
    open();
    get(write(0, bytes(1, 10)));
    for (int code : new int[] {0x0F, 0x12, 0x16, 0x17, 0x19, 0x81, 0x82, 0x86, 0x8C, 0x8F, 0x95}) {
      server.fail(1, code, asked -> !asked.inode() && asked.oid() != 0);
      get(write(5, bytes(code, 10)));
      server.fail(1, code, asked -> !asked.inode() && asked.oid() != 0);
      assertArrayEquals(bytes(code, 10), read(5, 10));
      server.fail(2, code, asked -> asked.opcode() == WRITE && asked.inode());
      get(write((long) OBJECT * (code % 15 + 1), bytes(code, 10)));
      server.failNoMore();
    }
  }

  @Test
  void result_laterForever_isGivenUpAndToldOf() throws Exception {
    open("giveUpSeconds", 2);
    get(write(0, bytes(1, 10)));
    server.fail(Integer.MAX_VALUE, 0x19, asked -> !asked.inode() && asked.oid() != 0);
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(write(0, bytes(2, 10))));
    heard.await("UNREACHABLE");
    server.failNoMore();
    get(write(0, bytes(3, 10)));
    heard.await("USABLE");
  }

  @Test
  void result_shuttingDown_leadsToAnotherNode() throws Exception {
    try (var other = new SheepServer(8)) {
      other.create("disk", SIZE, SHIFT);
      open("addresses", server.address() + "," + other.address());
      get(write(0, bytes(1, 10)));
      fail(WRITE, 0x11);
      get(write(0, bytes(2, 10))); // the other one is another cluster, and has nothing there
      assertTrue(other.requests() > 0);
      assertArrayEquals(bytes(2, 10), Arrays.copyOf(other.content("disk", ""), 10));
    }
  }

  // --- creating

  @Test
  void writes_manyToNewObjects_createEachOnce() throws Exception {
    open();
    byte[] model = bytes(3, SIZE);
    List<Future<Void>> writes = new ArrayList<>();
    for (int at = 0; at < SIZE; at += 4096) {
      writes.add(write(at, Arrays.copyOfRange(model, at, at + 4096)));
    }
    for (Future<Void> written : writes) {
      get(written);
    }
    assertEquals(16, server.requests(CREATE));
    assertArrayEquals(model, server.content("disk", ""));
    assertTrue(
        store.counters().get("sheepdog.mapWrites") <= 16, "entries beside each other go together");
  }

  @Test
  void create_whoseAnswerIsLost_isNotRepeatedBlindly() throws Exception {
    open();
    server.strays(SETTLE_MILLIS / 2);
    byte[] model = new byte[SIZE];
    for (int i = 0; i < 8; i++) {
      byte[] data = bytes(i, 1000);
      server.dropAfter(i % 3 + 1);
      get(write((long) i * OBJECT + 77, data));
      System.arraycopy(data, 0, model, i * OBJECT + 77, data.length);
    }
    assertArrayEquals(model, read(0, SIZE));
    assertArrayEquals(model, server.content("disk", ""));
  }

  @Test
  void create_givenUpInDoubt_isSettledByTheNext() throws Exception {
    open("giveUpSeconds", 1);
    server.delay(20_000);
    Future<Void> lost = write(100, bytes(1, 100));
    await(() -> server.requests(CREATE) == 1);
    server.stop();
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(lost));
    server.delay(300);
    server.start();
    heard.await("USABLE");
    byte[] start = read(0, OBJECT);
    assertTrue(
        Arrays.equals(start, new byte[OBJECT]) || start[100] == bytes(1, 100)[0], "old or new");
    get(write(150, bytes(2, 100)));
    assertArrayEquals(bytes(2, 100), read(150, 100));
    assertArrayEquals(read(0, SIZE), server.content("disk", ""));
  }

  @Test
  void entry_thatCannotBeWritten_failsTheWriteAndNothingAfterIt() throws Exception {
    open();
    server.fail(1, 0x03, asked -> asked.opcode() == WRITE && asked.inode());
    assertSame(StoreFault.Kind.WRITE_ERROR, kindOf(write(0, bytes(1, 100))));
    get(write(50, bytes(2, 100)));
    assertArrayEquals(bytes(2, 100), read(50, 100));
    assertArrayEquals(read(0, SIZE), server.content("disk", ""));
  }

  // --- snapshots by others

  @Test
  void snapshot_byAnother_isFollowed() throws Exception {
    open();
    byte[] first = bytes(1, 4 * OBJECT);
    get(write(0, first));
    int before = server.vid("disk");
    server.snapshot("disk", "one");
    byte[] model = server.content("disk", "");
    for (int i = 0; i < 6; i++) {
      byte[] data = bytes(10 + i, 3000);
      get(write((long) i * OBJECT + OBJECT - 1000, data));
      System.arraycopy(data, 0, model, i * OBJECT + OBJECT - 1000, data.length);
    }
    assertArrayEquals(model, read(0, SIZE));
    assertArrayEquals(model, server.content("disk", ""));
    assertArrayEquals(first, Arrays.copyOf(server.content("disk", "one"), first.length));
    assertTrue(server.locked("disk"), "the new state is locked");
    assertTrue(server.vid("disk") != before);
    assertEquals(1, store.counters().get("sheepdog.reloads"));
    assertTrue(heard.events.isEmpty(), "nothing an initiator would have to know of");
  }

  @Test
  void discard_afterASnapshot_leavesTheSnapshotsObject() throws Exception {
    open();
    byte[] data = bytes(1, 2 * OBJECT);
    get(write(0, data));
    server.snapshot("disk", "one");
    get(store.unmap(0, OBJECT));
    assertArrayEquals(new byte[OBJECT], read(0, OBJECT));
    assertArrayEquals(data, Arrays.copyOf(server.content("disk", "one"), data.length));
    assertArrayEquals(new byte[OBJECT], Arrays.copyOf(server.content("disk", ""), OBJECT));
  }

  @Test
  void rollback_byAnother_tellsThatTheContentChanged() throws Exception {
    open();
    byte[] first = bytes(1, OBJECT);
    get(write(0, first));
    server.snapshot("disk", "one");
    get(write(0, bytes(2, OBJECT)));
    server.rollback("disk", "one");
    get(write(OBJECT, bytes(3, 10))); // its entry goes to nobody, and the look-up tells
    heard.await("changed");
    assertArrayEquals(first, read(0, OBJECT));
    assertArrayEquals(read(0, SIZE), server.content("disk", ""));
  }

  @Test
  void vdi_deleted_isGone_andAnotherOfItsNameIsNotTaken() throws Exception {
    open();
    get(write(0, bytes(1, OBJECT)));
    server.delete("disk");
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(write(0, bytes(2, 10))));
    heard.await("GONE");
    server.create("disk", SIZE, SHIFT);
    server.drop();
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(write(0, bytes(2, 10))));
  }

  @Test
  void lock_takenByAnotherAfterASnapshot_stopsWriting() throws Exception {
    open();
    get(write(0, bytes(1, OBJECT)));
    server.snapshot("disk", "one");
    server.lock("disk");
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(write(0, bytes(2, 10))));
    heard.await("LOCKED_BY_ANOTHER");
    server.unlock("disk");
    heard.await("USABLE");
    get(write(0, bytes(2, 10)));
  }

  @Test
  void size_changedElsewhere_isToldAfterTheNextLookUp() throws Exception {
    open();
    server.resize("disk", 2L * SIZE);
    server.drop();
    get(write(0, bytes(1, 10)));
    heard.await("resized " + 2 * SIZE);
    assertEquals(2L * SIZE, store.geometry().bytes());
    get(write(2L * SIZE - 10, bytes(1, 10)));
  }

  // --- losing the cluster

  @Test
  void cluster_awayAndBack_isTold_andWhatWaitedIsDone() throws Exception {
    open();
    get(write(0, bytes(1, OBJECT)));
    server.stop();
    heard.await("UNREACHABLE");
    Future<Void> waiting = write(10, bytes(2, 100));
    Future<ByteBuf> reading = store.read(5000, 100);
    server.start();
    get(waiting);
    get(reading).release();
    heard.await("USABLE");
    assertArrayEquals(bytes(2, 100), read(10, 100));
    assertTrue(store.counters().get("sheepdog.reconnects") > 0);
  }

  @Test
  void cluster_awayForTooLong_givesUp() throws Exception {
    open("giveUpSeconds", 1);
    get(write(0, bytes(1, OBJECT)));
    server.stop();
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(write(10, bytes(2, 100))));
    assertSame(StoreFault.Kind.UNAVAILABLE, kindOf(store.read(0, 100)));
    server.start();
    get(write(10, bytes(3, 100)));
  }

  @Test
  void sheep_thatFallsSilent_isTakenForLost() throws Exception {
    open();
    get(write(0, bytes(1, OBJECT)));
    server.silent(true);
    Future<ByteBuf> reading = store.read(0, OBJECT);
    await(() -> server.requests(0x86) > 0); // it was asked for a sign of life
    await(() -> server.accepted() > 1);
    server.silent(false);
    server.dropAfter(1); // else what it was asked while it was silent would stay without an answer
    ByteBuf data = get(reading);
    assertArrayEquals(bytes(1, OBJECT), ByteBufUtil.getBytes(data));
    data.release();
  }

  /// A request whose connection is gone may be carried out late: what was written after it must
  /// stand.
  @Test
  void write_repeatedAfterALoss_isNotOvertakenByItsOwnGhost() throws Exception {
    open();
    get(write(0, new byte[OBJECT]));
    server.strays(SETTLE_MILLIS / 2);
    for (int round = 0; round < 10; round++) {
      server.dropAfter(1);
      get(write(100, bytes(round, 500)));
      byte[] later = bytes(100 + round, 500);
      get(write(300, later));
      await(() -> !server.busy());
      assertArrayEquals(later, read(300, 500), "round " + round);
    }
  }

  // --- everything at once

  @Test
  void operations_atRandom_withFaults_matchTheModel() throws Exception {
    for (int run = 0; run < 3; run++) {
      long seed = Long.getLong("vtgt.seed", System.nanoTime());
      System.out.println("SheepdogFaultTest: seed " + seed);
      new Load(seed).go();
    }
  }

  /// Several ranges, each changed and read by one operation at a time, beside each other.
  private final class Load {
    private static final int RANGES = 24;
    private static final int OPERATIONS = 500;

    private final Random random;
    private final String name;
    private final byte[] model = new byte[SIZE];

    Load(long seed) {
      random = new Random(seed);
      name = "seed " + seed;
    }

    void go() throws Exception {
      server.close();
      server = new SheepServer(random.nextLong());
      server.delay(400);
      server.strays(SETTLE_MILLIS / 2);
      server.create("disk", SIZE, SHIFT);
      open("connections", 1 + random.nextInt(2));
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < RANGES; i++) {
        running.add(Future.succeededFuture());
      }
      int length = SIZE / RANGES;
      int snapshots = 0;
      for (int i = 0; i < OPERATIONS; i++) {
        int range = random.nextInt(RANGES);
        get(running.get(range));
        running.set(range, begin(range * length, length));
        switch (random.nextInt(60)) {
          case 0 -> server.drop();
          case 1 -> server.dropAfter(1 + random.nextInt(10));
          case 2 -> {
            server.stop();
            server.start();
          }
          case 3 -> server.snapshot("disk", "s" + snapshots++);
          case 4, 5 -> {
            int code = new int[] {0x0F, 0x12, 0x17, 0x19, 0x86, 0x8C, 0x8F}[random.nextInt(7)];
            int opcode = new int[] {CREATE, READ, WRITE, DISCARD}[random.nextInt(4)];
            server.fail(1 + random.nextInt(3), code, asked -> asked.opcode() == opcode);
          }
          default -> {}
        }
      }
      for (Future<?> operation : running) {
        get(operation);
      }
      assertArrayEquals(model, read(0, SIZE), name);
      await(() -> !server.busy());
      assertArrayEquals(model, server.content("disk", ""), name);
      get(store.close());
      assertEquals(List.of(), server.violations(), name);
    }

    private Future<?> begin(int start, int length) {
      int from = start + random.nextInt(length);
      int size = 1 + random.nextInt(start + length - from);
      return switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          byte[] data = bytes(random.nextLong(), size);
          System.arraycopy(data, 0, model, from, size);
          yield write(from, data);
        }
        case 3 -> {
          Arrays.fill(model, from, from + size, (byte) 0);
          yield store.writeZeroes(from, size, random.nextBoolean());
        }
        default -> {
          byte[] expected = Arrays.copyOfRange(model, from, from + size);
          yield store
              .read(from, size)
              .map(
                  data -> {
                    byte[] got = ByteBufUtil.getBytes(data);
                    data.release();
                    assertArrayEquals(expected, got, name + " at " + from);
                    return null;
                  });
        }
      };
    }
  }
}
