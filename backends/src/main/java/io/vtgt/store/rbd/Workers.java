package io.vtgt.store.rbd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads that may wait for a cluster: connecting, opening, closing, locks, snapshots.
///
/// They are threads of the machine, not virtual ones: a native call holds its carrier. They do not
/// keep the process from ending, for a call into a dead cluster may never return.
final class Workers {
  private static final int IDLE_SECONDS = 10;

  /// An image has one call at a time, and one closing; a bound on threads would make one dead
  /// cluster hold up another.
  private static final AtomicInteger COUNT = new AtomicInteger();

  private static final Executor THREADS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "vtgt-rbd-" + COUNT.incrementAndGet());
            thread.setDaemon(true);
            return thread;
          });

  private Workers() {}

  static void execute(Runnable task) {
    THREADS.execute(task);
  }

  /// Runs one task after the other, in the order they came, each on some worker.
  static final class InTurn implements Executor {
    // Guarded by this.
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    @Override
    public void execute(Runnable task) {
      synchronized (this) {
        tasks.add(task);
        if (running) {
          return;
        }
        running = true;
      }
      Workers.execute(this::run);
    }

    private void run() {
      while (true) {
        Runnable task;
        synchronized (this) {
          task = tasks.poll();
          if (task == null) {
            running = false;
            return;
          }
        }
        try {
          task.run();
        } catch (RuntimeException | Error e) {
          Thread.currentThread()
              .getUncaughtExceptionHandler()
              .uncaughtException(Thread.currentThread(), e);
        }
      }
    }
  }
}
