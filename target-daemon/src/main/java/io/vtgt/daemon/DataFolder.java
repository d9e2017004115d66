package io.vtgt.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The daemon's data folder, held by one daemon at a time: the file `lock` in it is locked as long
/// as the daemon runs, and holds its process id. The kernel gives the lock back when the process
/// ends, however it ends.
///
/// | path | holds |
/// | --- | --- |
/// | `lock` | process id of the daemon that uses the folder |
/// | `state/` | what survives a restart, see [FolderStateStore] |
/// | others | files of stores with a relative path |
final class DataFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private DataFolder(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /// Makes the folder where it is missing and takes it. Blocks.
  ///
  /// @throws StartFault when another daemon has it, or it cannot be made or written
  @SuppressWarnings("resource") // the channel lives as long as the folder is held
  static DataFolder take(Path path) {
    FileChannel channel = null;
    try {
      Files.createDirectories(path);
      channel =
          FileChannel.open(
              path.resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      var lock = tryLock(channel);
      if (lock == null) {
        var holder = holder(channel);
        channel.close();
        throw new StartFault(
            "data folder "
                + path
                + " is in use by another vtgtd"
                + (holder.isEmpty() ? "" : " (process " + holder + ")")
                + "; give this one its own with --data");
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
          0);
      return new DataFolder(path, channel, lock);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new StartFault("data folder " + path + " cannot be used: " + IoWords.of(e), e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null; // held by another daemon of this very process
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    var bytes = ByteBuffer.allocate(20);
    channel.read(bytes, 0);
    var text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
    return text.chars().allMatch(Character::isDigit) ? text : "";
  }

  Path path() {
    return path;
  }

  Path state() {
    return path.resolve("state");
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException _) {
      // The failure that brought us here is the one to tell.
    }
  }
}
