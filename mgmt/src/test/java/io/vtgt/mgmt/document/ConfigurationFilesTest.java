package io.vtgt.mgmt.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every document that is handed out is one that works.
class ConfigurationFilesTest {
  private static final Path CONF = Path.of("..", "conf");

  @ParameterizedTest
  @MethodSource("files")
  void configurationFile_isRead_valid(Path file) throws IOException {
    var document = DocumentFormat.YAML.readValid(Files.readAllBytes(file)).orElseThrow();
    assertEquals(
        document,
        DocumentFormat.YAML
            .readValid(
                DocumentFormat.YAML
                    .write(document)
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8))
            .orElseThrow());
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(CONF)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  /// Commented or not, each field stands there as `name:`.
  @ParameterizedTest
  @MethodSource("recordsOfTheDocument")
  void defaultFile_isSearched_namesEveryField(Class<?> type) throws IOException {
    var text = Files.readString(CONF.resolve("vtgt.yaml"));
    for (var component : type.getRecordComponents()) {
      assertTrue(text.contains(component.getName() + ":"), component + " of " + type);
    }
  }

  static List<Class<?>> recordsOfTheDocument() {
    return Stream.concat(Stream.of(Document.class), Stream.of(Document.class.getDeclaredClasses()))
        .toList();
  }

  @Test
  void defaultFile_withoutItsTarget_isTheEmbeddedDocument() throws IOException {
    var document =
        DocumentFormat.YAML.readValid(Files.readAllBytes(CONF.resolve("vtgt.yaml"))).orElseThrow();
    assertEquals(DocumentDefaults.document(), document.withTargets(List.of()));
  }

  @Test
  void demonstrationUnit_writtenInFull_isTheUnitOfDefaults() throws IOException {
    var document =
        DocumentFormat.YAML.readValid(Files.readAllBytes(CONF.resolve("vtgt.yaml"))).orElseThrow();
    var brief =
        DocumentFormat.YAML
            .read("{lun: 0, store: {kind: memory, size: 64MiB}}", Document.Unit.class)
            .orElseThrow();
    assertEquals(brief, document.targets().getFirst().units().getFirst());
  }
}
