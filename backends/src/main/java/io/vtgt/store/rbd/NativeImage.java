package io.vtgt.store.rbd;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vtgt.store.Extent;
import io.vtgt.store.Snapshots.Snapshot;
import io.vtgt.store.StoreFault;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An image opened by librbd.
final class NativeImage implements Image {
  private static final Logger LOG = LoggerFactory.getLogger(NativeImage.class);

  /// `RBD_LOCK_MODE_EXCLUSIVE`, and the longest id, name and value that are asked for.
  private static final int TEXT_ROOM = 256;

  /// Where `rbd_image_info_t` has the object size, and more than its length.
  static final int OBJECT_BYTES = 8, INFO_LENGTH = 512;

  /// What librbd does where it cannot be asked.
  private static final int USUAL_DISCARD_GRANULARITY = 64 << 10;

  // Who hears of header changes, by the number that librbd carries.
  private static final Map<Long, Runnable> WATCHERS = new ConcurrentHashMap<>();
  private static final AtomicLong NEXT_WATCHER = new AtomicLong(1);
  private static final Librbd.Updated UPDATED = NativeImage::updated;
  private static final Librbd.Progress GO_ON = (_, _, _) -> 0;
  private static final long UPDATED_ENTRY = Librbd.entry(UPDATED);

  private final String name;
  private final Cluster cluster;
  private final Cluster.Pool pool;
  private final long handle;
  private final boolean encrypted;

  // Written by the one thread that makes the blocking calls.
  private String header;
  private long watcher;
  private long watch;

  private NativeImage(
      String name, Cluster cluster, Cluster.Pool pool, long handle, boolean encrypted) {
    this.name = name;
    this.cluster = cluster;
    this.pool = pool;
    this.handle = handle;
    this.encrypted = encrypted;
  }

  /// Connects where nobody has, and opens. Blocks.
  ///
  /// @throws StoreFault that says in words why not; its kind is `UNAVAILABLE`, or `READ_ONLY` when
  ///   the client may not
  static NativeImage open(RbdOptions options) {
    Cluster cluster = Clusters.connect(options.cluster());
    Cluster.Pool pool = null;
    long handle = 0;
    try {
      pool = cluster.pool(options.pool(), options.namespace());
      // Else librbd holds writes to a full pool until there is room, and the initiator hangs.
      Librados.rados_set_pool_full_try(pool.handle());
      handle = openHandle(cluster, pool.handle(), options);
      options.passphraseFile().ifPresent(new Decryption(options.name(), handle)::load);
      NativeImage image =
          new NativeImage(
              options.name(), cluster, pool, handle, options.passphraseFile().isPresent());
      image.header = "rbd_header." + image.id();
      return image;
    } catch (RuntimeException e) {
      if (handle != 0) {
        Librbd.rbd_close(handle);
      }
      if (pool != null) {
        pool.close();
      }
      cluster.release();
      throw e;
    }
  }

  private static long openHandle(Cluster cluster, long pool, RbdOptions options) {
    boolean readOnly = options.readOnly() || options.snapshot().isPresent();
    long handle = 0;
    if (!readOnly || options.snapshot().isEmpty()) {
      handle = Words.number(out -> Librbd.rbd_open(pool, options.image(), out, null));
      if (readOnly && (Errno.EPERM.is(handle) || Errno.EROFS.is(handle))) {
        handle = 0; // a client that may only read cannot watch either
      }
    }
    if (handle == 0) {
      handle = Words.number(out -> Librbd.rbd_open_read_only(pool, options.image(), out, null));
    }
    if (Errno.ENOENT.is(handle)) {
      throw new NoSuchImage("there is no image " + options.name());
    }
    if (Errno.ESHUTDOWN.is(handle)) {
      cluster.isLost(); // nobody has used it since it was shut out
    }
    if (isErrno(handle)) {
      throw Errno.fault("image " + options.name(), handle, StoreFault.Kind.UNAVAILABLE);
    }
    if (options.snapshot().isPresent()) {
      int set = Librbd.rbd_snap_set(handle, options.snapshot().get());
      if (set < 0) {
        Librbd.rbd_close(handle);
        String what = "image " + options.name() + ", snapshot '" + options.snapshot().get() + "'";
        throw Errno.ENOENT.is(set)
            ? new NoSuchImage(what + ": there is none")
            : Errno.fault(what, set, StoreFault.Kind.UNAVAILABLE);
      }
    }
    return handle;
  }

