package io.vtgt.store.rbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Pointer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.CompareResult;
import io.vtgt.store.Extent;
import io.vtgt.store.Geometry;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreState;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a store makes of librbd's answers, with an image of ours in librbd's place.
class RbdStoreFaultTest {
  private static final String OURS = "127.0.0.1:0/1", OTHER = "127.0.0.1:0/2";
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final FakeImage.Shared shared = new FakeImage.Shared();
  private final FakeImage image = new FakeImage(shared, OURS);

  /// What opening finds, one after the other; the last one again and again.
  private final Deque<Attachment.Opener> openings = new ArrayDeque<>();

  private final List<String> told = new ArrayList<>();
  private long nowNanos;

  @BeforeEach
  void imageIsThere() {
    openings.add(() -> image);
  }

  @AfterEach
  void closeVertx() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # errno | of a write    | of a read
          28      | OUT_OF_SPACE  | OUT_OF_SPACE
          122     | OUT_OF_SPACE  | OUT_OF_SPACE
          1       | READ_ONLY     | READ_ONLY
          30      | UNAVAILABLE   | READ_ONLY
          108     | UNAVAILABLE   | UNAVAILABLE
          110     | UNAVAILABLE   | UNAVAILABLE
          22      | OUT_OF_RANGE  | OUT_OF_RANGE
          95      | UNSUPPORTED   | UNSUPPORTED
          5       | WRITE_ERROR   | READ_ERROR
          9999    | WRITE_ERROR   | READ_ERROR
          """)
  void answer_negative_isAFaultOfItsKind(
      long errno, StoreFault.Kind ofWrite, StoreFault.Kind ofRead) throws Exception {
    RbdStore store = open(Map.of());
    image.answer = -errno;
    ByteBuf data = data(512);
    assertSame(ofWrite, fault(store.write(0, data, false)).kind());
    assertEquals(0, data.refCnt());
    openings.clear(); // where the client was shut out: it does not come back
    openings.add(
        () -> {
          throw new StoreFault(StoreFault.Kind.UNAVAILABLE, "still out");
        });
    if (errno != 108) {
      image.answer = -errno;
      assertSame(ofRead, fault(store.read(0, 512)).kind());
    }
  }

  @Test
  void read_shorterThanAsked_isRefused() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = 100L;
    assertSame(StoreFault.Kind.OUT_OF_RANGE, fault(store.read(0, 512)).kind());
  }

  @Test
  void write_acrossTheEnd_neverReachesLibrbd() throws Exception {
    RbdStore store = open(Map.of());
    image.calls.clear();
    ByteBuf data = data(1024);
    assertSame(
        StoreFault.Kind.OUT_OF_RANGE, fault(store.write(image.bytes - 512, data, false)).kind());
    assertEquals(0, data.refCnt());
    assertEquals(List.of(), image.calls);
  }

  @Test
  void write_isHeldUntilTheAnswer_whoeverLetsGo() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    ByteBuf data = data(512);
    Future<Void> write = store.write(0, data, false);
    assertEquals(1, data.refCnt());
    assertEquals(1, store.counters().get("rbd.inFlight"));
    image.answerAll(0);
    await(write);
    assertEquals(0, data.refCnt());
    assertEquals(0, store.counters().get("rbd.inFlight"));
  }

  @Test
  void write_ofAComposite_isAVectorOfItsPieces() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    ByteBuf first = data(700);
    ByteBuf second = data(400).skipBytes(76);
    CompositeByteBuf both = Unpooled.compositeBuffer().addComponents(true, first, second);
    Future<Void> write = store.write(512, both, false);
    FakeImage.Call call = image.last();
    assertEquals("writev", call.what());
    assertEquals(2, call.length());
    Pointer vector = new Pointer(call.address());
    assertEquals(first.memoryAddress(), vector.getLong(0));
    assertEquals(700, vector.getLong(8));
    assertEquals(second.memoryAddress() + 76, vector.getLong(16));
    assertEquals(324, vector.getLong(24));
    image.answerAll(0);
    await(write);
    assertEquals(0, first.refCnt());
    assertEquals(0, second.refCnt());
  }

  @Test
  void write_fromTheHeap_isCopied() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    ByteBuf heap = Unpooled.buffer().writeBytes(new byte[] {1, 2, 3, 4});
    ByteBuf mixed = Unpooled.compositeBuffer().addComponents(true, heap, data(508));
    Future<Void> write = store.write(0, mixed, false);
    assertEquals("write", image.last().what());
    assertEquals(0x04030201, new Pointer(image.last().address()).getInt(0));
    image.answerAll(0);
    await(write);
    assertEquals(0, mixed.refCnt());
  }

  @Test
  void compareAndWrite_thatDiffers_tellsWhere() throws Exception {
    RbdStore store = open(Map.of());
    assertEquals(512, store.limits().maxNativeCompareAndWrite());
    image.answer = null;
    Future<CompareResult> result = store.compareAndWrite(5 << 20, data(512), data(512));
    new Pointer(image.last().address()).setLong(0, (4 << 20) + 77); // of the object, not the range
    image.answerAll(Errno.EILSEQ.result());
    assertEquals(new CompareResult.Differs(77), await(result));
  }

  @Test
  void unmap_ofALongRange_goesInPieces() throws Exception {
    image.bytes = 1L << 30;
    RbdStore store = open(Map.of());
    image.calls.clear();
    await(store.unmap(64 << 10, (1L << 30) - (64 << 10)));
    assertEquals(16, image.calls.size());
    long at = 64 << 10;
    for (FakeImage.Call call : image.calls) {
      assertEquals(at, call.offset());
      at += call.length();
    }
    assertEquals(1L << 30, at);
  }

  // --- coming back

  @Test
  void shutOut_failsWhatIsUnderWay_andOpensAnotherClient() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    List<Future<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      writes.add(store.write(i * 512L, data(512), false));
    }
    FakeImage next = new FakeImage(shared, "127.0.0.1:0/3");
    next.bytes = 16 << 20;
    openings.clear();
    openings.add(() -> next);
    image.answerAll(Errno.ESHUTDOWN.result());
    for (Future<Void> write : writes) {
      assertSame(StoreFault.Kind.UNAVAILABLE, fault(write).kind());
    }
    await(store.settled());
    assertTrue(image.clientLost);
    image.whenClosed.get(30, TimeUnit.SECONDS);
    assertEquals(List.of(OURS), shared.broken); // the lock that we left behind
    assertEquals(List.of("FENCED", "content", "resized 16777216", "USABLE"), told);
    assertEquals(List.of(), next.calls.stream().filter(c -> c.what().equals("write")).toList());
    await(store.write(0, data(512), false));
    assertEquals(1, store.counters().get("rbd.reconnects"));
  }

  @Test
  void shutOut_whileTheClusterIsAway_isTriedAgain() throws Exception {
    RbdStore store = open(Map.of());
    openings.clear();
    openings.add(
        () -> {
          throw new StoreFault(StoreFault.Kind.UNAVAILABLE, "no monitor");
        });
    FakeImage next = new FakeImage(shared, "127.0.0.1:0/3");
    openings.add(() -> next);
    image.answer = (long) Errno.ESHUTDOWN.result();
    fault(store.flush());
    await(store.settled());
    assertEquals(List.of("FENCED"), told);
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(store.read(0, 512)).kind());
    pass(store, 5);
    assertEquals(List.of("FENCED", "content", "USABLE"), told);
  }

  @Test
  void shutOut_withTakeOverAlways_doesNotShutTheOtherOut() throws Exception {
    RbdStore store = open(Map.of("takeOver", "always"));
    shared.broken.clear();
    shared.owner = Optional.of(OTHER);
    shared.alive.add(OTHER);
    FakeImage next = new FakeImage(shared, "127.0.0.1:0/3");
    openings.clear();
    openings.add(() -> next);
    image.answer = (long) Errno.ESHUTDOWN.result();
    fault(store.flush());
    await(store.settled());
    assertEquals(List.of("FENCED", "content", "LOCKED_BY_ANOTHER"), told);
    assertEquals(List.of(), shared.broken);
    pass(store, 10);
    assertEquals(List.of(), shared.broken);
    await(store.takeOver().orElseThrow().takeOver());
    assertEquals(List.of(OTHER), shared.broken);
    await(store.write(0, data(512), false));
  }

  @Test
  void shutOut_withTheLockFree_leavesItToWhoeverBrokeItForAWhile() throws Exception {
    RbdStore store = open(Map.of());
    pass(store, 5);
    shared.owner = Optional.empty();
    FakeImage next = new FakeImage(shared, "127.0.0.1:0/3");
    openings.clear();
    openings.add(() -> next);
    image.answer = (long) Errno.ESHUTDOWN.result();
    fault(store.flush());
    await(store.settled());
    pass(store, 5);
    assertEquals(List.of("FENCED", "content", "LOCKED_BY_ANOTHER"), told);
    assertEquals(Optional.empty(), shared.owner);
    pass(store, 3);
    assertEquals("USABLE", told.getLast());
    assertEquals(Optional.of("127.0.0.1:0/3"), shared.owner);
  }

  @Test
  void silence_isToldAfterAWhile_andTheAnswerToo() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    Future<Void> write = store.write(0, data(512), false);
    pass(store, 4);
    assertEquals(List.of(), told);
    pass(store, 4);
    assertEquals(List.of("UNREACHABLE"), told);
    assertFalse(write.isComplete());
    image.answerAll(0);
    await(write);
    image.answer = 0L;
    pass(store, 2);
    assertEquals(List.of("UNREACHABLE", "USABLE"), told);
  }

  @Test
  void header_thatIsNotThere_meansGone() throws Exception {
    RbdStore store = open(Map.of());
    openings.clear();
    openings.add(
        () -> {
          throw new NoSuchImage("there is no image");
        });
    image.answer = (long) Errno.ENOENT.result();
    pass(store, 3);
    assertEquals("GONE", told.getFirst());
    image.whenClosed.get(30, TimeUnit.SECONDS);
    FakeImage same = new FakeImage(shared, OURS);
    openings.clear();
    openings.add(() -> same);
    pass(store, 5);
    assertEquals("USABLE", told.getLast());
  }

  @Test
  void header_thatIsNotThere_endsAQuestionThatLibrbdNeverAnswers() throws Exception {
    RbdStore store = open(Map.of());
    FakeImage same = new FakeImage(shared, OURS);
    openings.clear();
    openings.add(() -> same);
    image.untilExtents = new CompletableFuture<>();
    Future<List<Extent>> extents = store.extents(0, 4096);
    image.answer = (long) Errno.ENOENT.result();
    for (int i = 0; i < 3; i++) {
      nowNanos += SECOND;
      store.tick(nowNanos);
    }
    assertEquals(StoreFault.Kind.UNAVAILABLE, fault(extents).kind());
    await(store.settled());
    assertEquals(List.of("GONE", "content", "USABLE"), told, "the way back does not wait for it");
    await(store.close());
    assertTrue(same.closed);
    image.untilExtents.complete(null);
    image.whenClosed.get(30, TimeUnit.SECONDS);
  }

  @Test
  void close_whileLibrbdHoldsAWrite_closesTheImageAfterTheAnswer() throws Exception {
    RbdStore store = open(Map.of());
    image.answer = null;
    Future<Void> write = store.write(0, data(512), false);
    Future<Void> close = store.close();
    await(store.settled());
    assertFalse(image.closed);
    image.answerAll(0);
    await(write);
    await(close);
    assertTrue(image.closed);
  }

  // --- the lock

  @Test
  void lock_ofADeadOwner_isBrokenByTheRuleDeadOnly() throws Exception {
    shared.owner = Optional.of(OTHER);
    RbdStore asking = open(Map.of());
    assertEquals(List.of("LOCKED_BY_ANOTHER"), told);
    assertEquals(List.of(), shared.broken);
    await(asking.close());
    open(Map.of("takeOver", "dead"));
    assertEquals(List.of(OTHER), shared.broken);
  }

  @Test
  void lock_ofOurFormerLife_isBroken() throws Exception {
    RbdStore former = open(Map.of());
    assertTrue(former.writable());
    FakeImage next = new FakeImage(shared, "127.0.0.1:0/9");
    openings.clear();
    openings.add(() -> next);
    shared.alive.clear();
    told.clear();
    open(Map.of()); // the first one was never closed: as after a kill
    assertEquals(List.of(OURS), shared.broken);
    assertEquals(List.of(), told);
  }

  @Test
  void lock_heldByThisGatewayItself_isNeverBroken() throws Exception {
    shared.owner = Optional.of(OURS);
    FakeImage twin = new FakeImage(shared, OURS);
    openings.clear();
    openings.add(() -> twin);
    shared.owner = Optional.of("v1:" + OURS);
    RbdStore store = open(Map.of("takeOver", "always"));
    assertEquals(List.of("LOCKED_BY_ANOTHER"), told);
    fault(store.takeOver().orElseThrow().takeOver());
    assertEquals(List.of(), shared.broken);
  }

  @Test
  void lock_thatWasTakenWithoutTellingUs_isNoticedByARefusedWrite() throws Exception {
    RbdStore store = open(Map.of());
    shared.owner = Optional.of(OTHER);
    image.answer = (long) Errno.EROFS.result();
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(store.write(0, data(512), false)).kind());
    await(store.settled());
    assertEquals(List.of("LOCKED_BY_ANOTHER"), told);
  }

  @Test
  void lock_thatWasTakenWithoutTellingUs_isNoticedByItselfAfterAWhile() throws Exception {
    RbdStore store = open(Map.of());
    shared.owner = Optional.of(OTHER);
    shared.alive.add(OTHER);
    pass(store, 15);
    assertEquals(List.of("LOCKED_BY_ANOTHER"), told);
    assertSame(StoreFault.Kind.UNAVAILABLE, fault(store.write(0, data(512), false)).kind());
  }

  // --- options

  @Test
  void options_thatDoHarm_areRefused() {
    RbdStoreProvider provider = new RbdStoreProvider();
    assertFaulty(provider, Map.of("config", Map.of("rados_osd_op_timeout", 30)), "object map");
    assertFaulty(provider, Map.of("config", Map.of("rados osd op timeout", "5")), "object map");
    assertFaulty(provider, Map.of("config", Map.of("rbd_cache", "true")), "cache");
    assertFaulty(provider, Map.of("config", Map.of("librados_thread_count", 1)), "less than 2");
    assertFaulty(provider, Map.of("lock", "shared", "cache", true), "behind its back");
    assertFaulty(provider, Map.of("lock", "shared", "takeOver", "dead"), "only with");
    assertFaulty(provider, Map.of("key", "x", "keyring", "y"), "not together");
    assertFaulty(provider, Map.of("lock", "mine"), "none of");
    assertEquals(
        List.of(),
        provider.check(
            Map.of("image", "i", "snapshot", "s", "config", Map.of("rados_osd_op_timeout", "5"))));
    String refused = provider.check(Map.of("image", "i", "key", 5)).getFirst().message();
    assertFalse(refused.contains("5"), refused);
  }

  private static void assertFaulty(
      RbdStoreProvider provider, Map<String, Object> options, String part) {
    Map<String, Object> all = new HashMap<>(options);
    all.put("image", "i");
    var faults = provider.check(all);
    assertEquals(1, faults.size(), faults.toString());
    assertTrue(faults.getFirst().message().contains(part), faults.toString());
  }

  @Test
  void printedOptions_holdNoKey() {
    String printed = options(Map.of("key", "VERY-SECRET")).toString();
    assertFalse(printed.contains("VERY-SECRET"), printed);
  }

  // --- helpers

  private RbdOptions options(Map<String, Object> more) {
    Map<String, Object> options = new HashMap<>(more);
    options.put("image", "image");
    return RbdOptions.of(new OpenRequest(vertx, "test", options, folder, false));
  }

  private RbdStore open(Map<String, Object> more) {
    RbdStore store =
        RbdStore.open(
            vertx,
            options(more),
            () -> {
              Attachment.Opener next = openings.size() > 1 ? openings.poll() : openings.peek();
              return next.open();
            });
    store.stopTicking();
    store.listen(
        new StoreListener() {
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
            if (told.isEmpty() || !told.getLast().equals(state.kind().toString())) {
              told.add(state.kind().toString());
            }
          }
        });
    return store;
  }

  /// Lets the store's clock go on, second by second.
  private void pass(RbdStore store, int seconds) throws Exception {
    for (int i = 0; i < seconds; i++) {
      nowNanos += SECOND;
      store.tick(nowNanos);
      await(store.settled());
    }
  }

  private static ByteBuf data(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(length).writeZero(length);
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static StoreFault fault(Future<?> future) {
    return assertThrows(StoreFault.class, () -> await(future));
  }
}
