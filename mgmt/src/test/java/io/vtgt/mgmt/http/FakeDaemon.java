package io.vtgt.mgmt.http;

import io.vertx.core.Vertx;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The management interface over a [FakeAdmin], for tests of its clients.
public final class FakeDaemon {
  private final Vertx vertx = Vertx.vertx();
  private final FakeAdmin admin;
  private final MgmtVerticle verticle;

  public FakeDaemon(Document document) throws Exception {
    admin = new FakeAdmin(document);
    verticle = new MgmtVerticle(admin, new Document.Http("127.0.0.1:0"));
    vertx
        .deployVerticle(verticle)
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  /// `127.0.0.1:PORT`.
  public String address() {
    return "127.0.0.1:" + verticle.port();
  }

  public Document document() {
    return admin.current().document();
  }

  /// What was asked beside changes of the document.
  public List<String> actions() {
    return List.copyOf(admin.actions);
  }

  /// Lets the next changes fail.
  public void failWith(AdminError.Kind kind, String message) {
    admin.failure = Optional.of(new AdminError(kind, message));
  }

  public void failWithABug() {
    admin.failure = Optional.of(new IllegalStateException("a mistake"));
  }

  public void healthIs(boolean ready, String... problems) {
    admin.health = new TargetAdmin.Health(ready, "1.0", 3900, List.of(problems));
  }

  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
