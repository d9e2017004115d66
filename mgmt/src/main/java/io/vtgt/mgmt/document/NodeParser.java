package io.vtgt.mgmt.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/// Makes the tree of a text. Syntax errors end the reading; duplicate names, numbers that cannot be
/// held and unknown aliases are collected. Depth and the number of nodes, those that YAML aliases
/// repeat counted each time, are bounded.
final class NodeParser {
  static final int MAX_DEPTH = 32;
  static final int MAX_NODES = 1_000_000;
  private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]{0,18})");

  private static final Pattern QUOTED_TOKEN = Pattern.compile("Unrecognized token '.*?'(?=:|$)");
  private static final Pattern SOURCE =
      Pattern.compile("at \\[Source: .*?; line: (\\d+), column: (\\d+)]");

  private final JsonFactory factory;
  private final List<Problem> problems;
  private final Map<String, Node> anchors = new HashMap<>();
  private int nodes;

  NodeParser(JsonFactory factory, List<Problem> problems) {
    this.factory = factory;
    this.problems = problems;
  }

  /// @return empty when the text has no tree; the problems then say why
  Optional<Node> parse(String text) {
    try (var parser = factory.createParser(text)) {
      if (parser.nextToken() == null) {
        problems.add(new Problem(1, 1, Pointer.ROOT, "the document is empty"));
        return Optional.empty();
      }
      var root = node(parser, Pointer.ROOT, 1);
      if (parser.nextToken() != null) {
        throw new Unreadable(
            place(parser).problem(Pointer.ROOT, "there is more after the end of the document"));
      }
      if (root == null && problems.isEmpty()) {
        problems.add(new Problem(1, 1, Pointer.ROOT, "the document is empty"));
      }
      return Optional.ofNullable(root);
    } catch (Unreadable unreadable) {
      problems.add(unreadable.problem);
      return Optional.empty();
    } catch (JsonProcessingException syntax) {
      problems.add(syntaxProblem(syntax));
      return Optional.empty();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /// The value at the parser's token; null for null and for what was found wrong.
  private Node node(JsonParser parser, String pointer, int depth) throws IOException {
    var at = place(parser);
    checkDepth(depth, at, pointer);
    count(1, at, pointer);
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      return aliased(parser.getText(), at, pointer, depth);
    }
    var anchor = parser instanceof YAMLParser yaml ? yaml.getObjectId() : null;
    var node =
        switch (parser.currentToken()) {
          case START_OBJECT -> mapping(parser, pointer, depth, at);
          case START_ARRAY -> sequence(parser, pointer, depth, at);
          case VALUE_STRING -> text(parser, at);
          case VALUE_TRUE, VALUE_FALSE ->
              new Node.Scalar(parser.getBooleanValue(), parser.getText(), at);
          case VALUE_NUMBER_INT -> wholeNumber(parser, at, pointer);
          case VALUE_NUMBER_FLOAT -> number(parser, at, pointer);
          case VALUE_NULL -> null;
          case VALUE_EMBEDDED_OBJECT, END_ARRAY, END_OBJECT, FIELD_NAME, NOT_AVAILABLE -> {
            problems.add(
                at.problem(
                    pointer, "only text, numbers, true, false, lists and mappings are allowed"));
            yield null;
          }
        };
    if (anchor != null && node != null) {
      anchors.put(anchor.toString(), node);
    }
    return node;
  }

  private Node mapping(JsonParser parser, String pointer, int depth, Node.Place at)
      throws IOException {
    var fields = new LinkedHashMap<String, Node>();
    var names = new LinkedHashMap<String, Node.Place>();
    int before = nodes;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      var child = Pointer.child(pointer, name);
      var nameAt = place(parser);
      if (name.codePoints().anyMatch(NodeParser::isControl)) {
        problems.add(nameAt.problem(child, "a name with control characters"));
      }
      parser.nextToken();
      var value = node(parser, child, depth + 1);
      var first = names.putIfAbsent(name, nameAt);
      if (first != null) {
        problems.add(
            nameAt.problem(
                child,
                "\"" + name + "\" is here a second time, the first is in line " + first.line()));
      } else if (value != null) {
        fields.put(name, value);
      }
    }
    return new Node.Mapping(
        Collections.unmodifiableMap(fields),
        Collections.unmodifiableMap(names),
        1 + nodes - before,
        at);
  }

  private Node sequence(JsonParser parser, String pointer, int depth, Node.Place at)
      throws IOException {
    var items = new ArrayList<Node>();
    int before = nodes;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      var child = Pointer.child(pointer, items.size());
      var itemAt = place(parser);
      var item = node(parser, child, depth + 1);
      items.add(item == null ? new Node.Nothing(itemAt) : item);
    }
    return new Node.Sequence(Collections.unmodifiableList(items), 1 + nodes - before, at);
  }

  private Node aliased(String name, Node.Place at, String pointer, int depth) {
    var node = anchors.get(name);
    if (node == null) {
      problems.add(
          at.problem(
              pointer,
              "*"
                  + name
                  + " is an alias of YAML that nothing before defines; text that begins with *"
                  + " stands in quotes"));
      return null;
    }
    count(node.count() - 1, at, pointer);
    checkDepth(depth + node.height() - 1, at, pointer);
    return node;
  }

  private static void checkDepth(int depth, Node.Place at, String pointer) {
    if (depth > MAX_DEPTH) {
      throw new Unreadable(at.problem(pointer, "nested deeper than " + MAX_DEPTH + " levels"));
    }
  }

  private void count(int more, Node.Place at, String pointer) {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw new Unreadable(
          at.problem(
              pointer,
              "the document has more than "
                  + MAX_NODES
                  + " values, those repeated by aliases counted"));
    }
  }

  /// Nothing at all, as after `name:` in YAML, is null; `""` is text.
  private static Node text(JsonParser parser, Node.Place at) throws IOException {
    var text = parser.getText();
    boolean nothing = parser instanceof YAMLParser && at.equals(place(parser.currentLocation()));
    return nothing ? null : new Node.Scalar(text, text, at);
  }

  /// An `Integer` where it fits, else a `Long`. What only looks like a number is text in YAML:
  /// there nothing but its look makes it one.
  private Node wholeNumber(JsonParser parser, Node.Place at, String pointer) throws IOException {
    var literal = parser.getText();
    if (DECIMAL.matcher(literal).matches()) {
      try {
        long value = Long.parseLong(literal);
        Object boxed = value == (int) value ? (Object) (int) value : (Object) value;
        return new Node.Scalar(boxed, literal, at);
      } catch (NumberFormatException tooLarge) {
        // answered below
      }
    }
    return textOrProblem(parser, literal, at, pointer);
  }

  private Node number(JsonParser parser, Node.Place at, String pointer) throws IOException {
    var literal = parser.getText();
    try {
      double value = Double.parseDouble(literal);
      if (Double.isFinite(value)) {
        return new Node.Scalar(value, literal, at);
      }
    } catch (NumberFormatException notDecimal) {
      // answered below
    }
    return textOrProblem(parser, literal, at, pointer);
  }

  /// Does not show the number: it may stand where a secret belongs.
  private Node textOrProblem(JsonParser parser, String literal, Node.Place at, String pointer) {
    if (parser instanceof YAMLParser) {
      return new Node.Scalar(literal, literal, at);
    }
    problems.add(at.problem(pointer, "the number is out of range; numbers have at most 64 bits"));
    return null;
  }

  private static boolean isControl(int c) {
    return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
  }

  private static Node.Place place(JsonParser parser) {
    return place(parser.currentTokenLocation());
  }

  private static Node.Place place(JsonLocation location) {
    return location == null
        ? new Node.Place(1, 1)
        : new Node.Place(Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
  }

  /// The parsers' messages quote the text around, which may be a secret; that is left out.
  private static Problem syntaxProblem(JsonProcessingException syntax) {
    for (Throwable cause = syntax; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
        var mark = marked.getProblemMark();
        var at = new Node.Place(mark.getLine() + 1, mark.getColumn() + 1);
        var message =
            Stream.of(marked.getContext(), marked.getProblem())
                .filter(Objects::nonNull)
                .collect(Collectors.joining(": "));
        return at.problem(
            Pointer.ROOT, message + "; text with special characters stands in quotes");
      }
    }
    var message =
        Optional.ofNullable(syntax.getOriginalMessage())
            .orElse("")
            .lines()
            .findFirst()
            .orElse("not readable");
    return place(syntax.getLocation())
        .problem(
            Pointer.ROOT,
            SOURCE
                .matcher(QUOTED_TOKEN.matcher(message).replaceFirst("Unrecognized token"))
                .replaceAll("at line $1, column $2"));
  }

  /// Ends the reading.
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Problem problem;

    Unreadable(Problem problem) {
      super(problem.message(), null, false, false);
      this.problem = problem;
    }
  }
}
