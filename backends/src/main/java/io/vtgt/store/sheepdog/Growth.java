package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vtgt.store.Size;
import io.vtgt.store.StoreFault;

/// Makes a VDI larger: the new size is written into its inode, and everything read anew. Belongs to
/// the store's event loop.
final class Growth {
  private static final int SIZE_LENGTH = 8;

  private final Vdi vdi;
  private final SheepLink link;
  private final Timing timing;
  private final long bytes;
  private final long deadline;
  private int attempts;

  /// @param bytes the wanted size
  Growth(Vdi vdi, SheepLink link, Timing timing, long bytes) {
    this.vdi = vdi;
    this.link = link;
    this.timing = timing;
    this.bytes = bytes;
    deadline = timing.deadline();
  }

  /// @return completes when the size is in force
  Future<Void> run() {
    return vdi.ready(deadline)
        .compose(
            view -> {
              Inode inode = view.inode();
              if (bytes == inode.bytes()) {
                return Future.succeededFuture();
              }
              if (bytes < inode.bytes()) {
                return unsupported("a VDI cannot be made smaller");
              }
              return bytes > inode.mostBytes()
                  ? unsupported(
                      "with objects of this size a VDI ends at " + Size.text(inode.mostBytes()))
                  : write(view);
            });
  }

  private static Future<Void> unsupported(String why) {
    return Future.failedFuture(new StoreFault(StoreFault.Kind.UNSUPPORTED, why));
  }

  private Future<Void> write(Vdi.View view) {
    ByteBuf size = Unpooled.buffer(SIZE_LENGTH).writeLongLE(bytes);
    SheepRequest request =
        SheepRequest.write(Oid.inode(view.vid()), Inode.SIZE_OFFSET, size, view.inode());
    vdi.expect(bytes);
    return link.send(request).transform(answer -> answered(view, request, answer));
  }

  /// A size that was written while somebody took a snapshot may have gone to the snapshot: what is
  /// read anew tells.
  private Future<Void> answered(
      Vdi.View view, SheepRequest request, AsyncResult<SheepResponse> answer) {
    if (answer.failed()) {
      boolean sent = answer.cause() instanceof LinkLost lost && lost.sent();
      // until it is over: a larger size that is asked for next must not be overtaken by it
      return link.pause(sent ? timing.settle() : 0).compose(_ -> run());
    }
    SheepResponse response = answer.result();
    return switch (response.result().consequence) {
      case DONE -> {
        vdi.reload(view, "it was made larger");
        yield run();
      }
      case RETRY, RELOAD -> {
        if (Timing.passed(deadline)) {
          yield Future.failedFuture(SheepResult.fault(response, request));
        }
        vdi.reload(view, request + ": " + response.result().words);
        attempts++;
        yield link.pause(timing.pause(attempts)).compose(_ -> run());
      }
      case RECONNECT -> {
        var _ = link.leave(request, response);
        yield run();
      }
      case MISSING, NO_SPACE, FAILS -> Future.failedFuture(SheepResult.fault(response, request));
    };
  }
}
