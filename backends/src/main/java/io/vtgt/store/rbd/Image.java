package io.vtgt.store.rbd;

import io.vtgt.store.Extent;
import io.vtgt.store.Snapshots.Snapshot;
import io.vtgt.store.StoreFault;
import java.util.List;
import java.util.Optional;

/// An image that is open in one client of a cluster. [NativeImage] is the real one; tests put their
/// own in its place.
///
/// The asynchronous calls never wait. Each returns 0 when it was taken, and then tells its result
/// once; or the negative error number, and then nobody is told. Memory whose address is passed
/// stays untouched until then.
///
/// The blocking calls may take until the cluster comes back, and fail with [StoreFault].
///
/// After [#close()] nothing may be called.
interface Image {

  /// @param id does not change as long as the image lives; another image of the name has another
  /// @param bytes size
  /// @param objectBytes, stripeUnit, stripeCount how it is laid out in objects
  /// @param features, flags as in [Librbd]
  /// @param discardGranularity what a discard really frees, bytes; smaller ranges are left alone
  record Description(
      String id,
      long bytes,
      long objectBytes,
      long stripeUnit,
      long stripeCount,
      long features,
      long flags,
      int discardGranularity) {

    boolean has(long feature) {
      return (features & feature) != 0;
    }

    /// Which objects exist is known without asking for each of them.
    boolean knowsObjects() {
      return has(Librbd.FEATURE_FAST_DIFF)
          && (flags & (Librbd.FLAG_OBJECT_MAP_INVALID | Librbd.FLAG_FAST_DIFF_INVALID)) == 0;
    }
  }

  // --- asynchronous

  int read(Answered by, long offset, long length, long address);

  int write(Answered by, long offset, long length, long address);

  /// @param vector `count` pairs of address and length, each a long
  int writev(Answered by, long offset, long vector, int count);

  int flush(Answered by);

  int discard(Answered by, long offset, long length);

  /// @param thick storage stays allocated
  int writeZeroes(Answered by, long offset, long length, boolean thick);

  int writeSame(Answered by, long offset, long length, long pattern, long patternLength);

  /// Atomic against every other client. A difference is answered with EILSEQ.
  ///
  /// @param mismatchOut where the offset of the first difference goes, a long
  int compareAndWrite(
      Answered by, long offset, long length, long expected, long data, long mismatchOut);

  /// Asks whether the image's header is there.
  int ping(Answered by);

  // --- blocking

  Description describe();

  long bytes();

  /// Whether what is stored is not what is read: the objects tell nothing of the content then.
  boolean encrypted();

  /// Calls `changed` whenever the header changed (size, snapshots), on any thread; it must not
  /// block.
  void watch(Runnable changed);

  void resize(long bytes);

  /// By whole objects, in order, covering the range.
  List<Extent> extents(long offset, long length);

  /// Whether this open image holds the exclusive lock; asks the cluster.
  boolean ownsLock();

  /// The address of whoever holds the exclusive lock; empty when nobody does.
  Optional<String> lockOwner();

  /// Whether a client is alive as far as the cluster knows: it watches the image.
  boolean isWatchedBy(String address);

  /// Takes the exclusive lock for good. Another owner is asked for it, and may refuse.
  ///
  /// @return whether we have it now
  boolean acquireLock();

  void releaseLock();

  /// Shuts the owner out of the cluster and frees the lock.
  void breakLock(String owner);

  /// The address of our own client, as [#lockOwner()] would tell it.
  String clientAddress();

  List<Snapshot> snapshots();

  void createSnapshot(String name);

  void rollBack(String snapshot);

  void removeSnapshot(String name);

  void protectSnapshot(String name, boolean isProtected);

  /// The client is shut out of the cluster: whoever opens an image from now on gets another one.
  void clientIsLost();

  void close();
}
