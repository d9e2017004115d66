package io.vtgt.store.rbd;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/// The calls of `librbd.so.1` that are used, by their own names, mapped directly by JNA.
///
/// Handles and addresses are plain numbers (0 is null). Whoever passes the address of memory keeps
/// that memory until the call, or the completion of an asynchronous one, is done with it. Results
/// are 0 or a count, or the negative error number ([Errno]).
///
/// The first use of this class loads the library; [NativeLibraries#require] says in words when it
/// cannot be loaded.
final class Librbd {
  static final String LIBRARY = "librbd.so.1";

  static final long FEATURE_EXCLUSIVE_LOCK = 1 << 2;
  static final long FEATURE_OBJECT_MAP = 1 << 3;
  static final long FEATURE_FAST_DIFF = 1 << 4;

  /// `RBD_FLAG_OBJECT_MAP_INVALID` and `RBD_FLAG_FAST_DIFF_INVALID`.
  static final long FLAG_OBJECT_MAP_INVALID = 1;

  static final long FLAG_FAST_DIFF_INVALID = 2;

  static final int LOCK_EXCLUSIVE = 0;

  /// `RBD_WRITE_ZEROES_FLAG_THICK_PROVISION`: storage stays allocated behind the zeroes.
  static final int WRITE_ZEROES_THICK = 1;

  /// `rbd_encryption_format_t`: LUKS2 and LUKS1 (from 16.2 on), either of them (from 17.2 on).
  static final int ENCRYPTION_LUKS1 = 0;

  static final int ENCRYPTION_LUKS2 = 1;
  static final int ENCRYPTION_LUKS = 2;

  static {
    Native.register(Librbd.class, NativeLibrary.getInstance(LIBRARY));
  }

  private Librbd() {}

  /// `rbd_callback_t`, `rados_callback_t`: an asynchronous call is done. Runs on a thread of the
  /// library.
  interface Completed extends Callback {
    void callback(long completion, long argument);
  }

  /// `rbd_update_callback_t`: the image's header changed. Runs on a thread of the library.
  interface Updated extends Callback {
    void callback(long argument);
  }

  /// `librbd_progress_fn_t`: how far a long call is. A negative answer ends it.
  interface Progress extends Callback {
    int callback(long done, long total, long argument);
  }

  /// The callback of `rbd_diff_iterate2`, on the calling thread: a run of bytes that exists or not.
  /// A negative answer ends the walk.
  interface DiffVisitor extends Callback {
    int callback(long offset, long length, int exists, long argument);
  }

  /// The address of a callback that native threads call often: they are attached to the virtual
  /// machine once, not for each call (forty times the price). The caller keeps the callback in a
  /// static field: it must never be collected.
  static long entry(Callback callback) {
    Native.setCallbackThreadInitializer(
        callback, new CallbackThreadInitializer(true, false, "vtgt-rbd-callback"));
    return Pointer.nativeValue(CallbackReference.getFunctionPointer(callback));
  }

  // --- opening and closing; each may block for long

  /// Opens for reading and writing, and watches the header.
  static native int rbd_open(long pool, String image, long handleOut, String snapshot);

  /// Opens without a watch: the size does not follow.
  static native int rbd_open_read_only(long pool, String image, long handleOut, String snapshot);

  static native int rbd_close(long image);

  // --- asynchronous calls: 0 when taken, and then the completion tells the result

  static native int rbd_aio_create_completion(long argument, long callback, long completionOut);

  /// @return what the call answers: bytes read, 0, or the negative error number
  static native long rbd_aio_get_return_value(long completion);

  static native void rbd_aio_release(long completion);

  static native int rbd_aio_read(
      long image, long offset, long length, long address, long completion);

  /// @param vector addresses and lengths (`struct iovec`)
  static native int rbd_aio_readv(long image, long vector, int count, long offset, long completion);

  static native int rbd_aio_write(
      long image, long offset, long length, long address, long completion);

  /// @param vector addresses and lengths (`struct iovec`)
  static native int rbd_aio_writev(
      long image, long vector, int count, long offset, long completion);

  static native int rbd_aio_flush(long image, long completion);

  static native int rbd_aio_discard(long image, long offset, long length, long completion);

  static native int rbd_aio_write_zeroes(
      long image, long offset, long length, long completion, int zeroFlags, int operationFlags);

