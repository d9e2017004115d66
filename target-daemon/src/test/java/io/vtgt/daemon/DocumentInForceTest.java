package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.daemon.DocumentInForce.ConfigFile;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentDefaults;
import io.vtgt.mgmt.document.Validation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentInForceTest {
  private static final Optional<ConfigFile> NO_FILE = Optional.empty();
  private static final Document A = withPort(1111), B = withPort(2222), API = withPort(3333);

  @TempDir Path folder;
  private Vertx vertx;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 30);
  }

  private static Document withPort(int port) {
    return DocumentDefaults.document()
        .withPortals(List.of(new Document.Portal(1, "127.0.0.1:" + port, Optional.empty())));
  }

  private static Optional<ConfigFile> file(String content, Document document) {
    return Optional.of(
        ConfigFile.of("vtgt.yaml", content.getBytes(StandardCharsets.UTF_8), document));
  }

  /// What a daemon started now would serve.
  private DocumentInForce start(Optional<ConfigFile> file) {
    var inForce = new DocumentInForce(await(FolderStateStore.open(vertx, folder)));
    await(inForce.load(file));
    return inForce;
  }

  @Test
  void embeddedDefault_isValid() {
    assertEquals(List.of(), Validation.check(DefaultDocument.document()));
  }

  @Test
  void start_nothingGiven_embeddedDefaultRules() {
    assertEquals(DefaultDocument.document(), start(NO_FILE).document());
  }

  @Test
  void start_fileUnchanged_whatWasSavedRules() {
    await(start(file("a", A)).save(API));
    assertEquals(API, start(file("a", A)).document());
    assertEquals(API, start(file("a", A)).document());
  }

  @Test
  void start_fileChanged_fileRulesAndWhatWasSavedIsKept() {
    await(start(file("a", A)).save(API));
    assertEquals(B, start(file("b", B)).document());
    var previous =
        await(await(FolderStateStore.open(vertx, folder)).get("document-previous")).orElseThrow();
    assertTrue(previous.value().contains("127.0.0.1:3333"), previous.value());
  }

  @Test
  void start_fileChangedBack_fileRulesAgain() {
    await(start(file("a", A)).save(API));
    start(file("b", B));
    assertEquals(A, start(file("a", A)).document());
  }

  @Test
  void start_noFileButSaved_whatWasSavedRules() {
    await(start(file("a", A)).save(API));
    assertEquals(API, start(NO_FILE).document());
    await(start(NO_FILE).save(B));
    assertEquals(B, start(file("a", A)).document(), "still based on that file");
  }

  @Test
  void start_fileGivenAfterChangesOfTheDefault_fileRules() {
    await(start(NO_FILE).save(API));
    assertEquals(A, start(file("a", A)).document());
  }

  @Test
  void start_savedTextIsNoDocument_fails() throws IOException {
    await(
        await(FolderStateStore.open(vertx, folder))
            .put("document", 0, "{\"basis\":\"x\",\"document\":{\"no\":1}}"));
    var failure = assertThrows(StateStore.StateFault.class, () -> start(NO_FILE));
    assertTrue(failure.getMessage().contains("document"), failure.getMessage());
    assertTrue(Files.exists(folder.resolve("document.state")));
  }

  @Test
  void version_changesWithTheDocumentOnly() {
    var inForce = start(file("a", A));
    var first = inForce.version();
    assertEquals(first, start(file("a", A)).version());
    await(inForce.save(B));
    assertNotEquals(first, inForce.version());
    await(inForce.save(A));
    assertEquals(first, inForce.version());
  }
}
