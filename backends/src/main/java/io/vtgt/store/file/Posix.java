package io.vtgt.store.file;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/// The system calls of Linux on x86-64 and arm64 that Java has no method for.
///
/// Each gives what the call gives, or the negative error number. A call that a signal interrupted
/// is made again.
final class Posix {
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_DSYNC = 010000;
  static final int O_CLOEXEC = 02000000;

  /// Differs between machines: `asm/fcntl.h`.
  static final int O_DIRECT = System.getProperty("os.arch").equals("aarch64") ? 0200000 : 040000;

  static final int LOCK_SH = 1;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;

  static final int FALLOC_FL_KEEP_SIZE = 1;
  static final int FALLOC_FL_PUNCH_HOLE = 2;
  static final int FALLOC_FL_ZERO_RANGE = 16;

  static final int SEEK_END = 2;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;

  static final int RWF_DSYNC = 2;

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int EINVAL = 22;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int EOPNOTSUPP = 95;
  static final int EDQUOT = 122;

  /// `statx`: of the file itself, and which field is wanted (`linux/stat.h`).
  private static final int AT_EMPTY_PATH = 0x1000, STATX_BLOCKS = 0x400;

  /// Where `struct statx` has `stx_blocks`, the same on every machine; its blocks have 512 bytes.
  private static final int STX_BLOCKS = 48;

  /// Where `struct statvfs` has `f_frsize` and `f_bavail` on 64-bit machines.
  private static final int F_FRSIZE = 8, F_BAVAIL = 32;

