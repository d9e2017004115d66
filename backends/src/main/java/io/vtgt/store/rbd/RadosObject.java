package io.vtgt.store.rbd;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.vtgt.store.StoreFault;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// One object of a pool as a small record that several gateways share: named values (omap) that are
/// changed only from the version that was read, advisory locks, and a call to whoever watches it.
///
/// Everything blocks, but for what [#watch] calls back. One thread at a time for each pool handle:
/// the version of an object is told by handle.
final class RadosObject {
  /// Values that are read at once.
  private static final int MOST_VALUES = 1024;

  private static final int EXCLUSIVE = 1;

  private final Cluster.Pool pool;
  private final String name;

  /// @param pool borrowed; open as long as this is used
  RadosObject(Cluster.Pool pool, String name) {
    this.pool = pool;
    this.name = name;
  }

  /// @param version grows with each change of the object
  record Content(long version, SortedMap<String, byte[]> values) {}

  /// Somebody else has changed, made or removed the object since it was read.
  static final class ChangedMeanwhile extends Exception {
    private static final long serialVersionUID = 1L;

    ChangedMeanwhile(String object, long result) {
      super("object " + object + " was changed meanwhile (" + Errno.text(result) + ")");
    }
  }

  /// All values, or nothing where there is no such object.
  ///
  /// @throws StoreFault when there are more than [#MOST_VALUES], or the cluster does not answer so
  Optional<Content> read() {
    var values = new TreeMap<String, byte[]>();
    long operation = LibradosObjects.rados_create_read_op();
    try (var memory = new Buffers()) {
      Memory iterator = memory.zeroed(Long.BYTES);
      Memory more = memory.zeroed(Long.BYTES);
      Memory result = memory.zeroed(Long.BYTES);
      LibradosObjects.rados_read_op_omap_get_vals2(
          operation, "", "", MOST_VALUES, address(iterator), address(more), address(result));
      int answer = LibradosObjects.rados_read_op_operate(operation, pool.handle(), name, 0);
      long version = LibradosObjects.rados_get_last_version(pool.handle());
      if (Errno.ENOENT.is(answer)) {
        return Optional.empty();
      }
      check("read", answer);
      check("read", result.getInt(0));
      if (more.getByte(0) != 0) {
        throw new StoreFault(
            StoreFault.Kind.UNSUPPORTED,
            "object " + name + " has more than " + MOST_VALUES + " values");
      }
      take(iterator.getLong(0), values, memory);
      return Optional.of(new Content(version, values));
    } finally {
      LibradosObjects.rados_release_read_op(operation);
    }
  }

  private void take(long iterator, Map<String, byte[]> values, Buffers memory) {
    Memory out = memory.zeroed(4 * Long.BYTES);
    long at = address(out);
    try {
      while (true) {
        check(
            "read",
            LibradosObjects.rados_omap_get_next2(
                iterator, at, at + Long.BYTES, at + 2 * Long.BYTES, at + 3 * Long.BYTES));
        Pointer key = out.getPointer(0);
        if (key == null) {
          return;
        }
        int keyLength = (int) out.getLong(2 * Long.BYTES);
        int valueLength = (int) out.getLong(3 * Long.BYTES);
        values.put(
            new String(key.getByteArray(0, keyLength), StandardCharsets.UTF_8),
            valueLength == 0
                ? new byte[0]
                : out.getPointer(Long.BYTES).getByteArray(0, valueLength));
      }
    } finally {
      LibradosObjects.rados_omap_get_end(iterator);
    }
  }

  /// Changes values, all or none, durably.
  ///
  /// @param expected the version that was read; empty makes the object, which must not be there
  /// @return the version it has now
  long change(OptionalLong expected, Map<String, byte[]> set, Collection<String> remove)
      throws ChangedMeanwhile {
    long operation = LibradosObjects.rados_create_write_op();
    try (var memory = new Buffers()) {
      if (expected.isPresent()) {
        LibradosObjects.rados_write_op_assert_version(operation, expected.getAsLong());
      } else {
        LibradosObjects.rados_write_op_create(operation, EXCLUSIVE, 0);
      }
      if (!set.isEmpty()) {
        var pairs = new LinkedHashMap<>(set);
        var keys = memory.list(pairs.keySet().stream().map(RadosObject::utf8).toList());
        var values = memory.list(List.copyOf(pairs.values()));
        LibradosObjects.rados_write_op_omap_set2(
            operation,
            keys.addresses(),
            values.addresses(),
            keys.lengths(),
            values.lengths(),
            pairs.size());
      }
      if (!remove.isEmpty()) {
        var keys = memory.list(remove.stream().map(RadosObject::utf8).toList());
        LibradosObjects.rados_write_op_omap_rm_keys2(
            operation, keys.addresses(), keys.lengths(), remove.size());
      }
      int answer = LibradosObjects.rados_write_op_operate(operation, pool.handle(), name, 0, 0);
      if (Errno.ERANGE.is(answer)
          || Errno.EOVERFLOW.is(answer)
          || Errno.EEXIST.is(answer)
          || Errno.ENOENT.is(answer)) {
        throw new ChangedMeanwhile(name, answer);
      }
      check("change", answer);
      return LibradosObjects.rados_get_last_version(pool.handle());
    } finally {
      LibradosObjects.rados_release_write_op(operation);
    }
  }

