package io.vtgt.store.rbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// The asynchronous calls that the native libraries have not answered yet, of every image.
///
/// The libraries carry a number for us, which is the place in one table. There is one callback for
/// all calls of a library. The table's length is a bound on what this process has under way in
/// Ceph: librbd itself takes whatever it is given.
final class NativeCompletions {
  /// A power of two.
  static final int MOST_UNDER_WAY = 1 << 16;

  private static final AtomicReferenceArray<Answered> WAITING =
      new AtomicReferenceArray<>(MOST_UNDER_WAY);
  private static final AtomicInteger NEXT = new AtomicInteger();

  // Never collected: the libraries hold their addresses.
  private static final Librbd.Completed IMAGE_CALL = NativeCompletions::imageCallDone;
  private static final Librbd.Completed OBJECT_CALL = NativeCompletions::objectCallDone;
  private static final long IMAGE_CALL_ENTRY = Librbd.entry(IMAGE_CALL);
  private static final long OBJECT_CALL_ENTRY = Librbd.entry(OBJECT_CALL);

  /// Where the libraries put the address of a new completion.
  private static final FastThreadLocal<ByteBuf> OUT =
      new FastThreadLocal<>() {
        @Override
        protected ByteBuf initialValue() {
          return Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(Long.BYTES));
        }
      };

  private NativeCompletions() {}

  /// Loads both libraries' calls.
  static void load() {
    assert IMAGE_CALL_ENTRY != 0 && OBJECT_CALL_ENTRY != 0;
  }

  /// Begins one asynchronous call.
  interface Call {
    /// @param completion handle of the completion
    /// @return 0, or the negative error number when nothing has begun
    long begin(long completion);
  }

  /// @return 0, or the negative error number: then `by` hears nothing
  static int imageCall(Answered by, Call call) {
    int place = take(by);
    if (place < 0) {
      return Errno.EAGAIN.result();
    }
    ByteBuf out = OUT.get();
    int created = Librbd.rbd_aio_create_completion(place, IMAGE_CALL_ENTRY, out.memoryAddress());
    if (created < 0) {
      WAITING.set(place, null);
      return created;
    }
    long completion = out.getLongLE(0);
    long begun = call.begin(completion);
    if (begun < 0) {
      WAITING.set(place, null);
      Librbd.rbd_aio_release(completion);
    }
    return (int) begun;
  }

  /// The same for a call of librados.
  static int objectCall(Answered by, Call call) {
    int place = take(by);
    if (place < 0) {
      return Errno.EAGAIN.result();
    }
    ByteBuf out = OUT.get();
    int created =
        Librados.rados_aio_create_completion2(place, OBJECT_CALL_ENTRY, out.memoryAddress());
    if (created < 0) {
      WAITING.set(place, null);
      return created;
    }
    long completion = out.getLongLE(0);
    long begun = call.begin(completion);
    if (begun < 0) {
      WAITING.set(place, null);
      Librados.rados_aio_release(completion);
    }
    return (int) begun;
  }

  /// @return the place, or -1 when the table is full
  private static int take(Answered by) {
    for (int tries = 0; tries < MOST_UNDER_WAY; tries++) {
      int place = NEXT.getAndIncrement() & (MOST_UNDER_WAY - 1);
      if (WAITING.compareAndSet(place, null, by)) {
        return place;
      }
    }
    return -1;
  }

  private static void imageCallDone(long completion, long place) {
    Answered by = WAITING.getAndSet((int) place, null);
    long result = Librbd.rbd_aio_get_return_value(completion);
    Librbd.rbd_aio_release(completion);
    by.answered(result);
  }

  private static void objectCallDone(long completion, long place) {
    Answered by = WAITING.getAndSet((int) place, null);
    long result = Librados.rados_aio_get_return_value(completion);
    Librados.rados_aio_release(completion);
    by.answered(result);
  }
}
