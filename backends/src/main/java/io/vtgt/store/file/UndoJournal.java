package io.vtgt.store.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.vtgt.store.StoreFault;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a write to a file whole or nothing, whatever ends it: before the write, what the range
/// held goes durably into a file beside it; afterwards that is wiped, durably too. Whoever opens
/// the file and finds a whole record there puts the old bytes back, as if the write had never been.
///
/// Undo, not redo: a write that fails (no room, a bad block) must leave the old bytes too, and
/// these are where they were read from.
///
/// One write at a time; it costs three syncs. All of it blocks: the pool's threads only.
final class UndoJournal {
  private static final Logger LOG = LoggerFactory.getLogger(UndoJournal.class);

  private static final String SUFFIX = ".undo";
  private static final int OWNER_AND_GROUP = 0640;

  /// The longest range, bytes.
  static final int MAX_LENGTH = 1 << 20;

  /// What direct I/O may ask of memory, offsets and lengths.
  static final int ALIGNMENT = 4096;

  // The record: a header, and at DATA what the range held.
  private static final long MAGIC = 0x7674_6774_756e_646fL; // "vtgtundo"
  private static final int CHECKSUM = 8, INODE = 16, OFFSET = 24, LENGTH = 32, DATA = ALIGNMENT;

  private final Path file;
  private final Path journal;
  private final int fd;
  private final long inode;

  // Under this object's monitor: opened with the first write, kept until the store is closed.
  private int journalFd = -1;

  /// @param fd of the file, which outlives the journal
  UndoJournal(Path file, int fd) {
    this.file = file;
    this.journal = file.resolveSibling(file.getFileName() + SUFFIX);
    this.fd = fd;
    this.inode = inode(file);
  }

  /// Undoes the write that was under way when the file was last in use, if there was one.
  ///
  /// @param readOnly what would have to be undone is then a failure: the file cannot be served
  synchronized void recover(boolean readOnly) {
    if (!Files.exists(journal)) {
      return;
    }
    int opened = must("open", Posix.open(journal, readOnly ? Posix.O_RDONLY : Posix.O_RDWR, 0));
    try {
      ByteBuf record = memory(DATA + MAX_LENGTH);
      try {
        int length = readUpTo(opened, record);
        if (isWhole(record, length)) {
          undo(opened, record, readOnly);
        }
      } finally {
        record.release();
      }
    } finally {
      Posix.close(opened);
    }
  }

  private void undo(int opened, ByteBuf record, boolean readOnly) {
    int length = record.getInt(LENGTH);
    long offset = record.getLong(OFFSET);
    if (readOnly) {
      throw new StoreFault(
          StoreFault.Kind.UNAVAILABLE,
          file + " was left within an atomic write: it must be opened for writing once");
    }
    writeFully(fd, record.memoryAddress() + DATA, length, offset);
    must("sync", Posix.fdatasync(fd));
    wipe(opened, length);
    LOG.warn(
        "{}: an atomic write of {} bytes at {} was cut off and is undone", file, length, offset);
  }

  /// Writes bytes of memory durably, or nothing.
  ///
  /// @param offset a multiple of [#ALIGNMENT], as are `address` with direct I/O and `length`
  /// @param length [#MAX_LENGTH] at most
  /// @throws StoreFault when the old bytes stand again
  /// @throws NotUndone when neither the old bytes nor the new ones may be relied on before the file
  ///   is opened again
  synchronized void write(long offset, long address, int length) {
    ByteBuf record = memory(DATA + length);
    try {
      remember(record, offset, length);
      replace(offset, address, length, record);
    } finally {
      record.release();
    }
  }

  /// Puts what the range holds now into the journal, durably.
  ///
  /// @param record empty; filled with what is written
  synchronized void remember(ByteBuf record, long offset, int length) {
    record.writeZero(DATA);
    record.setLong(0, MAGIC).setLong(INODE, inode).setLong(OFFSET, offset).setInt(LENGTH, length);
    readFully(fd, record.memoryAddress() + DATA, length, offset);
    record.writerIndex(DATA + length);
    record.setLong(CHECKSUM, checksum(record));
    int opened = journalFd();
    try {
      writeFully(opened, record.memoryAddress(), DATA + length, 0);
      must("sync", Posix.fdatasync(opened));
    } catch (StoreFault e) {
      wipeOr(opened, length, e); // it may be there in full
      throw e;
    }
  }

