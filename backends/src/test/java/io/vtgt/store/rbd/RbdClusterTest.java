package io.vtgt.store.rbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Geometry;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What happens between a store, its cluster and the cluster's other clients; over a real cluster.
class RbdClusterTest {
  private static final int PATIENCE_SECONDS = 60;
  private static final long BYTES = 16 << 20;

  @TempDir Path folder;
  private CephLab lab;
  private Vertx vertx;
  private String image;
  private final List<BackingStore> opened = new ArrayList<>();

  @BeforeEach
  void createImage() throws Exception {
    lab = CephLab.get();
    vertx = Vertx.vertx();
    image = "cluster-" + UUID.randomUUID();
    lab.rbd("create", "--size", "16M", "--object-size", "1M", image);
  }

  @AfterEach
  void removeImage() throws Exception {
    for (BackingStore store : opened) {
      store.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    if (vertx != null) {
      vertx.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  // --- opening

  @Test
  void open_ofWhatIsNotThere_tellsWhatIsMissing() throws Exception {
    assertMessage(Map.of("pool", "nowhere"), "there is no pool 'nowhere'");
    assertMessage(Map.of("image", "nothing"), "there is no image rbd/nothing");
    assertMessage(Map.of("namespace", "blank"), "there is no namespace 'blank' in pool 'rbd'");
    assertMessage(Map.of("snapshot", "never"), "snapshot 'never': there is none");
    assertMessage(Map.of("conf", "/nowhere/ceph.conf"), "/nowhere/ceph.conf does not exist");
    assertMessage(Map.of("client", "stranger"), "client.stranger");
    assertMessage(
        Map.of("key", "AQAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAA=="), "do not accept its key");
    assertMessage(
        Map.of("config", Map.of("mon_host", "127.0.0.1:1", "client_mount_timeout", "2")),
        "no monitor answered in time");
    assertMessage(Map.of("lock", "shared"), "rbd feature disable rbd/" + image);
  }

  private void assertMessage(Map<String, Object> options, String part) {
    StoreFault fault = assertThrows(StoreFault.class, () -> open(options));
    assertTrue(fault.getMessage().contains(part), fault.getMessage());
  }

  @Test
  void open_byAClientThatMayOnlyRead_readsOnly() throws Exception {
    assertSame(
        StoreFault.Kind.READ_ONLY,
        assertThrows(StoreFault.class, () -> open(Map.of("client", "readonly"))).kind());
    BackingStore store = open(Map.of("client", "readonly"), true);
    assertArrayEquals(new byte[4096], read(store, 0, 4096));
    assertSame(StoreFault.Kind.READ_ONLY, fault(store.write(0, data(1, 512), false)).kind());
    assertFalse(store.writable());
    assertTrue(store.limits().sharedWriters());
  }

  @Test
  void open_ofASnapshot_readsWhatWasThere() throws Exception {
    BackingStore store = open(Map.of());
    byte[] before = write(store, 0, 1, 8192);
    Snapshots snapshots = store.snapshots().orElseThrow();
    await(snapshots.create("then"));
    write(store, 0, 2, 8192);
    BackingStore then = open(Map.of("snapshot", "then"));
    assertArrayEquals(before, read(then, 0, 8192));
    assertFalse(then.limits().sharedWriters());
    assertEquals(0, then.limits().unmapGranularity());
  }

  @Test
  void open_ofALuksImage_readsWhatWasWritten() throws Exception {
    Path passphrase = folder.resolve("passphrase");
    Files.writeString(passphrase, "a secret of sixteen\n");
    Path bare = folder.resolve("bare");
    Files.writeString(bare, "a secret of sixteen");
    lab.rbd("resize", "--size", "64M", "--no-progress", image);
    lab.rbd("encryption", "format", image, "luks2", bare.toString());
    BackingStore store = open(Map.of("passphraseFile", passphrase.toString()));
    assertTrue(store.geometry().bytes() < 64 << 20);
    byte[] written = write(store, 4096, 3, 12345 / 512 * 512);
    assertArrayEquals(written, read(store, 4096, written.length));
    await(store.close());
    assertArrayEquals(
        written, read(open(Map.of("passphraseFile", passphrase.toString())), 4096, written.length));
    Files.writeString(passphrase, "another");
    assertMessage(Map.of("passphraseFile", passphrase.toString()), "LUKS");
  }

  @Test
  void connection_isSharedByEqualOptionsOnly() throws Exception {
    lab.rbd("create", "--size", "16M", image + "-2");
    String first = address(open(Map.of()));
    String second = address(open(Map.of("image", image + "-2")));
    assertEquals(first, second);
    lab.rbd("create", "--size", "16M", image + "-3");
    String own = address(open(Map.of("image", image + "-3", "ownConnection", true)));
    assertFalse(first.equals(own));
  }

  // --- what others do

  @Test
  void resize_byAnotherClient_isTold() throws Exception {
    BackingStore store = open(Map.of());
    Heard heard = new Heard(store);
    lab.rbd("resize", "--size", "32M", "--no-progress", image);
    assertEquals("resized 33554432", heard.next());
    assertEquals(32 << 20, store.geometry().bytes());
    write(store, 31 << 20, 4, 4096);
    lab.rbd("resize", "--size", "8M", "--allow-shrink", "--no-progress", image);
    assertEquals("resized 8388608", heard.next());
    assertSame(
        StoreFault.Kind.OUT_OF_RANGE, fault(store.write(8 << 20, data(5, 512), false)).kind());
  }

  @Test
  void resize_byUs_isNotTold() throws Exception {
    BackingStore store = open(Map.of());
    Heard heard = new Heard(store);
    assertEquals(32 << 20, await(store.resize(32 << 20)).bytes());
    lab.rbd("resize", "--size", "64M", "--no-progress", image);
    assertEquals("resized 67108864", heard.next());
  }

  @Test
  void rollback_putsTheOldContentBack() throws Exception {
    BackingStore store = open(Map.of());
    Heard heard = new Heard(store);
    byte[] before = write(store, 4096, 1, 4096);
    Snapshots snapshots = store.snapshots().orElseThrow();
    await(snapshots.create("a"));
    await(snapshots.create("b"));
    write(store, 4096, 2, 4096);
    await(snapshots.rollback("a"));
    assertEquals("content", heard.next());
    assertArrayEquals(before, read(store, 4096, 4096));
    await(snapshots.protect("b", true));
    await(snapshots.protect("b", true));
    List<Snapshots.Snapshot> list = await(snapshots.list());
    assertEquals(List.of("a", "b"), list.stream().map(Snapshots.Snapshot::name).toList());
    assertEquals(List.of(false, true), list.stream().map(Snapshots.Snapshot::isProtected).toList());
    assertTrue(list.getFirst().created().getEpochSecond() > 1_600_000_000L);
    assertEquals(BYTES, list.getFirst().bytes());
    assertMessage(fault(snapshots.remove("b")), "protected");
    assertMessage(fault(snapshots.create("a")), "there is one already");
    assertMessage(fault(snapshots.rollback("c")), "there is none");
    await(snapshots.protect("b", false));
    await(snapshots.remove("b"));
    assertEquals(1, await(snapshots.list()).size());
  }

  /// librbd 16.2 waits for the cluster in one of the two threads that its answers come on.
  @Test
  void unprotect_ofSeveralImagesAtOnce_doesNotStopTheConnection() throws Exception {
    List<Snapshots> images = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      lab.rbd("create", "--size", "8M", image + "-" + i);
      images.add(open(Map.of("image", image + "-" + i)).snapshots().orElseThrow());
      await(images.get(i).create("a"));
    }
    for (int round = 0; round < 10; round++) {
      for (boolean isProtected : new boolean[] {true, false}) {
        await(Future.all(images.stream().map(it -> it.protect("a", isProtected)).toList()));
      }
    }
  }

  private static void assertMessage(StoreFault fault, String part) {
    assertSame(StoreFault.Kind.UNSUPPORTED, fault.kind());
    assertTrue(fault.getMessage().contains(part), fault.getMessage());
  }

  // --- the lock, and being shut out

  @Test
  void secondStore_asks_andGetsTheLockWhenItIsFree() throws Exception {
    BackingStore first = open(Map.of());
    BackingStore second = open(Map.of("ownConnection", true));
    Heard heard = new Heard(second);
    assertEquals("LOCKED_BY_ANOTHER", heard.next());
    StoreFault refused = fault(second.write(0, data(1, 512), false));
    assertSame(StoreFault.Kind.UNAVAILABLE, refused.kind());
    assertTrue(refused.getMessage().contains("locked by"), refused.getMessage());
    byte[] written = write(first, 0, 6, 4096);
    assertArrayEquals(written, read(second, 0, 4096));
    await(first.close());
    assertEquals("content", heard.next());
    assertEquals("USABLE", heard.next());
    write(second, 0, 7, 4096);
  }

  @Test
  void takeOver_shutsTheOwnerOut_whichComesBackWithoutTheLock() throws Exception {
    BackingStore first = open(Map.of("ownConnection", true));
    Heard firstHeard = new Heard(first);
    write(first, 0, 1, 4096);
    BackingStore second = open(Map.of());
    Heard secondHeard = new Heard(second);
    assertEquals("LOCKED_BY_ANOTHER", secondHeard.next());
    await(second.takeOver().orElseThrow().takeOver());
    byte[] written = write(second, 0, 2, 4096);
    assertEquals("content", secondHeard.next());
    assertEquals("USABLE", secondHeard.next());
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(first.write(0, data(3, 4096), false)).kind());
    assertEquals("FENCED", firstHeard.next());
    assertEquals("content", firstHeard.next());
    assertEquals("LOCKED_BY_ANOTHER", firstHeard.next());
    assertArrayEquals(written, read(first, 0, 4096));
    await(first.takeOver().orElseThrow().takeOver());
    assertEquals("content", firstHeard.next());
    assertEquals("USABLE", firstHeard.next());
    byte[] more = write(first, 0, 4, 4096);
    assertArrayEquals(more, read(first, 0, 4096));
  }

  @Test
  void open_withTakeOverAlways_takesTheLock() throws Exception {
    BackingStore first = open(Map.of("ownConnection", true));
    Heard heard = new Heard(first);
    BackingStore second = open(Map.of("takeOver", "always"));
    write(second, 0, 1, 512);
    assertEquals("FENCED", heard.next());
  }

  @Test
  void blocklistedClient_isReplaced_andTheLockThatItLeftIsBroken() throws Exception {
    BackingStore store = open(Map.of("ownConnection", true));
    Heard heard = new Heard(store);
    byte[] written = write(store, 0, 1, 4096);
    lab.ceph("osd", "blocklist", "add", address(store));
    assertEquals("FENCED", heard.next());
    assertEquals("content", heard.next());
    assertEquals("USABLE", heard.next());
    assertArrayEquals(written, read(store, 0, 4096));
    write(store, 0, 2, 4096);
    assertEquals(1, store.counters().get("rbd.reconnects"));
    assertEquals(1, store.counters().get("rbd.takeOvers"));
  }

  @Test
  void removedImage_isGone_andAnotherOfItsNameIsNotServed() throws Exception {
    BackingStore store = open(Map.of());
    Heard heard = new Heard(store);
    String id = lab.rbd("info", image).replaceAll("(?s).*\\bid: (\\w+).*", "$1");
    lab.lab("rados", "-p", "rbd", "rm", "rbd_header." + id);
    assertEquals("GONE", heard.next());
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(store.read(0, 512)).kind());
    lab.lab("rados", "-p", "rbd", "rm", "rbd_id." + image);
    lab.lab("rados", "-p", "rbd", "rm", "rbd_object_map." + id);
    lab.lab("rados", "-p", "rbd", "rmomapkey", "rbd_directory", "id_" + id);
    lab.lab("rados", "-p", "rbd", "rmomapkey", "rbd_directory", "name_" + image);
    lab.rbd("create", "--size", "16M", image);
    while (!heard.reason.contains("another image")) {
      assertEquals("GONE", heard.next());
    }
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(store.read(0, 512)).kind());
  }

  @Test
  void osd_thatIsDown_holdsWritesAndIsTold_untilItIsBack() throws Exception {
    BackingStore store = open(Map.of());
    Heard heard = new Heard(store);
    write(store, 0, 1, 4096);
    lab.lab("osd-stop", "0");
    Future<Void> write;
    try {
      write = store.write(0, data(2, 4096), false);
      assertEquals("UNREACHABLE", heard.next());
      assertFalse(write.isComplete());
    } finally {
      lab.lab("osd-start", "0");
    }
    await(write);
    assertEquals("USABLE", heard.next());
    assertArrayEquals(bytes(2, 4096), read(store, 0, 4096));
  }

  @Test
  void fullPool_refusesWhatNeedsRoom_andTakesItAgainWhenThereIsSome() throws Exception {
    lab.rbd("resize", "--size", "16G", "--no-progress", image);
    BackingStore store = open(Map.of());
    write(store, 0, 1, 1 << 20);
    long unused = 1 << 20;
    setFullRatios("0.0001", "0.0002", "0.0003");
    try {
      StoreFault fault = null;
      for (; fault == null; unused += 1 << 20) { // until the OSD has heard of it
        fault = faultOrNull(store.write(unused, data(1, 512), false));
      }
      assertSame(StoreFault.Kind.OUT_OF_SPACE, fault.kind(), fault.getMessage());
      byte[] written = write(store, 0, 2, 1 << 20); // what has room already
      assertArrayEquals(written, read(store, 0, 1 << 20));
      await(store.flush());
      await(store.unmap(0, 1 << 20));
    } finally {
      setFullRatios("0.85", "0.90", "0.95");
    }
    while (faultOrNull(store.write(unused, data(7, 512), false)) != null) {
      await(store.flush());
    }
  }

  private void setFullRatios(String near, String backfill, String full) throws Exception {
    // Each may at no time be larger than the next.
    if (full.compareTo("0.5") > 0) {
      lab.ceph("osd", "set-full-ratio", full);
      lab.ceph("osd", "set-backfillfull-ratio", backfill);
      lab.ceph("osd", "set-nearfull-ratio", near);
    } else {
      lab.ceph("osd", "set-nearfull-ratio", near);
      lab.ceph("osd", "set-backfillfull-ratio", backfill);
      lab.ceph("osd", "set-full-ratio", full);
    }
  }

  private static StoreFault faultOrNull(Future<Void> future) throws Exception {
    try {
      await(future);
      return null;
    } catch (StoreFault e) {
      return e;
    }
  }

  // --- several writers

  @Test
  void compareAndWrite_ofTwoClients_hasOneWinner() throws Exception {
    lab.rbd("feature", "disable", image, "object-map", "fast-diff", "exclusive-lock");
    BackingStore first = open(Map.of("lock", "shared"));
    BackingStore second = open(Map.of("lock", "shared", "ownConnection", true));
    assertTrue(first.limits().sharedWriters());
    assertTrue(first.limits().maxNativeCompareAndWrite() >= 512);
    byte[] now = new byte[512];
    for (int round = 0; round < 100; round++) {
      byte[] one = bytes(2 * round + 1, 512);
      byte[] other = bytes(2 * round + 2, 512);
      Future<CompareResult> a = first.compareAndWrite(1024, wrap(now), wrap(one));
      Future<CompareResult> b = second.compareAndWrite(1024, wrap(now), wrap(other));
      boolean aWon = await(a) instanceof CompareResult.Written;
      boolean bWon = await(b) instanceof CompareResult.Written;
      assertTrue(aWon ^ bWon, "round " + round);
      now = aWon ? one : other;
      assertArrayEquals(now, read(first, 1024, 512));
    }
    byte[] almost = now.clone();
    almost[300] ^= 1;
    assertEquals(
        300,
        assertInstanceOf(
                CompareResult.Differs.class,
                await(first.compareAndWrite(1024, wrap(almost), wrap(now))))
            .offset());
  }

  // --- helpers

  private BackingStore open(Map<String, Object> more) throws Exception {
    return open(more, false);
  }

  private BackingStore open(Map<String, Object> more, boolean readOnly) throws Exception {
    Map<String, Object> options = new HashMap<>();
    options.put("conf", lab.conf().toString());
    options.put("client", "gateway");
    options.put("image", image);
    options.putAll(more);
    assertEquals(List.of(), new RbdStoreProvider().check(options));
    String name = image + "-" + opened.size();
    BackingStore store =
        await(
            new RbdStoreProvider()
                .open(new OpenRequest(vertx, name, options, folder.resolve(name), readOnly)));
    opened.add(store);
    return store;
  }

  private static String address(BackingStore store) {
    return ((RbdStore) store).clientAddress();
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static StoreFault fault(Future<?> future) throws Exception {
    return assertThrows(StoreFault.class, () -> await(future));
  }

  private static byte[] bytes(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static ByteBuf data(int seed, int length) {
    return wrap(bytes(seed, length));
  }

  private static ByteBuf wrap(byte[] bytes) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
  }

  private static byte[] write(BackingStore store, long offset, int seed, int length)
      throws Exception {
    await(store.write(offset, data(seed, length), false));
    return bytes(seed, length);
  }

  private static byte[] read(BackingStore store, long offset, int length) throws Exception {
    ByteBuf got = await(store.read(offset, length));
    byte[] bytes = ByteBufUtil.getBytes(got);
    got.release();
    return bytes;
  }

  /// What a store told, in order.
  private static final class Heard implements StoreListener {
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();

    private volatile String reason = "";

    Heard(BackingStore store) {
      store.listen(this);
    }

    String next() throws InterruptedException {
      String next = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertNotNull(next, "nothing was told");
      return next;
    }

    @Override
    public void resized(Geometry geometry) {
      told.add("resized " + geometry.bytes());
    }

    @Override
    public void contentChanged() {
      told.add("content");
    }

    @Override
    public void stateChanged(StoreState state) {
      reason = state.reason();
      told.add(state.kind().toString());
    }
  }
}
