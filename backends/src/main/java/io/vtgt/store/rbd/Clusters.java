package io.vtgt.store.rbd;

import io.vtgt.store.StoreFault;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// The connections of this process. Who asks with equal options gets the same one: an image costs
/// next to nothing on a connection, a connection costs fifteen threads.
///
/// The price of sharing: when the cluster shuts the client out, every image on it is affected.
final class Clusters {
  private static final Map<ClusterOptions, CompletableFuture<Cluster>> OPEN = new HashMap<>();

  private Clusters() {}

  /// A connection, to be given back by [Cluster#release()]. Blocks; several that ask at once wait
  /// for one connection.
  ///
  /// @throws StoreFault that says in words why there is none
  static Cluster connect(ClusterOptions options) {
    CompletableFuture<Cluster> connection;
    boolean ours = false;
    synchronized (OPEN) {
      connection = OPEN.get(options);
      if (connection == null) {
        connection = new CompletableFuture<>();
        OPEN.put(options, connection);
        ours = true;
      }
    }
    if (ours) {
      try {
        connection.complete(Cluster.connect(options));
      } catch (Throwable e) {
        synchronized (OPEN) {
          OPEN.remove(options, connection);
        }
        connection.completeExceptionally(e);
      }
    }
    Cluster cluster;
    try {
      cluster = connection.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreFault fault) {
        throw new StoreFault(fault.kind(), fault.getMessage(), fault);
      }
      throw e;
    }
    synchronized (OPEN) {
      if (!cluster.ended) {
        cluster.users++;
        return cluster;
      }
    }
    return connect(options); // its last user gave it back between our two looks
  }

  /// Gives nobody this connection any more.
  static void forget(Cluster cluster) {
    synchronized (OPEN) {
      CompletableFuture<Cluster> known = OPEN.get(cluster.options());
      if (known != null && known.isDone() && cluster.equals(known.getNow(null))) {
        OPEN.remove(cluster.options());
      }
    }
  }

  /// @return whether that was the last user: then the caller ends the connection
  static boolean release(Cluster cluster) {
    synchronized (OPEN) {
      if (--cluster.users > 0) {
        return false;
      }
      forget(cluster);
      cluster.ended = true;
      return true;
    }
  }
}
