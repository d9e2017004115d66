package io.vtgt.mgmt.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.yaml.snakeyaml.LoaderOptions;

/// The two ways a document, or a part of it, is written down. Both hold the same records: the names
/// of the fields are those of [Document], and what is left out has the value of [DocumentDefaults].
@SuppressWarnings("ImmutableEnumChecker") // Jackson's factories and writers do not change once made
public enum DocumentFormat {
  /// Version 1.2 in spirit: only `true` and `false` are booleans, numbers are decimal. Empty lists
  /// and groups are not written.
  YAML(yaml(), new ObjectMapper(yaml()).writer()),
  /// RFC 8259. Empty lists are written.
  JSON(json(), new ObjectMapper(json()).writer(indented()));

  /// The longest text that is read, in bytes: some twenty thousand units.
  public static final int MAX_BYTES = 8 << 20;

  private final JsonFactory factory;
  private final ObjectWriter writer;

  DocumentFormat(JsonFactory factory, ObjectWriter writer) {
    this.factory = factory;
    this.writer = writer;
  }

  /// JSON for `*.json`, YAML for every other name.
  public static DocumentFormat ofFile(String fileName) {
    return fileName.toLowerCase(Locale.ROOT).endsWith(".json") ? JSON : YAML;
  }

  /// Reads a whole document and checks everything [Validation] checks. First the shape: when that
  /// is wrong, only what is wrong with the shape is told.
  public Reading<Document> readValid(byte[] text) {
    return switch (read(text, Document.class)) {
      case Reading.Bad<Document> bad -> bad;
      case Reading.Good<Document> good -> {
        var violations = Validation.check(good.value());
        yield violations.isEmpty() ? good : bad(good.places().locate(violations), true);
      }
    };
  }

  /// Reads a document or a part of one: its shape only, see [Validation] for the meaning.
  ///
  /// @param text UTF-8, up to [#MAX_BYTES]
  /// @param type a record whose components are text, numbers, flags, optional text, lists, maps and
  ///   other such records
  public <T extends Record> Reading<T> read(byte[] text, Class<T> type) {
    if (text.length > MAX_BYTES) {
      return bad(whole("has " + text.length + " bytes; at most " + MAX_BYTES + " are read"), false);
    }
    try {
      return read(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString(), type);
    } catch (CharacterCodingException notUtf8) {
      return bad(whole("is not UTF-8 text"), false);
    }
  }

  /// The same for text that is decoded already.
  public <T extends Record> Reading<T> read(String text, Class<T> type) {
    var problems = new ArrayList<Problem>();
    var root =
        new NodeParser(factory, problems)
            .parse(text.startsWith("\uFEFF") ? text.substring(1) : text);
    if (root.isEmpty()) {
      return bad(problems, false);
    }
    var value = new RecordReader(this == YAML, problems).read(root.get(), type, Pointer.ROOT);
    return problems.isEmpty()
        ? new Reading.Good<>(value, new Reading.Places(root.get()))
        : bad(problems, true);
  }

  /// Reads changes to a record (RFC 7396, JSON Merge Patch): what the text leaves out is as in
  /// `base`, what is null there goes back to its default.
  ///
  /// @return places are those of the text
  public <T extends Record> Reading<T> readOver(byte[] text, T base, Class<T> type) {
    var problems = new ArrayList<Problem>();
    var before = new NodeParser(JSON.factory, problems).parse(JSON.write(base)).orElseThrow();
    if (text.length > MAX_BYTES) {
      return bad(whole("has " + text.length + " bytes; at most " + MAX_BYTES + " are read"), false);
    }
    var patch = new NodeParser(factory, problems).parse(new String(text, StandardCharsets.UTF_8));
    if (patch.isEmpty()) {
      return bad(problems, false);
    }
    var merged = patch.get().over(before);
    var value = new RecordReader(this == YAML, problems).read(merged, type, Pointer.ROOT);
    return problems.isEmpty()
        ? new Reading.Good<>(value, new Reading.Places(patch.get()))
        : bad(problems, true);
  }

  /// The text of a record such as is read here, or of a list or map of them; reading it gives an
  /// equal record.
  public String write(Object value) {
    try {
      var text = writer.writeValueAsString(new PlainTree(this == JSON).of(value));
      return text.endsWith("\n") ? text : text + "\n";
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static <T> Reading<T> bad(List<Problem> problems, boolean wellFormed) {
    var inOrder = Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column);
    return new Reading.Bad<>(problems.stream().sorted(inOrder).toList(), wellFormed);
  }

  private static List<Problem> whole(String message) {
    return List.of(new Problem(1, 1, Pointer.ROOT, "the document " + message));
  }

  private static JsonFactory yaml() {
    var options = new LoaderOptions();
    options.setCodePointLimit(MAX_BYTES);
    options.setNestingDepthLimit(NodeParser.MAX_DEPTH);
    return YAMLFactory.builder()
        .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
        .loaderOptions(options)
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .disable(YAMLGenerator.Feature.SPLIT_LINES)
        .build();
  }

  private static JsonFactory json() {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(NodeParser.MAX_DEPTH)
                .maxStringLength(MAX_BYTES)
                .build())
        .build();
  }

  private static DefaultPrettyPrinter indented() {
    return new DefaultPrettyPrinter().withArrayIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
  }
}
