package io.vtgt.store.rbd;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/// The calls of `librados.so.2` that are used and that rados-java lacks, or does not do well;
/// otherwise as [Librbd].
final class Librados {
  static final String LIBRARY = "librados.so.2";

  static {
    Native.register(Librados.class, NativeLibrary.getInstance(LIBRARY));
  }

  private Librados() {}

  /// @return the client's number in the cluster
  static native long rados_get_instance_id(long cluster);

  /// @param textOut address of the client's addresses, to be given back by [#rados_buffer_free]
  static native int rados_getaddrs(long cluster, long textOut);

  static native void rados_buffer_free(long text);

  /// Waits until the client knows of what the monitors decided, such as a blocklist entry.
  static native int rados_wait_for_latest_osdmap(long cluster);

  /// @param commands addresses of JSON texts
  /// @param answerOut address of the answer, to be given back by [#rados_buffer_free]; `statusOut`
  ///   likewise
  static native int rados_mon_command(
      long cluster,
      long commands,
      long count,
      long input,
      long inputLength,
      long answerOut,
      long answerLengthOut,
      long statusOut,
      long statusLengthOut);

  /// Writes to a full pool or cluster are refused, not held.
  static native void rados_set_pool_full_try(long pool);

  static native int rados_aio_create_completion2(long argument, long callback, long completionOut);

  static native int rados_aio_get_return_value(long completion);

  static native void rados_aio_release(long completion);

  static native int rados_aio_stat(
      long pool, String object, long completion, long bytesOut, long timeOut);
}