  private void replace(long offset, long address, int length, ByteBuf record) {
    int opened = journalFd();
    try {
      writeFully(fd, address, length, offset);
      must("sync", Posix.fdatasync(fd));
    } catch (StoreFault e) {
      try {
        writeFully(fd, record.memoryAddress() + DATA, length, offset);
      } catch (StoreFault worse) {
        e.addSuppressed(worse);
        throw new NotUndone(e);
      }
      wipeOr(opened, length, e);
      throw e;
    }
    wipeOr(opened, length, null);
  }

  /// A record that stays would undo what is written later.
  private void wipeOr(int opened, int length, StoreFault cause) {
    try {
      wipe(opened, length);
    } catch (StoreFault e) {
      if (cause != null) {
        e.addSuppressed(cause);
      }
      throw new NotUndone(e);
    }
  }

  /// Overwrites the whole record: a unit's data shall not outlive a sanitize here.
  private void wipe(int opened, int length) {
    ByteBuf zeroes = memory(DATA + length);
    try {
      zeroes.writeZero(DATA + length);
      writeFully(opened, zeroes.memoryAddress(), DATA + length, 0);
      must("sync", Posix.fdatasync(opened));
    } finally {
      zeroes.release();
    }
  }

  synchronized void close() {
    if (journalFd >= 0) {
      Posix.close(journalFd);
      journalFd = -1;
    }
  }

  private int journalFd() {
    if (journalFd < 0) {
      int opened = must("open", Posix.open(journal, Posix.O_RDWR | Posix.O_CREAT, OWNER_AND_GROUP));
      try {
        must("sync", Posix.fsync(opened));
        int folder = must("open", Posix.open(journal.getParent(), Posix.O_RDONLY, 0));
        try {
          must("sync", Posix.fsync(folder)); // the record must be found by its name
        } finally {
          Posix.close(folder);
        }
      } catch (StoreFault e) {
        Posix.close(opened);
        throw e;
      }
      journalFd = opened;
    }
    return journalFd;
  }

  private boolean isWhole(ByteBuf record, int length) {
    if (length < DATA || record.getLong(0) != MAGIC || record.getLong(INODE) != inode) {
      return false;
    }
    int dataLength = record.getInt(LENGTH);
    return dataLength > 0
        && dataLength <= length - DATA
        && record.getLong(CHECKSUM) == checksum(record);
  }

  private static long checksum(ByteBuf record) {
    CRC32C checksum = new CRC32C();
    ByteBuffer bytes = record.nioBuffer(INODE, DATA - INODE + record.getInt(LENGTH));
    checksum.update(bytes);
    return checksum.getValue();
  }

  static ByteBuf memory(int length) {
    ByteBuf room = PooledByteBufAllocator.DEFAULT.directBuffer(length + ALIGNMENT);
    int start = (int) (-room.memoryAddress() & (ALIGNMENT - 1));
    return room.slice(start, length).clear();
  }

  private static long inode(Path file) {
    try {
      return (long) Files.getAttribute(file, "unix:ino");
    } catch (java.io.IOException e) {
      throw new StoreFault(StoreFault.Kind.UNAVAILABLE, file + " cannot be looked at: " + e, e);
    }
  }

  private int readUpTo(int from, ByteBuf into) {
    int done = 0;
    while (done < into.capacity()) {
      int result = Posix.pread(from, into.memoryAddress() + done, into.capacity() - done, done);
      if (result == -Posix.EINTR) {
        continue;
      }
      if (must("read", result) == 0) {
        break;
      }
      done += result;
    }
    into.writerIndex(done);
    return done;
  }

  private void readFully(int from, long address, int length, long offset) {
    for (int done = 0; done < length; ) {
      int result = Posix.pread(from, address + done, length - done, offset + done);
      if (result == 0) {
        throw new StoreFault(
            StoreFault.Kind.READ_ERROR, file + " ends before byte " + (offset + length));
      }
      if (result != -Posix.EINTR) {
        done += must("read", result);
      }
    }
  }

  private void writeFully(int to, long address, int length, long offset) {
    for (int done = 0; done < length; ) {
      int result = Posix.pwrite(to, address + done, length - done, offset + done, 0);
      if (result != -Posix.EINTR) {
        done += must("write", result);
      }
    }
  }

  private int must(String step, int result) {
    if (result < 0) {
      throw Transfer.fault(
          "atomic write, " + step + " of " + file + " or " + journal.getFileName(),
          -result,
          StoreFault.Kind.WRITE_ERROR);
    }
    return result;
  }

  /// What the range holds is not known, or the record could not be wiped: the file must be opened
  /// again before anything about durability is true.
  static final class NotUndone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotUndone(StoreFault cause) {
      super(cause);
    }

    StoreFault fault() {
      return (StoreFault) getCause();
    }
  }
}
