package io.vtgt.store.rbd;

import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/// The calls of `librados.so.2` for single objects: write and read operations of several steps,
/// omap, advisory locks, watch and notify. Addresses are passed as `long`; who passes one keeps its
/// memory alive.
final class LibradosObjects {
  static {
    Native.register(LibradosObjects.class, NativeLibrary.getInstance(Librados.LIBRARY));
  }

  private LibradosObjects() {}

  // --- operations that happen whole or not at all

  static native long rados_create_write_op();

  static native void rados_release_write_op(long operation);

  /// The operation fails with -ERANGE or -EOVERFLOW where the object has another version.
  static native void rados_write_op_assert_version(long operation, long version);

  /// @param exclusive not 0: fails with -EEXIST where the object is there
  static native void rados_write_op_create(long operation, int exclusive, long category);

  static native void rados_write_op_omap_set2(
      long operation, long keys, long values, long keyLengths, long valueLengths, long count);

  static native void rados_write_op_omap_rm_keys2(
      long operation, long keys, long keyLengths, long count);

  static native int rados_write_op_operate(
      long operation, long pool, String object, long time, int flags);

  static native long rados_create_read_op();

  static native void rados_release_read_op(long operation);

  static native void rados_read_op_omap_get_vals2(
      long operation,
      String after,
      String prefix,
      long most,
      long iteratorOut,
      long moreOut,
      long resultOut);

  static native int rados_read_op_operate(long operation, long pool, String object, int flags);

  static native int rados_omap_get_next2(
      long iterator, long keyOut, long valueOut, long keyLengthOut, long valueLengthOut);

  static native void rados_omap_get_end(long iterator);

  /// The version of the object that the last operation of this pool handle read or made.
  static native long rados_get_last_version(long pool);

  static native int rados_remove(long pool, String object);

  // --- advisory locks

  static native int rados_lock_exclusive(
      long pool,
      String object,
      String name,
      String cookie,
      String description,
      long duration,
      byte flags);

  static native int rados_unlock(long pool, String object, String name, String cookie);

  static native int rados_break_lock(
      long pool, String object, String name, String client, String cookie);

  static native long rados_list_lockers(
      long pool,
      String object,
      String name,
      long exclusiveOut,
      long tag,
      long tagLength,
      long clients,
      long clientsLength,
      long cookies,
      long cookiesLength,
      long addresses,
      long addressesLength);

  // --- watch and notify

  /// Somebody has notified. Comes on a thread of the library.
  interface Notified extends Callback {
    void invoke(
        Pointer argument, long notifyId, long handle, long notifier, Pointer data, long length);
  }

  /// The watch is broken: the client was away for too long.
  interface WatchBroken extends Callback {
    void invoke(Pointer argument, long handle, int error);
  }

  static native int rados_watch2(
      long pool,
      String object,
      long handleOut,
      Notified notified,
      WatchBroken broken,
      long argument);

  static native int rados_unwatch2(long pool, long handle);

  static native int rados_notify2(
      long pool,
      String object,
      long data,
      int length,
      long timeoutMillis,
      long answersOut,
      long answersLengthOut);

  static native int rados_notify_ack(
      long pool, String object, long notifyId, long handle, long data, int length);
}
