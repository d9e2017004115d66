package io.vtgt.store.rbd;

import io.vtgt.store.StoreFault;

/// The error numbers of Ceph's libraries, and what they mean to a store.
enum Errno {
  EPERM(1, "not permitted"),
  ENOENT(2, "not there"),
  EIO(5, "input/output error"),
  EAGAIN(11, "try again"),
  EACCES(13, "permission denied"),
  EBUSY(16, "busy"),
  EEXIST(17, "it exists"),
  EINVAL(22, "invalid argument"),
  EFBIG(27, "too large"),
  ENOSPC(28, "no space left in the cluster"),
  EROFS(30, "read-only, or locked by another client"),
  ERANGE(34, "the buffer is too small"),
  EOVERFLOW(75, "it has an older version"),
  EILSEQ(84, "the compared bytes differ"),
  EOPNOTSUPP(95, "not supported"),
  ENOTCONN(107, "not connected"),
  ESHUTDOWN(108, "this client was shut out of the cluster (blocklist)"),
  ETIMEDOUT(110, "no answer in time"),
  EDQUOT(122, "the pool's quota is used up");

  private final int number;
  private final String words;

  Errno(int number, String words) {
    this.number = number;
    this.words = words;
  }

  /// Whether a native call answered this.
  boolean is(long result) {
    return result == -number;
  }

  /// What a native call answers for this.
  int result() {
    return -number;
  }

  /// What went wrong in words: `no space left in the cluster (ENOSPC)`.
  static String text(long result) {
    for (Errno errno : values()) {
      if (errno.is(result)) {
        return errno.words + " (" + errno + ")";
      }
    }
    return "error " + -result;
  }

  /// The fault for a call that failed.
  ///
  /// @param what was done to what, for the message
  /// @param result negative
  /// @param otherwise the kind where the number says nothing about it
  static StoreFault fault(String what, long result, StoreFault.Kind otherwise) {
    return new StoreFault(kind(result, otherwise), what + ": " + text(result));
  }

  private static StoreFault.Kind kind(long result, StoreFault.Kind otherwise) {
    for (Errno errno : values()) {
      if (errno.is(result)) {
        return switch (errno) {
          case ENOSPC, EDQUOT -> StoreFault.Kind.OUT_OF_SPACE;
          case EROFS, EPERM, EACCES -> StoreFault.Kind.READ_ONLY;
          case ESHUTDOWN, ENOTCONN, ETIMEDOUT, EAGAIN, EBUSY, ENOENT -> StoreFault.Kind.UNAVAILABLE;
          case EINVAL, EFBIG, ERANGE -> StoreFault.Kind.OUT_OF_RANGE;
          case EOPNOTSUPP -> StoreFault.Kind.UNSUPPORTED;
          case EIO, EEXIST, EILSEQ, EOVERFLOW -> otherwise;
        };
      }
    }
    return otherwise;
  }
}
