package io.vtgt.store.file;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.StoreFault;
import java.util.function.BiConsumer;

/// One read, write or sync of a file, asked of the kernel as often as it takes: the kernel may do
/// less than asked.
///
/// Whoever runs it calls [#accept] with each result until that says it is over; then the buffer is
/// given on or back and the future completes.
final class Transfer {
  enum Kind {
    READ,
    WRITE,
    SYNC
  }

  final Kind kind;

  /// The write is on stable storage when it completes.
  final boolean durable;

  private final String file;
  private final long offset;
  private final ByteBuf buffer;
  private final int length;
  private final Promise<ByteBuf> promise;
  private final BiConsumer<Kind, StoreFault> durabilityLost;

  // Touched by whoever runs it.
  private int done;

  private Transfer(
      Kind kind,
      String file,
      long offset,
      ByteBuf buffer,
      int length,
      boolean durable,
      Promise<ByteBuf> promise,
      BiConsumer<Kind, StoreFault> durabilityLost) {
    this.kind = kind;
    this.file = file;
    this.offset = offset;
    this.buffer = buffer;
    this.length = length;
    this.durable = durable;
    this.promise = promise;
    this.durabilityLost = durabilityLost;
  }

  /// @param buffer direct, with room for `length` bytes; filled and given to the future
  static Transfer read(
      String file, long offset, ByteBuf buffer, int length, Promise<ByteBuf> promise) {
    return new Transfer(Kind.READ, file, offset, buffer, length, false, promise, (_, _) -> {});
  }

  /// @param buffer direct, its readable bytes are written; released
  static Transfer write(
      String file,
      long offset,
      ByteBuf buffer,
      boolean durable,
      Promise<ByteBuf> promise,
      BiConsumer<Kind, StoreFault> durabilityLost) {
    return new Transfer(
        Kind.WRITE, file, offset, buffer, buffer.readableBytes(), durable, promise, durabilityLost);
  }

  static Transfer sync(
      String file, Promise<ByteBuf> promise, BiConsumer<Kind, StoreFault> durabilityLost) {
    return new Transfer(Kind.SYNC, file, 0, null, 0, true, promise, durabilityLost);
  }

  Future<ByteBuf> future() {
    return promise.future();
  }

  /// The memory that the kernel has to fill or write next.
  long address() {
    int at = kind == Kind.READ ? buffer.writerIndex() : buffer.readerIndex();
    return buffer.memoryAddress() + at + done;
  }

  int remaining() {
    return length - done;
  }

  long position() {
    return offset + done;
  }

  /// Takes what the kernel answered.
  ///
  /// @param result bytes done, or a negative error number
  /// @return ask again, for what remains
  boolean accept(int result) {
    if (result == -Posix.EINTR || result == -Posix.EAGAIN) {
      return true;
    }
    if (result < 0) {
      fail(fault(-result));
      return false;
    }
    if (kind != Kind.SYNC && result == 0) {
      fail(
          kind == Kind.READ
              ? new StoreFault(
                  StoreFault.Kind.READ_ERROR,
                  file + " ends before byte " + (offset + length) + ": was it cut short?")
              : new StoreFault(
                  StoreFault.Kind.WRITE_ERROR, file + " takes nothing at byte " + position()));
      return false;
    }
    done += result;
    if (kind != Kind.SYNC && done < length) {
      return true;
    }
    succeed();
    return false;
  }

  private void succeed() {
    switch (kind) {
      case READ -> {
        buffer.writerIndex(buffer.writerIndex() + length);
        promise.complete(buffer);
      }
      case WRITE -> {
        buffer.release();
        promise.complete(null);
      }
      case SYNC -> promise.complete(null);
    }
  }

  void fail(StoreFault fault) {
    if (durable) {
      durabilityLost.accept(kind, fault);
    }
    if (buffer != null) {
      buffer.release();
    }
    promise.fail(fault);
  }

  private StoreFault fault(int errno) {
    StoreFault.Kind otherwise =
        kind == Kind.READ ? StoreFault.Kind.READ_ERROR : StoreFault.Kind.WRITE_ERROR;
    return fault(kind + " of " + length + " bytes at " + offset + " of " + file, errno, otherwise);
  }

  static StoreFault fault(String what, int errno, StoreFault.Kind otherwise) {
    StoreFault.Kind kind =
        switch (errno) {
          case Posix.ENOSPC, Posix.EDQUOT, Posix.EFBIG -> StoreFault.Kind.OUT_OF_SPACE;
          case Posix.EROFS -> StoreFault.Kind.READ_ONLY;
          case Posix.EOPNOTSUPP -> StoreFault.Kind.UNSUPPORTED;
          default -> otherwise;
        };
    return new StoreFault(kind, what + ": " + Posix.text(errno));
  }
}