  /// Removes the object; nothing where there is none.
  void remove() {
    int answer = LibradosObjects.rados_remove(pool.handle(), name);
    if (!Errno.ENOENT.is(answer)) {
      check("remove", answer);
    }
  }

  // --- advisory locks

  /// @param client as the cluster names it, `client.4127`
  /// @param cookie tells the locks of one client apart
  /// @param address the client's, as the blocklist takes it
  record Locker(String client, String cookie, String address) {}

  /// Takes a lock that one holds at a time. It binds only those who ask for it.
  ///
  /// @param lasting until it is free by itself; zero for as long as nobody unlocks or breaks it
  /// @return false when another holds it; true too when we hold it with this cookie already
  boolean lock(String lock, String cookie, String description, Duration lasting) {
    try (var memory = new Buffers()) {
      Memory duration = memory.zeroed(2 * Long.BYTES);
      duration.setLong(0, lasting.toSeconds());
      duration.setLong(Long.BYTES, lasting.toNanosPart() / 1000);
      int answer =
          LibradosObjects.rados_lock_exclusive(
              pool.handle(),
              name,
              lock,
              cookie,
              description,
              lasting.isZero() ? 0 : address(duration),
              (byte) 0);
      if (Errno.EBUSY.is(answer)) {
        return false;
      }
      if (!Errno.EEXIST.is(answer)) {
        check("lock", answer);
      }
      return true;
    }
  }

  /// @return false when this client does not hold it with this cookie
  boolean unlock(String lock, String cookie) {
    return wasThere("unlock", LibradosObjects.rados_unlock(pool.handle(), name, lock, cookie));
  }

  /// Takes the lock from somebody. He is not told, and goes on if he does not ask: who must be kept
  /// from writing is put on the blocklist first.
  ///
  /// @return false when he does not hold it any more
  boolean breakLock(String lock, Locker locker) {
    return wasThere(
        "break the lock of",
        LibradosObjects.rados_break_lock(
            pool.handle(), name, lock, locker.client(), locker.cookie()));
  }

  private boolean wasThere(String verb, int answer) {
    if (Errno.ENOENT.is(answer)) {
      return false;
    }
    check(verb, answer);
    return true;
  }

  /// Who holds a lock.
  List<Locker> lockers(String lock) {
    int room = 4096;
    while (true) {
      try (var memory = new Buffers()) {
        Memory exclusive = memory.zeroed(Long.BYTES);
        Memory texts = memory.zeroed(4L * room);
        Memory lengths = memory.zeroed(4 * Long.BYTES);
        for (int i = 0; i < 4; i++) {
          lengths.setLong((long) i * Long.BYTES, room);
        }
        long text = address(texts);
        long length = address(lengths);
        long count =
            LibradosObjects.rados_list_lockers(
                pool.handle(),
                name,
                lock,
                address(exclusive),
                text,
                length,
                text + room,
                length + Long.BYTES,
                text + 2L * room,
                length + 2 * Long.BYTES,
                text + 3L * room,
                length + 3 * Long.BYTES);
        if (Errno.ERANGE.is(count)) {
          room *= 4;
          continue;
        }
        if (Errno.ENOENT.is(count)) {
          return List.of();
        }
        check("list the locks of", count);
        var lockers = new ArrayList<Locker>();
        long client = room;
        long cookie = 2L * room;
        long where = 3L * room;
        for (int i = 0; i < count; i++) {
          var locker =
              new Locker(texts.getString(client), texts.getString(cookie), texts.getString(where));
          lockers.add(locker);
          client += utf8(locker.client()).length + 1;
          cookie += utf8(locker.cookie()).length + 1;
          where += utf8(locker.address()).length + 1;
        }
        return lockers;
      }
    }
  }

