package io.vtgt.store;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;

/// The context a store was called on, where its futures complete.
///
/// On an event loop there always is one: a handler of our own in a Netty pipeline runs there
/// without being dispatched by Vert.x, and gets a context of that very loop. On a thread that
/// Vert.x does not know (a test's main thread) there is none, and a future completes on whatever
/// thread answers.
public final class CallingContext {
  private CallingContext() {}

  /// @return the context of the calling thread, or null where there is none
  public static ContextInternal current(Vertx vertx) {
    ContextInternal context = ContextInternal.current();
    if (context == null && vertx != null && Context.isOnEventLoopThread()) {
      context = ((VertxInternal) vertx).getOrCreateContext();
    }
    return context;
  }

  /// Runs a step on `context`, or at once where it is null.
  public static void run(ContextInternal context, Runnable step) {
    if (context == null) {
      step.run();
    } else {
      context.runOnContext(_ -> step.run());
    }
  }

  /// The event loop of `context`, or some one where it is null: for timers that are not lost with
  /// the verticle that happens to call, as those of Vert.x are.
  public static EventLoop loop(Vertx vertx, ContextInternal context) {
    return context != null
        ? context.nettyEventLoop()
        : ((VertxInternal) vertx).nettyEventLoopGroup().next();
  }

  /// A promise whose future completes on the calling context.
  public static <T> Promise<T> promise(Vertx vertx) {
    return promise(current(vertx));
  }

  /// A promise whose future completes on `context`, or on the completing thread where it is null.
  public static <T> Promise<T> promise(ContextInternal context) {
    return context == null ? Promise.promise() : context.promise();
  }
}