  /// Told from a handle, which is an address, by its size.
  static boolean isErrno(long result) {
    return result < 0 && result > -4096;
  }

  // --- asynchronous

  @Override
  public int read(Answered by, long offset, long length, long address) {
    return NativeCompletions.imageCall(
        by, completion -> Librbd.rbd_aio_read(handle, offset, length, address, completion));
  }

  @Override
  public int write(Answered by, long offset, long length, long address) {
    return NativeCompletions.imageCall(
        by, completion -> Librbd.rbd_aio_write(handle, offset, length, address, completion));
  }

  @Override
  public int writev(Answered by, long offset, long vector, int count) {
    return NativeCompletions.imageCall(
        by, completion -> Librbd.rbd_aio_writev(handle, vector, count, offset, completion));
  }

  @Override
  public int flush(Answered by) {
    return NativeCompletions.imageCall(by, completion -> Librbd.rbd_aio_flush(handle, completion));
  }

  @Override
  public int discard(Answered by, long offset, long length) {
    return NativeCompletions.imageCall(
        by, completion -> Librbd.rbd_aio_discard(handle, offset, length, completion));
  }

  @Override
  public int writeZeroes(Answered by, long offset, long length, boolean thick) {
    int flags = thick ? Librbd.WRITE_ZEROES_THICK : 0;
    return NativeCompletions.imageCall(
        by,
        completion -> Librbd.rbd_aio_write_zeroes(handle, offset, length, completion, flags, 0));
  }

  @Override
  public int writeSame(Answered by, long offset, long length, long pattern, long patternLength) {
    return NativeCompletions.imageCall(
        by,
        completion ->
            Librbd.rbd_aio_writesame(
                handle, offset, length, pattern, patternLength, completion, 0));
  }

  @Override
  public int compareAndWrite(
      Answered by, long offset, long length, long expected, long data, long mismatchOut) {
    return NativeCompletions.imageCall(
        by,
        completion ->
            Librbd.rbd_aio_compare_and_write(
                handle, offset, length, expected, data, completion, mismatchOut, 0));
  }

  @Override
  public int ping(Answered by) {
    return NativeCompletions.objectCall(
        by, completion -> Librados.rados_aio_stat(pool.handle(), header, completion, 0, 0));
  }

  // --- blocking

  @Override
  public Description describe() {
    try (Memory info = new Memory(INFO_LENGTH)) {
      info.clear();
      must("stat", Librbd.rbd_stat(handle, Pointer.nativeValue(info), INFO_LENGTH));
      return new Description(
          id(),
          bytes(),
          info.getLong(OBJECT_BYTES),
          must("stripe unit", Words.number(out -> Librbd.rbd_get_stripe_unit(handle, out))),
          must("stripe count", Words.number(out -> Librbd.rbd_get_stripe_count(handle, out))),
          must("features", Words.number(out -> Librbd.rbd_get_features(handle, out))),
          must("flags", Words.number(out -> Librbd.rbd_get_flags(handle, out))),
          discardGranularity());
    }
  }

  private String id() {
    try (Memory text = new Memory(TEXT_ROOM)) {
      text.clear();
      int result = Librbd.rbd_get_id(handle, Pointer.nativeValue(text), TEXT_ROOM);
      if (Errno.EINVAL.is(result)) {
        throw new StoreFault(
            StoreFault.Kind.UNSUPPORTED, "image " + name + " has the old format 1; migrate it");
      }
      must("id", result);
      return text.getString(0);
    }
  }