  // --- watch and notify

  /// Hears of every [#notifyWatchers] from now on, until it is closed.
  ///
  /// @param notified gets what the notifier sent; called on a thread of the library, which it must
  ///   not hold
  /// @param broken called when the cluster has given the watch up, for the client was away: what
  ///   was notified since is lost
  /// @throws StoreFault when there is no such object
  Watch watch(Consumer<byte[]> notified, Runnable broken) {
    return new Watch(notified, broken);
  }

  /// A watch that lasts until it is closed. Closed before the pool is.
  final class Watch implements AutoCloseable {
    private final long handle;

    // Fields, for the library calls them as long as the watch lasts.
    private final LibradosObjects.Notified onNotified;
    private final LibradosObjects.WatchBroken onBroken;

    private Watch(Consumer<byte[]> notified, Runnable broken) {
      this.onNotified =
          (_, notifyId, watch, _, data, length) -> {
            try {
              notified.accept(data == null ? new byte[0] : data.getByteArray(0, (int) length));
            } finally {
              LibradosObjects.rados_notify_ack(pool.handle(), name, notifyId, watch, 0, 0);
            }
          };
      this.onBroken = (_, _, _) -> broken.run();
      // A thread of the library that comes once may come again: it stays attached.
      var attached = new CallbackThreadInitializer(true, false, "vtgt-rados");
      Native.setCallbackThreadInitializer(onNotified, attached);
      Native.setCallbackThreadInitializer(onBroken, attached);
      try (var memory = new Buffers()) {
        Memory out = memory.zeroed(Long.BYTES);
        check(
            "watch",
            LibradosObjects.rados_watch2(
                pool.handle(), name, address(out), onNotified, onBroken, 0));
        handle = out.getLong(0);
      }
    }

    @Override
    public void close() {
      try {
        LibradosObjects.rados_unwatch2(pool.handle(), handle);
      } finally {
        Reference.reachabilityFence(onNotified);
        Reference.reachabilityFence(onBroken);
      }
    }
  }

  /// Tells everybody who watches, ourselves too; returns when all have heard it.
  ///
  /// @return false when some watcher did not answer in time
  boolean notifyWatchers(byte[] data, Duration patience) {
    try (var memory = new Buffers()) {
      var sent = memory.list(List.of(data));
      Memory out = memory.zeroed(2 * Long.BYTES);
      int answer =
          LibradosObjects.rados_notify2(
              pool.handle(),
              name,
              sent.first(),
              data.length,
              patience.toMillis(),
              address(out),
              address(out) + Long.BYTES);
      if (out.getLong(0) != 0) {
        Librados.rados_buffer_free(out.getLong(0));
      }
      if (Errno.ETIMEDOUT.is(answer)) {
        return false;
      }
      check("notify the watchers of", answer);
      return true;
    }
  }

  private void check(String verb, long answer) {
    if (answer < 0) {
      throw Errno.fault(
          "cannot " + verb + " object '" + name + "'", answer, StoreFault.Kind.UNAVAILABLE);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static long address(Memory memory) {
    return Pointer.nativeValue(memory);
  }

  /// Native memory of one call, held until it is over.
  private static final class Buffers implements AutoCloseable {
    private final List<Memory> held = new ArrayList<>();

    Memory zeroed(long bytes) {
      var memory = new Memory(bytes);
      memory.clear();
      held.add(memory);
      return memory;
    }

    /// An array of addresses and an array of lengths, as the library takes lists.
    NativeList list(List<byte[]> items) {
      long total = items.stream().mapToLong(item -> item.length).sum();
      Memory bytes = zeroed(Math.max(1, total));
      Memory addresses = zeroed(Math.max(1, items.size()) * (long) Long.BYTES);
      Memory lengths = zeroed(Math.max(1, items.size()) * (long) Long.BYTES);
      long offset = 0;
      for (int i = 0; i < items.size(); i++) {
        byte[] item = items.get(i);
        bytes.write(offset, item, 0, item.length);
        addresses.setLong((long) i * Long.BYTES, address(bytes) + offset);
        lengths.setLong((long) i * Long.BYTES, item.length);
        offset += item.length;
      }
      return new NativeList(address(addresses), address(lengths), address(bytes));
    }

    @Override
    public void close() {
      held.forEach(Memory::close);
    }
  }

  /// @param first address of the first item's bytes
  private record NativeList(long addresses, long lengths, long first) {}
}
