package io.vtgt.store.sheepdog;

import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.IntFunction;

/// The parts of one call, a few at a time. The first failure ends it; the result comes when none is
/// under way any more. Belongs to the store's event loop.
final class ObjectWalk {
  /// Parts that are done at once are done in turns of so many, so that others get theirs.
  private static final int TURN = 4096;

  private final EventLoop loop;
  private final int count;
  private final int parallel;
  private final IntFunction<Future<Void>> step;
  private final Promise<Void> done = Promise.promise();
  private int begun;
  private int underWay;
  private boolean going;
  private Throwable failure;

  private ObjectWalk(EventLoop loop, int count, int parallel, IntFunction<Future<Void>> step) {
    this.loop = loop;
    this.count = count;
    this.parallel = parallel;
    this.step = step;
  }

  /// Does the parts 0 to `count` - 1, about in this order.
  ///
  /// @param parallel at most so many at once
  static Future<Void> walk(
      EventLoop loop, int count, int parallel, IntFunction<Future<Void>> step) {
    if (count == 1) {
      return step.apply(0);
    }
    var walk = new ObjectWalk(loop, count, parallel, step);
    walk.go();
    return walk.done.future();
  }

  private void go() {
    if (going) {
      return; // further up on this stack
    }
    going = true;
    for (int turn = 0; failure == null && begun < count && underWay < parallel; turn++) {
      if (turn == TURN) {
        underWay++; // so that it is not taken for done
        loop.execute(
            () -> {
              underWay--;
              go();
            });
        break;
      }
      underWay++;
      begin(begun++)
          .onComplete(
              (_, cause) -> {
                underWay--;
                failure = failure == null ? cause : failure;
                go();
              });
    }
    going = false;
    if (underWay == 0 && (failure != null || begun == count)) {
      if (failure == null) {
        done.tryComplete();
      } else {
        done.tryFail(failure);
      }
    }
  }

  private Future<Void> begin(int part) {
    try {
      return step.apply(part);
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(e);
    }
  }
}
