package io.vtgt.store.file;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.StoreFault;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The few threads of one file that may block: transfers where there is no ring, and the calls that
/// a ring does not have.
///
/// The queue needs no bound of its own: what may be under way is bounded by the task sets above.
final class FilePool {
  private static final int THREADS = 4;
  private static final int IDLE_SECONDS = 10;

  private final int fd;
  private final Promise<Void> ended = Promise.promise();
  private final ThreadPoolExecutor threads;

  FilePool(String name, int fd) {
    this.fd = fd;
    AtomicInteger count = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "vtgt-file-" + name + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            }) {
          @Override
          protected void terminated() {
            ended.complete();
          }
        };
    threads.allowCoreThreadTimeOut(true);
  }

  void submit(Transfer transfer) {
    try {
      threads.execute(() -> run(transfer));
    } catch (RejectedExecutionException e) {
      transfer.fail(FileStore.closedFault());
    }
  }

  private void run(Transfer transfer) {
    int result;
    do {
      result =
          switch (transfer.kind) {
            case READ ->
                Posix.pread(fd, transfer.address(), transfer.remaining(), transfer.position());
            case WRITE ->
                Posix.pwrite(
                    fd,
                    transfer.address(),
                    transfer.remaining(),
                    transfer.position(),
                    transfer.durable ? Posix.RWF_DSYNC : 0);
            case SYNC -> Posix.fdatasync(fd);
          };
    } while (transfer.accept(result));
  }

  /// Runs something that may block.
  ///
  /// @param call fails with a [StoreFault] only
  <T> Future<T> call(Promise<T> promise, Callable<T> call) {
    try {
      threads.execute(
          () -> {
            try {
              promise.complete(call.call());
            } catch (Exception e) {
              promise.fail(e);
            }
          });
    } catch (RejectedExecutionException e) {
      promise.fail(FileStore.closedFault());
    }
    return promise.future();
  }

  /// Takes nothing more; completes when everything taken is done. May be called again.
  Future<Void> drain() {
    threads.shutdown();
    return ended.future();
  }
}
