package io.vtgt.store.rbd;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// An open image and how many use it, so that it is closed when nobody does: librbd does not
/// survive a call into a closed image.
final class Handle {
  /// Added when nobody may begin any more: the count is negative from then on.
  private static final int RETIRED = Integer.MIN_VALUE;

  private static final int ABANDON_MILLIS = 10;

  private final Image image;
  private final AtomicInteger users = new AtomicInteger();
  private final AtomicInteger awaited = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Promise<Void> closed = Promise.promise();

  Handle(Image image) {
    this.image = image;
  }

  Image image() {
    return image;
  }

  /// Begins to use the image. Any thread.
  ///
  /// @return false when it is being closed; otherwise [#leave()] follows
  boolean enter() {
    if (users.getAndIncrement() >= 0) {
      return true;
    }
    leave();
    return false;
  }

  /// Ends one use. Any thread.
  void leave() {
    if (users.decrementAndGet() == RETIRED) {
      close();
    }
  }

  /// How many use it.
  int users() {
    return users.get() & ~RETIRED;
  }

  /// Lets nobody begin any more, and closes the image when the last one has left. Any thread, any
  /// number of times.
  ///
  /// @return completes when the image is closed, on a worker
  Future<Void> retire() {
    if (users.getAndUpdate(count -> count | RETIRED) == 0) {
      close();
    }
    return closed.future();
  }

  /// As [#retire()], but waits for no answer any more: librbd may keep what waits for a lock that
  /// this client can never get again, and answers it when the image is closed. Only who is inside a
  /// call is waited for.
  Future<Void> abandon() {
    var _ = retire();
    Workers.execute(
        () -> {
          try {
            while (!closing.get() && users() != awaited.get()) {
              Thread.sleep(ABANDON_MILLIS);
            }
            close();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return closed.future();
  }

  /// One who uses the image is out of the call and waits for its answer.
  void awaits() {
    awaited.incrementAndGet();
  }

  /// The answer has come.
  void answered() {
    awaited.decrementAndGet();
  }

  private void close() {
    if (closing.compareAndSet(false, true)) {
      Workers.execute(
          () -> {
            try {
              image.close();
            } finally {
              closed.complete();
            }
          });
    }
  }
}