  private int discardGranularity() {
    String value =
        config("rbd_discard_granularity_bytes")
            .or(() -> cluster.config("rbd_discard_granularity_bytes"))
            .orElse("");
    try {
      return Math.max(512, Integer.parseInt(value));
    } catch (NumberFormatException e) {
      return USUAL_DISCARD_GRANULARITY;
    }
  }

  /// A configuration option as it holds for this image: the pool and the image may set it too.
  private Optional<String> config(String option) {
    record Setting(String name, String value) {}
    try {
      return Words.list(
              "configuration of " + name,
              3 * Long.BYTES,
              (items, count) -> Librbd.rbd_config_image_list(handle, items, count),
              item -> new Setting(Words.text(item, 0), Words.text(item, Long.BYTES)),
              (items, count) -> {
                Librbd.rbd_config_image_list_cleanup(items, (int) count);
                return 0;
              })
          .stream()
          .filter(setting -> setting.name().equals(option))
          .map(Setting::value)
          .findFirst();
    } catch (StoreFault e) {
      LOG.debug("{}", e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public long bytes() {
    return must("size", Words.number(out -> Librbd.rbd_get_size(handle, out)));
  }

  @Override
  public boolean encrypted() {
    return encrypted;
  }

  @Override
  public void watch(Runnable changed) {
    long number = NEXT_WATCHER.getAndIncrement();
    WATCHERS.put(number, changed);
    long result = Words.number(out -> Librbd.rbd_update_watch(handle, out, UPDATED_ENTRY, number));
    if (isErrno(result)) {
      WATCHERS.remove(number);
      throw Errno.fault("watch of " + name, result, StoreFault.Kind.UNAVAILABLE);
    }
    watcher = number;
    watch = result;
  }

  private static void updated(long number) {
    Runnable watcher = WATCHERS.get(number);
    if (watcher != null) {
      watcher.run();
    }
  }

  @Override
  public void resize(long bytes) {
    must("resize", Librbd.rbd_resize2(handle, bytes, true, GO_ON, 0));
  }

  @Override
  public List<Extent> extents(long offset, long length) {
    List<Extent> extents = new ArrayList<>();
    long[] at = {offset};
    long end = offset + length;
    Librbd.DiffVisitor visitor =
        (start, size, exists, _) -> {
          long from = Math.max(start, at[0]);
          long to = Math.min(start + size, end);
          if (exists != 0 && from < to) {
            add(extents, at[0], from, Extent.State.DEALLOCATED);
            add(extents, from, to, Extent.State.MAPPED);
            at[0] = to;
          }
          return 0;
        };
    int result;
    try {
      result =
          Librbd.rbd_diff_iterate2(handle, null, offset, length, (byte) 1, (byte) 1, visitor, 0);
    } finally {
      Reference.reachabilityFence(visitor);
    }
    must("extents", result);
    add(extents, at[0], end, Extent.State.DEALLOCATED);
    return extents;
  }

  private static void add(List<Extent> extents, long from, long to, Extent.State state) {
    if (from >= to) {
      return;
    }
    if (!extents.isEmpty() && extents.getLast().state() == state) {
      Extent last = extents.removeLast();
      extents.add(new Extent(last.offset(), to - last.offset(), state));
    } else {
      extents.add(new Extent(from, to - from, state));
    }
  }

  @Override
  public boolean ownsLock() {
    return must("lock", Words.number(out -> Librbd.rbd_is_exclusive_lock_owner(handle, out))) != 0;
  }

  @Override
  public Optional<String> lockOwner() {
    try (Memory mode = new Memory(Long.BYTES)) {
      return Words.list(
              "lock owners of " + name,
              Long.BYTES,
              (items, count) ->
                  Librbd.rbd_lock_get_owners(handle, Pointer.nativeValue(mode), items, count),
              item -> Words.text(item, 0),
              (items, count) -> {
                Librbd.rbd_lock_get_owners_cleanup(items, count);
                return 0;
              })
          .stream()
          .findFirst();
    }
  }

  @Override
  public boolean isWatchedBy(String address) {
    return Words.list(
            "watchers of " + name,
            3 * Long.BYTES,
            (items, count) -> Librbd.rbd_watchers_list(handle, items, count),
            item -> Words.text(item, 0),
            (items, count) -> {
              Librbd.rbd_watchers_list_cleanup(items, count);
              return 0;
            })
        .stream()
        .anyMatch(watcher -> Cluster.sameClient(watcher, address));
  }

  @Override
  public boolean acquireLock() {
    int result = Librbd.rbd_lock_acquire(handle, Librbd.LOCK_EXCLUSIVE);
    if (Errno.EROFS.is(result) || Errno.EBUSY.is(result) || Errno.EAGAIN.is(result)) {
      return false;
    }
    must("exclusive lock", result);
    return true;
  }

  @Override
  public void releaseLock() {
    must("release of the exclusive lock", Librbd.rbd_lock_release(handle));
  }

  @Override
  public void breakLock(String owner) {
    int result = Librbd.rbd_lock_break(handle, Librbd.LOCK_EXCLUSIVE, owner);
    if (!Errno.ENOENT.is(result)) { // it was given back meanwhile
      must("breaking the lock of " + owner, result);
    }
  }

  @Override
  public String clientAddress() {
    return cluster.address();
  }

  @Override
  public List<Snapshot> snapshots() {
    String id = id();
    long fixed =
        Words.number(out -> LibrbdMedia.rbd_open_by_id_read_only(pool.handle(), id, out, null));
    if (isErrno(fixed)) {
      throw Errno.fault("image " + name, fixed, StoreFault.Kind.UNAVAILABLE);
    }
    try {
      return snapshots(fixed, name);
    } finally {
      Librbd.rbd_close(fixed);
    }
  }

  /// @param handle of an image that is open without a watch, so that it has the snapshots of when
  ///   it was opened: librbd 16.2 ends the process when it is asked for the time of one that is
  ///   gone
  static List<Snapshot> snapshots(long handle, String name) {
    record Entry(long id, long bytes, String name) {}
    List<Entry> entries =
        Words.list(
            "snapshots of " + name,
            3 * Long.BYTES,
            (items, count) -> {
              int found = Librbd.rbd_snap_list(handle, items, count);
              if (found == 0) { // alone of all lists it does not tell so where the count is
                new Pointer(count).setLong(0, 0);
              }
              return found;
            },
            item -> new Entry(item.getLong(0), item.getLong(8), Words.text(item, 16)),
            (items, _) -> {
              Librbd.rbd_snap_list_end(items);
              return 0;
            });
    return entries.stream()
        .map(
            entry ->
                new Snapshot(
                    entry.name(),
                    entry.bytes(),
                    created(handle, entry.id()),
                    isProtected(handle, entry.name())))
        .toList();
  }

  private static Instant created(long handle, long id) {
    try (Memory time = new Memory(2L * Long.BYTES)) {
      int result = Librbd.rbd_snap_get_timestamp(handle, id, Pointer.nativeValue(time));
      return result < 0
          ? Instant.EPOCH
          : Instant.ofEpochSecond(time.getLong(0), time.getLong(Long.BYTES));
    }
  }

  private static boolean isProtected(long handle, String snapshot) {
    return Words.number(out -> Librbd.rbd_snap_is_protected(handle, snapshot, out)) == 1;
  }

  @Override
  public void createSnapshot(String snapshot) {
    mustSnapshot(snapshot, Librbd.rbd_snap_create(handle, snapshot));
  }

  @Override
  public void rollBack(String snapshot) {
    mustSnapshot(snapshot, Librbd.rbd_snap_rollback(handle, snapshot));
  }

  @Override
  public void removeSnapshot(String snapshot) {
    mustSnapshot(snapshot, Librbd.rbd_snap_remove(handle, snapshot));
  }

  @Override
  public void protectSnapshot(String snapshot, boolean isProtected) {
    int result =
        isProtected
            ? Librbd.rbd_snap_protect(handle, snapshot)
            : Librbd.rbd_snap_unprotect(handle, snapshot);
    // Protected already, or not protected: it is as wanted.
    boolean asWanted = isProtected ? Errno.EBUSY.is(result) : Errno.EINVAL.is(result);
    if (!asWanted) {
      mustSnapshot(snapshot, result);
    }
  }

  private void mustSnapshot(String snapshot, int result) {
    String what = "snapshot '" + snapshot + "' of " + name + ": ";
    if (Errno.ENOENT.is(result)) {
      throw refused(what + "there is none");
    } else if (Errno.EEXIST.is(result)) {
      throw refused(what + "there is one already");
    } else if (Errno.EBUSY.is(result)) {
      throw refused(what + "it is protected, or has clones");
    } else if (Errno.EINVAL.is(result)) {
      throw refused(what + "librbd does not take it: " + Errno.text(result));
    }
    must("snapshot '" + snapshot + "'", result);
  }

  private static StoreFault refused(String message) {
    return new StoreFault(StoreFault.Kind.UNSUPPORTED, message);
  }

  private long must(String what, long result) {
    if (isErrno(result)) {
      throw Errno.fault(what + " of " + name, result, StoreFault.Kind.UNAVAILABLE);
    }
    return result;
  }

  @Override
  public void clientIsLost() {
    cluster.isLost();
  }

  @Override
  public void close() {
    if (watcher != 0) {
      Librbd.rbd_update_unwatch(handle, watch);
      WATCHERS.remove(watcher);
    }
    int result = Librbd.rbd_close(handle);
    if (result < 0) {
      LOG.warn("closing {}: {}", name, Errno.text(result));
    }
    pool.close();
    cluster.release();
  }

  /// Opens the LUKS header of an image.
  private record Decryption(String name, long handle) {
    void load(Path passphraseFile) {
      byte[] passphrase = passphrase(passphraseFile);
      try (Memory secret = new Memory(passphrase.length + 1L)) {
        secret.clear();
        secret.write(0, passphrase, 0, passphrase.length);
        int result = load(Librbd.ENCRYPTION_LUKS, secret, passphrase.length, false);
        if (Errno.EINVAL.is(result) || Errno.EOPNOTSUPP.is(result)) { // an older library
          result = load(Librbd.ENCRYPTION_LUKS2, secret, passphrase.length, true);
          if (result < 0) {
            int luks1 = load(Librbd.ENCRYPTION_LUKS1, secret, passphrase.length, true);
            result = luks1 < 0 ? result : luks1;
          }
        }
        secret.clear();
        if (result < 0) {
          throw new StoreFault(
              StoreFault.Kind.UNAVAILABLE,
              "LUKS header of "
                  + name
                  + ": "
                  + (Errno.EPERM.is(result)
                      ? "the passphrase does not open it"
                      : Errno.text(result)));
        }
      } catch (LinkageError e) {
        throw new StoreFault(
            StoreFault.Kind.UNSUPPORTED, "this librbd knows no encryption (16.2 does)", e);
      } finally {
        Arrays.fill(passphrase, (byte) 0);
      }
    }

    /// @param withAlgorithm `rbd_encryption_luks1_format_options_t`: algorithm, address, length;
    ///   else `rbd_encryption_luks_format_options_t`: address, length
    private int load(int format, Memory secret, int length, boolean withAlgorithm) {
      int words = withAlgorithm ? 3 : 2;
      try (Memory options = new Memory((long) words * Long.BYTES)) {
        options.clear();
        options.setPointer((words - 2L) * Long.BYTES, secret);
        options.setLong((words - 1L) * Long.BYTES, length);
        return Librbd.Encryption.rbd_encryption_load(
            handle, format, Pointer.nativeValue(options), (long) words * Long.BYTES);
      }
    }

    private static byte[] passphrase(Path file) {
      try {
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length;
        while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) {
          length--;
        }
        return Arrays.copyOf(bytes, length);
      } catch (IOException e) {
        throw new StoreFault(
            StoreFault.Kind.UNAVAILABLE, "passphrase file " + file + " cannot be read", e);
      }
    }
  }
}
