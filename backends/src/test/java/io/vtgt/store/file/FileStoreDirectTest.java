package io.vtgt.store.file;

import static org.junit.jupiter.api.Assumptions.abort;

import io.vertx.core.Vertx;
import io.vertx.core.transport.Transport;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreFault;
import java.util.Map;
import org.junit.jupiter.api.Nested;

/// A file past the page cache.
class FileStoreDirectTest {

  @Nested
  class OnThePool extends Direct {}

  @Nested
  class OnTheRing extends Direct {
    @Override
    protected Vertx makeVertx() {
      if (Transport.IO_URING == null || !Transport.IO_URING.available()) {
        abort("io_uring is not available");
      }
      return Vertx.builder().withTransport(Transport.IO_URING).build();
    }
  }

  abstract static class Direct extends FileStoreContract {
    @Override
    protected BackingStore open() throws Exception {
      try {
        return open(Map.of("path", "image", "size", SIZE, "direct", true));
      } catch (StoreFault fault) {
        return abort("no direct I/O here: " + fault.getMessage());
      }
    }
  }
}