  /// More than either structure.
  private static final int STRUCTURE_LENGTH = 256;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> ERRNO_OF_THREAD =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  // Pointers are passed as their addresses.
  private static final MethodHandle OPEN =
      variadic("open", FunctionDescriptor.of(INT, LONG, INT, INT));
  private static final MethodHandle CLOSE = call("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle PREAD =
      call("pread", FunctionDescriptor.of(LONG, INT, LONG, LONG, LONG));
  private static final MethodHandle PWRITEV2 =
      call("pwritev2", FunctionDescriptor.of(LONG, INT, LONG, INT, LONG, INT));
  private static final MethodHandle FDATASYNC = call("fdatasync", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FSYNC = call("fsync", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FTRUNCATE =
      call("ftruncate", FunctionDescriptor.of(INT, INT, LONG));
  private static final MethodHandle FALLOCATE =
      call("fallocate", FunctionDescriptor.of(INT, INT, INT, LONG, LONG));
  private static final MethodHandle LSEEK =
      call("lseek", FunctionDescriptor.of(LONG, INT, LONG, INT));
  private static final MethodHandle STATX =
      call("statx", FunctionDescriptor.of(INT, INT, LONG, INT, INT, LONG));
  private static final MethodHandle FSTATVFS =
      call("fstatvfs", FunctionDescriptor.of(INT, INT, LONG));
  private static final MethodHandle FLOCK = call("flock", FunctionDescriptor.of(INT, INT, INT));

  private Posix() {}

  static int open(Path path, int flags, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path.toString());
      int fd;
      do {
        MemorySegment errno = ERRNO_OF_THREAD.get();
        fd = result((int) OPEN.invokeExact(errno, name.address(), flags | O_CLOEXEC, mode), errno);
      } while (fd == -EINTR);
      return fd;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// Never repeated: the number is free again whatever close answers.
  static int close(int fd) {
    return once(CLOSE, fd);
  }

  /// Makes a file's content and size durable, not its times.
  static int fdatasync(int fd) {
    int result;
    do {
      result = once(FDATASYNC, fd);
    } while (result == -EINTR);
    return result;
  }

  static int fsync(int fd) {
    int result;
    do {
      result = once(FSYNC, fd);
    } while (result == -EINTR);
    return result;
  }

  private static int once(MethodHandle call, int fd) {
    try {
      MemorySegment errno = ERRNO_OF_THREAD.get();
      return result((int) call.invokeExact(errno, fd), errno);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// @param address of the memory that is filled
  static int pread(int fd, long address, int length, long offset) {
    try {
      MemorySegment errno = ERRNO_OF_THREAD.get();
      return (int)
          result((long) PREAD.invokeExact(errno, fd, address, (long) length, offset), errno);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// @param address of the memory that is written
  /// @param flags 0 or [#RWF_DSYNC]
  static int pwrite(int fd, long address, int length, long offset, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vector = arena.allocate(LONG, 2);
      vector.setAtIndex(LONG, 0, address);
      vector.setAtIndex(LONG, 1, length);
      MemorySegment errno = ERRNO_OF_THREAD.get();
      return (int)
          result((long) PWRITEV2.invokeExact(errno, fd, vector.address(), 1, offset, flags), errno);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int ftruncate(int fd, long bytes) {
    try {
      int result;
      do {
        MemorySegment errno = ERRNO_OF_THREAD.get();
        result = result((int) FTRUNCATE.invokeExact(errno, fd, bytes), errno);
      } while (result == -EINTR);
      return result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int fallocate(int fd, int mode, long offset, long length) {
    try {
      int result;
      do {
        MemorySegment errno = ERRNO_OF_THREAD.get();
        result = result((int) FALLOCATE.invokeExact(errno, fd, mode, offset, length), errno);
      } while (result == -EINTR);
      return result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static long lseek(int fd, long offset, int whence) {
    try {
      MemorySegment errno = ERRNO_OF_THREAD.get();
      return result((long) LSEEK.invokeExact(errno, fd, offset, whence), errno);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// @return bytes of the blocks that the file has
  static long allocatedBytes(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nowhere = arena.allocateFrom("");
      MemorySegment state = arena.allocate(STRUCTURE_LENGTH, Long.BYTES);
      MemorySegment errno = ERRNO_OF_THREAD.get();
      int result =
          result(
              (int)
                  STATX.invokeExact(
                      errno, fd, nowhere.address(), AT_EMPTY_PATH, STATX_BLOCKS, state.address()),
              errno);
      return result < 0 ? result : state.get(LONG, STX_BLOCKS) * 512;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// @return bytes that the file's file system has left for us
  static long freeBytes(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STRUCTURE_LENGTH, Long.BYTES);
      MemorySegment errno = ERRNO_OF_THREAD.get();
      int result = result((int) FSTATVFS.invokeExact(errno, fd, state.address()), errno);
      return result < 0 ? result : state.get(LONG, F_BAVAIL) * state.get(LONG, F_FRSIZE);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// A lock of the open file, so that a second opening of the same process finds it too.
  static int flock(int fd, int operation) {
    try {
      int result;
      do {
        MemorySegment errno = ERRNO_OF_THREAD.get();
        result = result((int) FLOCK.invokeExact(errno, fd, operation), errno);
      } while (result == -EINTR);
      return result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// What an error number means, for messages.
  static String text(int errno) {
    return switch (errno) {
      case EPERM, EACCES -> "permission denied";
      case ENOENT -> "no such file or folder";
      case EBUSY -> "in use by the system (mounted?)";
      case EEXIST -> "it exists";
      case EINVAL -> "invalid argument";
      case EFBIG -> "larger than the file system allows";
      case ENOSPC -> "no space left on the device";
      case EDQUOT -> "quota exceeded";
      case EROFS -> "read-only file system";
      case EOPNOTSUPP -> "not supported by the file system";
      case 5 -> "input/output error";
      case 20 -> "part of the path is no folder";
      case 21 -> "it is a folder";
      case 24 -> "too many open files";
      default -> "error " + errno;
    };
  }

  private static int result(int value, MemorySegment errno) {
    return value >= 0 ? value : -(int) ERRNO.get(errno, 0L);
  }

  private static long result(long value, MemorySegment errno) {
    return value >= 0 ? value : -(int) ERRNO.get(errno, 0L);
  }

  private static AssertionError unexpected(Throwable e) {
    return new AssertionError("a system call cannot throw", e);
  }

  private static MethodHandle call(String name, FunctionDescriptor descriptor) {
    return link(name, descriptor, Linker.Option.captureCallState("errno"));
  }

  private static MethodHandle variadic(String name, FunctionDescriptor descriptor) {
    return link(
        name,
        descriptor,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(2));
  }

  @SuppressWarnings("restricted") // the daemon is started with native access; there is no other way
  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
  }
}
