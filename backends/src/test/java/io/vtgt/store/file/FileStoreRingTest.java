package io.vtgt.store.file;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.transport.Transport;
import org.junit.jupiter.api.Test;

/// A file on the event loop's own io_uring.
class FileStoreRingTest extends FileStoreContract {
  @Override
  protected Vertx makeVertx() {
    assumeTrue(
        Transport.IO_URING != null && Transport.IO_URING.available(), "io_uring is not available");
    return Vertx.builder().withTransport(Transport.IO_URING).build();
  }

  @Test
  void context_runsOnARing() throws Exception {
    boolean ring =
        await(
            () ->
                Future.succeededFuture(
                    RingFile.ringLoop(((ContextInternal) context).nettyEventLoop()).isPresent()));
    assertTrue(ring);
  }
}
