package io.vtgt.store.rbd;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
  private final Set<Io<?>> waiting = ConcurrentHashMap.newKeySet();
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

  /// As [#retire()], but waits for no answer any more, for librbd may keep for ever what waits for
  /// a lock that this client cannot get again: whoever waits is told that the client was shut out.
  /// No operation of such a client can land after one of its successor. Only who is inside a call
  /// is waited for.
  Future<Void> abandon() {
    var _ = retire();
    waiting.forEach(Io::giveUp);
    Workers.execute(
        () -> {
          try {
            while (!closing.get() && users() != awaited.get()) {
              Thread.sleep(ABANDON_MILLIS);
            }
            waiting.forEach(Io::giveUp); // who was inside a call before
            close();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return closed.future();
  }

  /// An operation is about to be handed to librbd.
  void begins(Io<?> io) {
    waiting.add(io);
  }

  /// It was handed over, and waits for its answer.
  void awaits() {
    awaited.incrementAndGet();
  }

  /// The answer has come.
  void answered(Io<?> io) {
    awaited.decrementAndGet();
    waiting.remove(io);
  }

  /// It was not taken.
  void refused(Io<?> io) {
    waiting.remove(io);
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
