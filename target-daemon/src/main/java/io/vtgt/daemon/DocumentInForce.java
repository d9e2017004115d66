package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vtgt.daemon.StateStore.Entry;
import io.vtgt.daemon.StateStore.StateFault;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.Reading;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which document rules, and where it is kept.
///
/// A change through the management interface is saved together with the SHA-256 of the
/// configuration file it started from (its *basis*). At the start:
///
/// | saved | configuration file | rules |
/// | --- | --- | --- |
/// | no | none | the embedded default |
/// | no | given | the file |
/// | yes | none | what was saved |
/// | yes | unchanged since | what was saved |
/// | yes | changed since | the file, with a warning; what was saved is kept as `document-previous` |
final class DocumentInForce {
  private static final Logger LOG = LoggerFactory.getLogger(DocumentInForce.class);
  private static final String KEY = "document", PREVIOUS = "document-previous";
  private static final String NO_FILE = "no file";

  /// What is saved: public for the reader of documents, which makes it by reflection.
  ///
  /// @param basis SHA-256 in hex of the configuration file, or `no file`
  public record Saved(String basis, Document document) {}

  /// A configuration file that was read.
  ///
  /// @param name as the person wrote it
  record ConfigFile(String name, String sha256, Document document) {
    static ConfigFile of(String name, byte[] content, Document document) {
      return new ConfigFile(name, hash(content), document);
    }
  }

  private final StateStore store;

  // Touched only on the control context.
  private String basis = NO_FILE;
  private long version;

  // Replaced on the control context, read from anywhere.
  private volatile Document document;

  DocumentInForce(StateStore store) {
    this.store = store;
  }

  /// The document as a person sees it: without what the command line overrides.
  Document document() {
    return document;
  }

  /// Changes with the document and only with it, and is the same after a restart.
  String version() {
    return version(document);
  }

  static String version(Document document) {
    var text = DocumentFormat.JSON.write(document).getBytes(StandardCharsets.UTF_8);
    return hash(text).substring(0, 16);
  }

  /// Decides as the table says.
  Future<Document> load(Optional<ConfigFile> file) {
    return store
        .get(KEY)
        .compose(
            found -> {
              version = found.map(Entry::version).orElse(0L);
              return found.isEmpty()
                  ? Future.succeededFuture(use(file))
                  : decide(decode(found.get().value()), file, found.get());
            });
  }

  private Future<Document> decide(Saved saved, Optional<ConfigFile> file, Entry entry) {
    if (file.isEmpty() || file.get().sha256().equals(saved.basis())) {
      LOG.info(
          "the document saved by the management interface rules{}",
          file.map(it -> "; " + it.name() + " is unchanged since").orElse(""));
      basis = saved.basis();
      document = saved.document();
      return Future.succeededFuture(document);
    }
    LOG.warn(
        "{} was changed since the document was last saved by the management interface: the file"
            + " rules, and what was saved is kept in state/{}.state",
        file.get().name(),
        PREVIOUS);
    return store
        .get(PREVIOUS)
        .compose(
            previous -> store.put(PREVIOUS, previous.map(Entry::version).orElse(0L), entry.value()))
        .compose(_ -> write(new Saved(file.get().sha256(), file.get().document())))
        .map(_ -> use(file));
  }

  private Document use(Optional<ConfigFile> file) {
    basis = file.map(ConfigFile::sha256).orElse(NO_FILE);
    document = file.map(ConfigFile::document).orElseGet(DefaultDocument::document);
    return document;
  }

  /// Makes `wanted` the document in force once it is on stable storage.
  Future<Void> save(Document wanted) {
    return write(new Saved(basis, wanted))
        .map(
            _ -> {
              document = wanted;
              return null;
            });
  }

  private Future<Void> write(Saved saved) {
    return store
        .put(KEY, version, DocumentFormat.JSON.write(saved))
        .map(
            now -> {
              version = now;
              return null;
            });
  }

  private static Saved decode(String text) {
    return switch (DocumentFormat.JSON.read(text, Saved.class)) {
      case Reading.Good<Saved> good -> good.value();
      case Reading.Bad<Saved> bad ->
          throw new StateFault(
              StateFault.Kind.DAMAGED,
              "the saved document (state/"
                  + KEY
                  + ".state) cannot be read: "
                  + bad.problems().getFirst()
                  + " (move it away to start from the configuration file)");
    };
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
