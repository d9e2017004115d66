package io.vtgt.store.rbd;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/// The calls of `librbd.so.1` that make, name and remove images, otherwise as [Librbd]. All of them
/// block.
final class LibrbdMedia {
  // RBD_IMAGE_OPTION_…
  static final int OPTION_FEATURES = 1;
  static final int OPTION_ORDER = 2;
  static final int OPTION_STRIPE_UNIT = 3;
  static final int OPTION_STRIPE_COUNT = 4;
  static final int OPTION_DATA_POOL = 10;

  static {
    Native.register(LibrbdMedia.class, NativeLibrary.getInstance(Librbd.LIBRARY));
  }

  private LibrbdMedia() {}

  /// Opens without a watch: size and snapshots stay as they are then.
  static native int rbd_open_by_id_read_only(long pool, String id, long handleOut, String snapshot);

  /// @param imagesOut `rbd_image_spec_t`: addresses of id and name
  static native int rbd_list2(long pool, long imagesOut, long countInOut);

  static native void rbd_image_spec_list_cleanup(long images, long count);

  /// @param optionsOut a handle of options
  static native void rbd_image_options_create(long optionsOut);

  static native void rbd_image_options_destroy(long options);

  static native int rbd_image_options_set_uint64(long options, int option, long value);

  static native int rbd_image_options_set_string(long options, int option, String value);

  static native int rbd_create4(long pool, String name, long bytes, long options);

  static native int rbd_clone3(
      long parentPool, String parent, String snapshot, long pool, String name, long options);

  static native int rbd_remove(long pool, String name);

  /// @param parentOut `rbd_linked_image_spec_t`: id of the pool, then addresses of the names of
  ///   pool and namespace, of id and name of the image, and whether it is in the trash
  /// @param snapshotOut `rbd_snap_spec_t`: id, kind, address of the name
  static native int rbd_get_parent(long image, long parentOut, long snapshotOut);

  static native void rbd_linked_image_spec_cleanup(long parent);

  static native void rbd_snap_spec_cleanup(long snapshot);

  /// @param entriesOut `rbd_trash_image_info_t`: addresses of id and name, source, when it was
  ///   thrown away, until when it is kept
  static native int rbd_trash_list(long pool, long entriesOut, long countInOut);

  static native void rbd_trash_list_cleanup(long entries, long count);

  /// @param name empty for the one it had
  static native int rbd_trash_restore(long pool, String id, String name);

  static native long rbd_get_data_pool_id(long image);

  /// Of librados.
  static final class Pools {
    static {
      Native.register(Pools.class, NativeLibrary.getInstance(Librados.LIBRARY));
    }

    private Pools() {}

    /// @return the connection that a pool was opened by
    static native long rados_ioctx_get_cluster(long pool);

    /// @return the length of the name, or ERANGE
    static native int rados_pool_reverse_lookup(long cluster, long id, long textOut, long room);
  }
}
