package io.vtgt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.iscsi.login.LoginKey;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.page.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The documents say what the program does, and their links lead somewhere.
class DocumentsTest {
  private static final Path ROOT = root();

  /// The target of `[words](target)`, without what follows a `#`; empty for a place in the same
  /// file.
  private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]*)(?:#[^)\\s]*)?\\)");

  /// The folder of the project, wherever in it the test was started.
  private static Path root() {
    var folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("bin/vtgtd"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  @Test
  void scsiCommands_areThoseOfTheTable() throws IOException {
    assertPrinted("docs/scsi-commands.md", CommandTable.markdown());
  }

  @Test
  void pages_areThoseOfTheTables() throws IOException {
    assertPrinted("docs/pages.md", Pages.markdown());
  }

  @Test
  void loginKeys_areThoseOfTheTable() throws IOException {
    assertPrinted("docs/login-keys.md", LoginKey.markdown());
  }

  private static void assertPrinted(String file, String text) throws IOException {
    var path = ROOT.resolve(file);
    if (Boolean.getBoolean("vtgt.writeDocs")) {
      Files.writeString(path, text);
    }
    assertEquals(
        text,
        Files.exists(path) ? Files.readString(path) : "",
        file
            + " is not what the program prints; this writes it anew: mvn -pl target-daemon -am test"
            + " -Dtest=DocumentsTest -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dvtgt.writeDocs=true");
  }

  @Test
  void links_leadToFilesThatExist() throws IOException {
    var documents = new ArrayList<Path>();
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      Stream.concat(top, docs).filter(it -> it.toString().endsWith(".md")).forEach(documents::add);
    }
    assertTrue(documents.contains(ROOT.resolve("README.md")));
    var broken = new ArrayList<String>();
    for (var document : documents) {
      LINK.matcher(Files.readString(document, UTF_8))
          .results()
          .map(link -> link.group(1))
          .filter(link -> !link.contains("://"))
          .filter(link -> !Files.exists(document.resolveSibling(link)))
          .forEach(link -> broken.add(ROOT.relativize(document) + ": " + link));
    }
    assertEquals(List.of(), broken);
  }
}