  static native int rbd_aio_writesame(
      long image,
      long offset,
      long length,
      long pattern,
      long patternLength,
      long completion,
      int operationFlags);

  /// Decided on the OSD. A difference is the error EILSEQ, and its place goes to `mismatchOut`.
  static native long rbd_aio_compare_and_write(
      long image,
      long offset,
      long length,
      long expected,
      long data,
      long completion,
      long mismatchOut,
      int operationFlags);

  // --- what an image is

  static native int rbd_get_size(long image, long bytesOut);

  /// @param infoOut `rbd_image_info_t`: the object size is its second long
  static native int rbd_stat(long image, long infoOut, long infoLength);

  static native int rbd_get_features(long image, long featuresOut);

  static native int rbd_get_flags(long image, long flagsOut);

  static native int rbd_get_stripe_unit(long image, long bytesOut);

  static native int rbd_get_stripe_count(long image, long countOut);

  static native int rbd_get_id(long image, long textOut, long room);

  static native int rbd_metadata_get(long image, String key, long textOut, long roomInOut);

  static native int rbd_metadata_set(long image, String key, String value);

  static native int rbd_metadata_remove(long image, String key);

  /// The options that hold for this image, whoever set them.
  ///
  /// @param optionsOut `rbd_config_option_t`: name, value, source; three words each
  static native int rbd_config_image_list(long image, long optionsOut, long countInOut);

  static native void rbd_config_image_list_cleanup(long options, int count);

  /// @param progress must not be null
  static native int rbd_resize2(
      long image, long bytes, boolean allowShrink, Progress progress, long argument);

  static native int rbd_update_watch(long image, long handleOut, long callback, long argument);

  static native int rbd_update_unwatch(long image, long handle);

  /// @param from snapshot to compare with; null for "since it was made"
  static native int rbd_diff_iterate2(
      long image,
      String from,
      long offset,
      long length,
      byte includeParent,
      byte wholeObjects,
      DiffVisitor visitor,
      long argument);

  // --- the exclusive lock

  static native int rbd_is_exclusive_lock_owner(long image, long isOwnerOut);

  /// Takes the lock for good: others' requests for it are refused until it is released.
  static native int rbd_lock_acquire(long image, int mode);

  static native int rbd_lock_release(long image);

  /// @param ownersOut addresses of texts, to be given back by the cleanup
  static native int rbd_lock_get_owners(long image, long modeOut, long ownersOut, long countInOut);

  static native void rbd_lock_get_owners_cleanup(long owners, long count);

  /// Shuts the owner out of the cluster (blocklist) and takes the lock away from it.
  static native int rbd_lock_break(long image, int mode, String owner);

  /// @param watchersOut `rbd_image_watcher_t`: address of a text, id, cookie; three words each
  static native int rbd_watchers_list(long image, long watchersOut, long countInOut);

  static native void rbd_watchers_list_cleanup(long watchers, long count);

  // --- snapshots

  /// @param snapshotsOut `rbd_snap_info_t`: id, bytes, address of the name; three words each
  /// @return how many, or ERANGE with the number wanted in `countInOut`
  static native int rbd_snap_list(long image, long snapshotsOut, long countInOut);

  static native void rbd_snap_list_end(long snapshots);

  static native int rbd_snap_create(long image, String name);

  static native int rbd_snap_remove(long image, String name);

  static native int rbd_snap_rollback(long image, String name);

  static native int rbd_snap_protect(long image, String name);

  static native int rbd_snap_unprotect(long image, String name);

  static native int rbd_snap_is_protected(long image, String name, long isProtectedOut);

  /// Reads from the snapshot from now on; null for the image itself.
  static native int rbd_snap_set(long image, String name);

  /// @param timeOut `struct timespec`
  static native int rbd_snap_get_timestamp(long image, long id, long timeOut);

  // --- pools and the life of an image

  /// @param pool open without a namespace
  static native int rbd_namespace_exists(long pool, String namespace, long existsOut);

  /// Moves an image to the trash, where it stays `delaySeconds` at least.
  static native int rbd_trash_move(long pool, String name, long delaySeconds);

  /// What older libraries do not have.
  static final class Encryption {
    static {
      Native.register(Encryption.class, NativeLibrary.getInstance(LIBRARY));
    }

    private Encryption() {}

    /// Opens the LUKS header in the image; from then on offsets and size are those of its content.
    static native int rbd_encryption_load(long image, int format, long options, long optionsLength);
  }
}
