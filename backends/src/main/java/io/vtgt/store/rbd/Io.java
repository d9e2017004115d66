package io.vtgt.store.rbd;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vtgt.store.CallingContext;
import io.vtgt.store.StoreFault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One operation that librbd has: its buffers, held until librbd has answered whatever the caller
/// does meanwhile, and who wants to hear.
///
/// @param <T> what the caller gets
abstract class Io<T> implements Answered {
  private static final Logger LOG = LoggerFactory.getLogger(Io.class);

  private final RbdStore store;
  private final Handle handle;
  private final Arrivals arrivals;
  private final Promise<T> promise;

  // Written by the thread that answers, before the calling context hears.
  private long result;

  /// Link of [Arrivals].
  Io<?> before;

  /// @param handle entered for this operation, which leaves it
  Io(RbdStore store, Handle handle, ContextInternal context) {
    this.store = store;
    this.handle = handle;
    this.arrivals = Arrivals.of(context);
    this.promise = CallingContext.promise(context);
  }

  /// Hands the operation to librbd; called once.
  ///
  /// @return 0, or the negative error number when it was not taken
  abstract int start(Image image);

  /// What the caller gets.
  ///
  /// @param answer not negative
  abstract T succeed(long answer);

  /// What the caller gets when the answer is negative.
  abstract Future<T> fail(long answer);

  /// Gives back the buffers that the caller does not get.
  abstract void release();

  Future<T> begin() {
    handle.begins(this);
    int refused = start(handle.image());
    if (refused < 0) {
      handle.refused(this);
      result = refused;
      finish();
    } else {
      handle.awaits();
    }
    return promise.future();
  }

  @Override
  public final void answered(long answer) {
    handle.answered(this);
    result = answer;
    if (arrivals != null) {
      arrivals.add(this);
    } else {
      finish();
    }
  }

  /// Tells the caller. On the calling context where that is an event loop.
  final void finish() {
    handle.leave();
    store.answered(handle, result);
    T value = null;
    Future<T> failure = null;
    try {
      if (result >= 0) {
        value = succeed(result);
      } else {
        failure = fail(result);
      }
    } catch (StoreFault e) {
      failure = Future.failedFuture(e);
    } catch (RuntimeException | Error e) {
      LOG.error("an answer of {} was not understood", store.name(), e);
      failure = Future.failedFuture(e);
    } finally {
      release(); // before the caller hears: to him the buffers are gone
    }
    if (failure != null) {
      failure.onComplete(
          (instead, cause) -> {
            if (cause == null) {
              promise.tryComplete(instead);
            } else {
              promise.tryFail(cause);
            }
          });
    } else if (!promise.tryComplete(value) && value instanceof ByteBuf unwanted) {
      unwanted.release(); // it was given up
    }
  }

  /// Tells the caller that the client was shut out. The buffers are held until librbd answers. Any
  /// thread.
  final void giveUp() {
    fail(Errno.ESHUTDOWN.result()).onFailure(promise::tryFail);
  }
}
