package io.vtgt.store.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreProvider.OptionFault;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How a file is found, made, locked and lost.
class FileStoreProviderTest {
  @TempDir Path folder;
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void closeVertx() {
    await(vertx.close());
  }

  private Future<BackingStore> open(boolean readOnly, Map<String, Object> options) {
    FileStoreProvider provider = new FileStoreProvider();
    assertEquals(List.of(), provider.check(options));
    return provider.open(new OpenRequest(vertx, "test", options, folder, readOnly));
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private static StoreFault fault(Future<?> future) {
    return assertInstanceOf(
        StoreFault.class,
        await(future.mapEmpty().transform(end -> Future.succeededFuture(end.cause()))));
  }

  @Test
  void file_missingWithoutSize_isSaidInWords() {
    StoreFault fault = fault(open(false, Map.of("path", "none")));
    assertSame(StoreFault.Kind.UNAVAILABLE, fault.kind());
    assertTrue(fault.getMessage().contains(folder.resolve("none") + " does not exist"));
    fault(open(false, Map.of("path", "none", "size", 4096, "create", false)));
    fault(open(true, Map.of("path", "none")));
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void file_inAMissingFolder_isSaidInWords() {
    assertTrue(
        fault(open(false, Map.of("path", "a/b", "size", 4096)))
            .getMessage()
            .contains("there is no folder"));
    assertTrue(fault(open(false, Map.of("path", "."))).getMessage().contains("is a folder"));
  }

  @Test
  void file_created_isSparseAndKeepsItsContent() throws Exception {
    BackingStore store = await(open(false, Map.of("path", "image", "size", "1GiB")));
    assertEquals(1 << 30, store.geometry().bytes());
    await(store.write(1 << 20, Unpooled.directBuffer().writeLong(42), false));
    await(store.flush());
    await(store.close());
    assertEquals(1 << 30, Files.size(folder.resolve("image")));
    BackingStore again = await(open(false, Map.of("path", "image", "size", "2GiB")));
    assertEquals(1 << 30, again.geometry().bytes());
    ByteBuf data = await(again.read(1 << 20, 8));
    assertEquals(42, data.readLong());
    data.release();
    await(again.close());
  }

  @Test
  void file_leftEmptyByACrash_getsItsSize() throws Exception {
    Files.createFile(folder.resolve("image"));
    BackingStore store = await(open(false, Map.of("path", "image", "size", 8192)));
    assertEquals(8192, store.geometry().bytes());
    await(store.close());
  }

  @Test
  void file_openedTwice_isRefusedByName() {
    Map<String, Object> options = Map.of("path", "image", "size", 8192);
    BackingStore store = await(open(false, options));
    StoreFault fault = fault(open(false, options));
    assertTrue(fault.getMessage().startsWith(folder.resolve("image") + " is locked"));
    fault(open(true, options));
    await(store.close());
    BackingStore reader = await(open(true, options));
    BackingStore second = await(open(true, options));
    fault(open(false, options));
    await(reader.close());
    await(second.close());
    await(await(open(false, options)).close());
  }

  @Test
  void file_readOnly_takesNoWrite() {
    Map<String, Object> options = Map.of("path", "image", "size", 8192);
    await(await(open(false, options)).close());
    BackingStore store = await(open(true, options));
    ByteBuf data = Unpooled.directBuffer().writeLong(1);
    assertSame(StoreFault.Kind.READ_ONLY, fault(store.write(0, data, false)).kind());
    assertEquals(0, data.refCnt());
    assertSame(StoreFault.Kind.READ_ONLY, fault(store.unmap(0, 4096)).kind());
    assertSame(StoreFault.Kind.READ_ONLY, fault(store.resize(4096)).kind());
    await(store.flush());
    await(store.close());
  }

  @Test
  void file_readOnlyAndMissing_isCreatedWhereASizeIsGiven() {
    BackingStore store = await(open(true, Map.of("path", "image", "size", 8192)));
    assertEquals(8192, store.geometry().bytes());
    ByteBuf data = Unpooled.directBuffer().writeLong(1);
    assertSame(StoreFault.Kind.READ_ONLY, fault(store.write(0, data, false)).kind());
    await(store.close());
  }

  @Test
  void file_cutShort_readsAsAnErrorNeverAsZeroes() throws Exception {
    BackingStore store = await(open(false, Map.of("path", "image", "size", 8192)));
    try (var other = new RandomAccessFile(folder.resolve("image").toFile(), "rw")) {
      other.setLength(5000);
    }
    assertSame(StoreFault.Kind.READ_ERROR, fault(store.read(4096, 4096)).kind());
    assertSame(StoreFault.Kind.READ_ERROR, fault(store.read(8000, 100)).kind());
    await(store.read(0, 4096)).release();
    await(store.close());
  }

  @Test
  void sync_writes_areThereWithoutAFlush() throws Exception {
    BackingStore store = await(open(false, Map.of("path", "image", "size", 8192, "sync", true)));
    await(store.write(0, Unpooled.directBuffer().writeLong(7), false));
    await(store.writeZeroes(4096, 4096, false));
    await(store.close());
    assertArrayEquals(
        ByteBufUtil.getBytes(Unpooled.buffer().writeLong(7)),
        java.util.Arrays.copyOf(Files.readAllBytes(folder.resolve("image")), 8));
  }

  @Test
  void device_full_isOutOfSpaceAndFlushesFailFromThenOn() {
    Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.isWritable(full), "no /dev/full");
    int fd = Posix.open(full, Posix.O_RDWR, 0);
    FileStore store =
        new FileStore(
            vertx,
            "full",
            new FileStore.Opened(
                "/dev/full",
                fd,
                new io.vtgt.store.Geometry(1 << 20, 1, 4096),
                false,
                false,
                false,
                1,
                0,
                null));
    ByteBuf data = Unpooled.directBuffer().writeLong(7);
    assertSame(StoreFault.Kind.OUT_OF_SPACE, fault(store.write(0, data, false)).kind());
    assertEquals(0, data.refCnt());
    StoreFault lost = fault(store.flush()); // a device that cannot be synced at all
    assertSame(StoreFault.Kind.WRITE_ERROR, lost.kind());
    assertSame(lost, fault(store.flush()));
    ByteBuf durable = Unpooled.directBuffer().writeLong(7);
    assertSame(lost, fault(store.write(0, durable, true)));
    assertEquals(0, durable.refCnt());
    await(store.close());
    await(store.close());
  }

  @Test
  void options_thatAreWrong_areNamed() {
    FileStoreProvider provider = new FileStoreProvider();
    assertEquals(
        List.of("colour", "path"),
        provider.check(Map.of("colour", "red")).stream().map(OptionFault::option).toList());
    assertEquals("size", provider.check(Map.of("path", "a", "size", 1000)).getFirst().option());
    assertEquals("create", provider.check(Map.of("path", "a", "create", true)).getFirst().option());
    assertEquals(
        "blockSize", provider.check(Map.of("path", "a", "blockSize", 4096)).getFirst().option());
    assertEquals(
        "blockSize",
        provider.check(Map.of("path", "a", "direct", true, "blockSize", 1000)).getFirst().option());
    assertEquals(
        "direct", provider.check(Map.of("path", "a", "direct", "yes")).getFirst().option());
  }
}
