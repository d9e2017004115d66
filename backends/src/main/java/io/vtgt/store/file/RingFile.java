package io.vtgt.store.file;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoOps;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.StoreFault;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;

/// A file on the io_uring of one event loop: reads, writes and syncs go out with the socket's
/// submissions of the same turn and come back as events of the loop.
///
/// The only class that knows Netty's submission types, which Netty marks as unstable.
///
/// Everything here happens on the loop, except [#drain].
final class RingFile implements IoUringIoHandle {
  // The numbers of `linux/io_uring.h`.
  private static final byte IORING_OP_FSYNC = 3;
  private static final byte IORING_OP_READ = 22;
  private static final byte IORING_OP_WRITE = 23;
  private static final int IORING_FSYNC_DATASYNC = 1;

  /// A transfer is found again by its place, which Netty carries without an allocation while it
  /// fits a short.
  private static final int MAX_UNDER_WAY = Short.MAX_VALUE;

  private final IoEventLoop loop;
  private final int fd;
  private IoRegistration registration;

  // The transfers under way by place; free places are stacked below `freeCount`.
  private Transfer[] transfers = new Transfer[0];
  private short[] free = new short[0];
  private int freeCount;
  private int underWay;

  private boolean closing;
  private final Promise<Void> closed = Promise.promise();

  private RingFile(IoEventLoop loop, int fd) {
    this.loop = loop;
    this.fd = fd;
  }

  /// The calling event loop if it runs on io_uring.
  static Optional<IoEventLoop> ringLoop(EventLoop loop) {
    return loop instanceof IoEventLoop ring
            && ring.inEventLoop()
            && ring.isIoType(IoUringIoHandler.class)
        ? Optional.of(ring)
        : Optional.empty();
  }

  /// Called on the loop.
  ///
  /// @param fd stays open until [#drain] has completed
  /// @return null when the loop takes no more, because it is ending
  static RingFile register(IoEventLoop loop, int fd) {
    RingFile file = new RingFile(loop, fd);
    var registered = loop.register(file);
    if (!registered.isSuccess()) { // on the loop it is done at once
      return null;
    }
    file.registration = registered.getNow();
    return file;
  }

  /// @return false when it cannot be taken, and nothing has happened to it
  boolean submit(Transfer transfer) {
    assert loop.inEventLoop();
    if (closing || underWay == MAX_UNDER_WAY || !registration.isValid()) {
      return false;
    }
    return push(transfer);
  }

  /// @return false when the loop is ending and took nothing
  private boolean push(Transfer transfer) {
    if (freeCount == 0) {
      grow();
    }
    short place = free[--freeCount];
    if (registration.submit(ops(transfer, place)) == 0) {
      free[freeCount++] = place;
      return false;
    }
    transfers[place] = transfer;
    underWay++;
    return true;
  }

  private IoUringIoOps ops(Transfer transfer, short place) {
    return switch (transfer.kind) {
      case READ -> ops(IORING_OP_READ, transfer, 0, place);
      case WRITE -> ops(IORING_OP_WRITE, transfer, transfer.durable ? Posix.RWF_DSYNC : 0, place);
      case SYNC -> ops(IORING_OP_FSYNC, 0, 0, 0, IORING_FSYNC_DATASYNC, place);
    };
  }

  private IoUringIoOps ops(byte opcode, Transfer transfer, int flags, short place) {
    return ops(opcode, transfer.position(), transfer.address(), transfer.remaining(), flags, place);
  }

  private IoUringIoOps ops(
      byte opcode, long offset, long address, int length, int flags, long place) {
    return new IoUringIoOps(
        opcode, (byte) 0, (short) 0, fd, offset, address, length, flags, place, (short) 0,
        (short) 0, 0, 0L);
  }

  private void grow() {
    int before = transfers.length;
    int after = Math.min(MAX_UNDER_WAY, Math.max(64, before * 2));
    transfers = Arrays.copyOf(transfers, after);
    free = Arrays.copyOf(free, after);
    for (int place = after - 1; place >= before; place--) {
      free[freeCount++] = (short) place;
    }
  }

  @Override
  public void handle(IoRegistration registration, IoEvent event) {
    IoUringIoEvent answer = (IoUringIoEvent) event;
    int result = answer.res(); // the event is Netty's, used again for the next one
    short place = (short) answer.userData();
    Transfer transfer = transfers[place];
    // The place is given back before anybody hears of it: who hears may submit again.
    transfers[place] = null;
    free[freeCount++] = place;
    underWay--;
    // What the kernel left over goes out even while closing.
    if (transfer.accept(result) && !push(transfer)) {
      transfer.fail(new StoreFault(StoreFault.Kind.CLOSED, "the event loop is ending"));
    }
    if (closing && underWay == 0) {
      end();
    }
  }

  /// Takes nothing more; completes when the kernel has answered everything and the file may be
  /// closed. Called on any thread.
  Future<Void> drain() {
    try {
      loop.execute(
          () -> {
            closing = true;
            if (underWay == 0) {
              end();
            }
          });
    } catch (RejectedExecutionException e) {
      closed.tryComplete(); // the loop has ended, and with it its ring
    }
    return closed.future();
  }

  private void end() {
    registration.cancel();
    closed.tryComplete();
  }

  /// The loop itself ends. Netty has waited for what was under way.
  @Override
  public void close() {
    closing = true;
    if (underWay == 0) {
      closed.tryComplete();
    }
  }
}
