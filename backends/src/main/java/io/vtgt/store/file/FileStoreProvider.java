package io.vtgt.store.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Geometry;
import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens a [FileStore], and makes the file where that is wanted.
public final class FileStoreProvider implements StoreProvider {
  private static final Logger LOG = LoggerFactory.getLogger(FileStoreProvider.class);

  private static final int OWNER_AND_GROUP = 0640;

  /// `S_IFMT` and `S_IFBLK` of `stat`.
  private static final int TYPE_MASK = 0170000;

  private static final int BLOCK_DEVICE = 0060000;

  private static final int PAGE_LENGTH = 4096;

  @Override
  public String kind() {
    return "file";
  }

  @Override
  public String summary() {
    return "A file or a block device of this machine, with asynchronous I/O.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("path", "string", true, "", "file or device; relative to the data folder"),
        new Option("size", "size", false, "", "size of a file that is created"),
        new Option(
            "create",
            "boolean",
            false,
            "true where size is given",
            "create a missing file, sparse"),
        new Option("direct", "boolean", false, "false", "bypass the page cache (O_DIRECT)"),
        new Option("sync", "boolean", false, "false", "every write is durable when it completes"),
        new Option(
            "blockSize",
            "integer",
            false,
            "",
            "with direct: 512 or 4096; what the medium asks for"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    OptionalLong size = values.size("size");
    if (size.isPresent() && (size.getAsLong() == 0 || size.getAsLong() % 512 != 0)) {
      faults.add(new OptionFault("size", size.getAsLong() + " is no multiple of 512 above 0"));
    }
    if (size.isEmpty() && values.flag("create", false)) {
      faults.add(new OptionFault("create", "a file cannot be created without a size"));
    }
    long blockSize = values.integer("blockSize", 512);
    if (blockSize != 512 && blockSize != 4096) {
      faults.add(new OptionFault("blockSize", blockSize + " is neither 512 nor 4096"));
    } else if (options.containsKey("blockSize") && !values.flag("direct", false)) {
      faults.add(new OptionFault("blockSize", "only with direct: true"));
    } else if (size.isPresent() && size.getAsLong() % blockSize != 0) {
      faults.add(new OptionFault("size", size.getAsLong() + " is no multiple of the block size"));
    }
    return faults;
  }

  @Override
  public Future<BackingStore> open(OpenRequest request) {
    return request
        .vertx()
        .executeBlocking(
            () -> new FileStore(request.vertx(), request.name(), new Opening(request).open()),
            false);
  }

  /// The steps of opening one file; runs where it may block.
  private static final class Opening {
    private final OpenRequest request;
    private final OptionValues options;
    private final Path path;
    private final boolean direct;

    Opening(OpenRequest request) {
      this.request = request;
      this.options = new OptionValues(request.options());
      this.path = request.dataFolder().resolve(options.text("path").orElseThrow()).toAbsolutePath();
      this.direct = options.flag("direct", false);
    }

    FileStore.Opened open() {
      OptionalLong wanted = options.size("size");
      boolean mayCreate = wanted.isPresent() && options.flag("create", true);
      boolean created = false;
      int fd;
      if (Files.exists(path)) {
        fd = openExisting();
      } else if (mayCreate) {
        fd = openNew();
        created = true;
      } else {
        throw new StoreFault(
            StoreFault.Kind.UNAVAILABLE,
            path + " does not exist, and is not created without a size (or with create: false)");
      }
      try {
        lock(fd);
        if (wanted.isPresent()
            && (created || (mayCreate && !request.readOnly() && isEmptyFile(fd)))) {
          makeSize(fd, wanted.getAsLong());
        }
        UndoJournal journal = isBlockDevice() ? null : new UndoJournal(path, fd);
        if (journal != null) {
          journal.recover(request.readOnly());
        }
        return describe(fd, wanted, request.readOnly() ? null : journal);
      } catch (RuntimeException e) {
        Posix.close(fd);
        throw e;
      }
    }

    /// @param writable for a read-only unit too, where its file is made first; the store still
    ///   refuses to write
    private int flags(boolean writable) {
      return (writable ? Posix.O_RDWR : Posix.O_RDONLY)
          | (direct ? Posix.O_DIRECT : 0)
          | (options.flag("sync", false) && !request.readOnly() ? Posix.O_DSYNC : 0);
    }

    private int openExisting() {
      // A device that is mounted, or used by another part of the kernel, is refused with O_EXCL.
      int exclusive = isBlockDevice() && !request.readOnly() ? Posix.O_EXCL : 0;
      if (Files.isDirectory(path)) {
        throw new StoreFault(StoreFault.Kind.UNAVAILABLE, path + " is a folder");
      }
      return opened(Posix.open(path, flags(!request.readOnly()) | exclusive, 0));
    }

    private int openNew() {
      if (!Files.isDirectory(path.getParent())) {
        throw new StoreFault(
            StoreFault.Kind.UNAVAILABLE,
            path + " cannot be created: there is no folder " + path.getParent());
      }
      return opened(Posix.open(path, flags(true) | Posix.O_CREAT | Posix.O_EXCL, OWNER_AND_GROUP));
    }

    private int opened(int fd) {
      if (fd >= 0) {
        return fd;
      }
      String why =
          fd == -Posix.EINVAL && direct
              ? "the file system does not offer direct I/O"
              : Posix.text(-fd);
      throw new StoreFault(
          fd == -Posix.EROFS ? StoreFault.Kind.READ_ONLY : StoreFault.Kind.UNAVAILABLE,
          path + " cannot be opened: " + why);
    }

    private boolean isBlockDevice() {
      try {
        return ((int) Files.getAttribute(path, "unix:mode") & TYPE_MASK) == BLOCK_DEVICE;
      } catch (IOException e) {
        throw new StoreFault(StoreFault.Kind.UNAVAILABLE, path + " cannot be looked at: " + e, e);
      }
    }

    /// Several readers may share an image; a writer is alone.
    private void lock(int fd) {
      int result =
          Posix.flock(fd, (request.readOnly() ? Posix.LOCK_SH : Posix.LOCK_EX) | Posix.LOCK_NB);
      if (result == -Posix.EAGAIN) {
        throw new StoreFault(
            StoreFault.Kind.UNAVAILABLE,
            path + " is locked: another unit or another program has it open");
      }
      must("lock", result);
    }

    /// A crash between creating a file and giving it its size leaves this behind.
    private boolean isEmptyFile(int fd) {
      return !isBlockDevice() && must("size", Posix.lseek(fd, 0, Posix.SEEK_END)) == 0;
    }

    /// A new file must outlast a power failure as much as what is written to it.
    private void makeSize(int fd, long bytes) {
      must("resize", Posix.ftruncate(fd, bytes));
      must("sync", Posix.fsync(fd));
      int folder = opened(Posix.open(path.getParent(), Posix.O_RDONLY, 0));
      try {
        must("sync of the folder", Posix.fsync(folder));
      } finally {
        Posix.close(folder);
      }
      LOG.info("{}: created with {}", path, Size.text(bytes));
    }

    private FileStore.Opened describe(int fd, OptionalLong wanted, UndoJournal journal) {
      boolean blockDevice = isBlockDevice();
      long bytes = must("size", Posix.lseek(fd, 0, Posix.SEEK_END));
      int blockBytes = direct ? directBlockBytes(fd) : 1;
      if (bytes % blockBytes != 0) {
        throw new StoreFault(
            StoreFault.Kind.UNSUPPORTED,
            path
                + " has "
                + bytes
                + " bytes, no multiple of the "
                + blockBytes
                + " that direct I/O needs");
      }
      if (wanted.isPresent() && wanted.getAsLong() != bytes) {
        LOG.warn(
            "{}: has {}, not {}: its own size counts",
            path,
            Size.text(bytes),
            Size.text(wanted.getAsLong()));
      }
      return new FileStore.Opened(
          path.toString(),
          fd,
          new Geometry(bytes, blockBytes, PAGE_LENGTH),
          blockDevice,
          request.readOnly(),
          options.flag("sync", false),
          direct ? PAGE_LENGTH : 1,
          blockDevice ? deviceGranularity() : fileGranularity(fd, bytes),
          journal);
    }

    /// What offsets and lengths must be multiples of: asked by trying.
    private int directBlockBytes(int fd) {
      long wanted = options.integer("blockSize", 0);
      ByteBuf room = PooledByteBufAllocator.DEFAULT.directBuffer(3 * PAGE_LENGTH);
      try {
        long aligned = (room.memoryAddress() + PAGE_LENGTH - 1) & -PAGE_LENGTH;
        for (int size = (int) Math.max(512, wanted); size <= PAGE_LENGTH; size *= 8) {
          int result = Posix.pread(fd, aligned, size, 0);
          if (result >= 0) {
            return size;
          }
          if (result != -Posix.EINVAL) {
            must("read", result);
          }
        }
      } finally {
        room.release();
      }
      throw new StoreFault(
          StoreFault.Kind.UNSUPPORTED,
          path + ": direct I/O in blocks of " + Math.max(512, wanted) + " is refused");
    }

    /// Punches where nothing is: past the end. What is opened read-only cannot be asked, and is
    /// taken for what files are like: it is never unmapped.
    private int fileGranularity(int fd, long bytes) {
      if (request.readOnly()) {
        return PAGE_LENGTH;
      }
      long pastTheEnd = (bytes / PAGE_LENGTH + 1) * PAGE_LENGTH;
      int result =
          Posix.fallocate(
              fd, Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE, pastTheEnd, PAGE_LENGTH);
      return result == 0 ? PAGE_LENGTH : 0;
    }

    /// What the kernel publishes of the device; 0 where it cannot discard. A hole in a device reads
    /// as zeroes, or is refused.
    private int deviceGranularity() {
      try {
        long device = (long) Files.getAttribute(path, "unix:rdev");
        long major = ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
        long minor = (device & 0xff) | ((device >>> 12) & ~0xffL);
        Path queue = Path.of("/sys/dev/block/" + major + ":" + minor);
        if (!Files.isDirectory(queue.resolve("queue"))) {
          queue = queue.resolve(".."); // a partition: its disk's
        }
        String text = Files.readString(queue.resolve("queue/discard_granularity")).strip();
        long granularity = Long.parseLong(text);
        return granularity > 0 && granularity <= 1 << 30 ? (int) granularity : 0;
      } catch (IOException | NumberFormatException e) {
        LOG.debug("{}: no word about discard", path, e);
        return 0;
      }
    }

    private long must(String step, long result) {
      if (result < 0) {
        throw Transfer.fault(step + " of " + path, (int) -result, StoreFault.Kind.UNAVAILABLE);
      }
      return result;
    }
  }
}
