package io.vtgt.store.rbd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Remembers in the data folder, of which this process is the only user, under which address we
/// took an image's lock. So a gateway that died and was started again knows the lock it left behind
/// from another gateway's, and needs nobody's leave to break it.
///
/// It is a help, not a must: what cannot be written or read is as if it were not there.
final class LockRecord {
  private static final Logger LOG = LoggerFactory.getLogger(LockRecord.class);

  private final RbdOptions options;

  LockRecord(RbdOptions options) {
    this.options = options;
  }

  void ours(String imageId, String address) {
    try {
      Files.createDirectories(options.lockRecords());
      Files.writeString(file(imageId), address);
    } catch (IOException e) {
      LOG.warn("{}: the lock cannot be remembered: {}", options.name(), e.toString());
    }
  }

  boolean isOurs(String imageId, String owner) {
    try {
      Path file = file(imageId);
      return Files.exists(file) && Cluster.sameClient(Files.readString(file).strip(), owner);
    } catch (IOException e) {
      LOG.warn("{}: which lock is ours is not known: {}", options.name(), e.toString());
      return false;
    }
  }

  void drop(String imageId) {
    try {
      Files.deleteIfExists(file(imageId));
    } catch (IOException e) {
      LOG.debug("{}: {}", options.name(), e.toString());
    }
  }

  private Path file(String imageId) {
    return options
        .lockRecords()
        .resolve((options.pool() + "." + imageId).replaceAll("[^A-Za-z0-9._-]", "_"));
  }
}
