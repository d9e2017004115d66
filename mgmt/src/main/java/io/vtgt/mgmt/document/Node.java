package io.vtgt.mgmt.document;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A YAML or JSON text as a tree that remembers where everything stood. A field that is null in the
/// text is left out.
sealed interface Node {

  /// Where it begins.
  Place at();

  /// How many nodes it is, itself included.
  int count();

  /// @param line from 1
  /// @param column from 1
  record Place(int line, int column) {
    Problem problem(String pointer, String message) {
      return new Problem(line, column, pointer, message);
    }
  }

  /// @param value `String`, `Integer`, `Long`, `Double` or `Boolean`
  /// @param literal as written, without quotes
  record Scalar(Object value, String literal, Place at) implements Node {
    @Override
    public int count() {
      return 1;
    }
  }

  /// An item of a list that is null or was found wrong; it keeps the others' places.
  record Nothing(Place at) implements Node {
    @Override
    public int count() {
      return 1;
    }
  }

  record Sequence(List<Node> items, int count, Place at) implements Node {}

  /// @param fields in the order of the text
  /// @param names where the name of each field stands
  record Mapping(Map<String, Node> fields, Map<String, Place> names, int count, Place at)
      implements Node {}

  /// This tree as changes to another one: fields are merged, a field that is null here is left out,
  /// anything else takes the place of what was there.
  default Node over(Node before) {
    if (!(this instanceof Mapping changes)) {
      return this;
    }
    var fields = new LinkedHashMap<String, Node>();
    var names = new LinkedHashMap<String, Place>();
    if (before instanceof Mapping mapping) {
      fields.putAll(mapping.fields());
      names.putAll(mapping.names());
    }
    changes
        .names()
        .forEach(
            (name, at) -> {
              var field = changes.fields().get(name);
              var old = fields.remove(name);
              names.put(name, at);
              if (field != null) {
                fields.put(name, old == null ? field : field.over(old));
              }
            });
    return new Mapping(fields, names, count(), at());
  }

  /// How many levels it has, itself included.
  default int height() {
    return switch (this) {
      case Scalar _, Nothing _ -> 1;
      case Mapping mapping ->
          1 + mapping.fields().values().stream().mapToInt(Node::height).max().orElse(0);
      case Sequence sequence ->
          1 + sequence.items().stream().mapToInt(Node::height).max().orElse(0);
    };
  }

  /// The place of what `pointer` points at, or of the nearest thing around it that is in the text.
  default Place find(String pointer) {
    Node node = this;
    var place = node.at();
    for (var step : Pointer.steps(pointer)) {
      var next =
          switch (node) {
            case Scalar _, Nothing _ -> null;
            case Mapping mapping -> mapping.fields().get(step);
            case Sequence sequence ->
                step.matches("\\d{1,8}") && Integer.parseInt(step) < sequence.items().size()
                    ? sequence.items().get(Integer.parseInt(step))
                    : null;
          };
      if (next == null) {
        return place;
      }
      node = next;
      place = node.at();
    }
    return place;
  }
}
