package io.vtgt.mgmt.document;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes records of a tree: the components of the record are the table of its fields. Collects
/// every problem and goes on; what it returns is only of use when there was none.
final class RecordReader {
  private static final String SECRET = "secret";
  private static final int SHOWN_LENGTH = 60;

  private final boolean literalsAreText;
  private final List<Problem> problems;

  /// @param literalsAreText where text is wanted, an unquoted number or flag is taken as it stands:
  ///   in YAML the quotes are no part of what a person means
  RecordReader(boolean literalsAreText, List<Problem> problems) {
    this.literalsAreText = literalsAreText;
    this.problems = problems;
  }

  /// The record with every field left out.
  ///
  /// @throws IllegalArgumentException when a field has no default
  static <T extends Record> T ofDefaults(Class<T> type) {
    var problems = new ArrayList<Problem>();
    var nothing = new Node.Mapping(Map.of(), Map.of(), 1, new Node.Place(1, 1));
    var value = new RecordReader(false, problems).read(nothing, type, Pointer.ROOT);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return value;
  }

  <T extends Record> T read(Node node, Class<T> type, String pointer) {
    var shape = Shape.of(type);
    if (!(node instanceof Node.Mapping mapping)) {
      wrong(node, pointer, "a mapping of fields: " + String.join(", ", shape.names()));
      return null;
    }
    var known = shape.names();
    mapping
        .names()
        .forEach(
            (name, at) -> {
              if (!known.contains(name)) {
                problems.add(
                    at.problem(
                        Pointer.child(pointer, name),
                        "there is no field \""
                            + name
                            + "\""
                            + Nearest.hint(name, known)
                            + "; allowed are "
                            + String.join(", ", known)));
              }
            });
    var components = shape.components();
    var values = new Object[components.size()];
    for (int i = 0; i < values.length; i++) {
      var component = components.get(i);
      var field = mapping.fields().get(component.getName());
      var child = Pointer.child(pointer, component.getName());
      values[i] =
          field == null
              ? leftOut(mapping, type, component, child)
              : value(field, component.getGenericType(), component.getName(), child);
      if (values[i] == null) {
        values[i] = placeholder(component.getType());
      }
    }
    return type.cast(shape.make(values));
  }

  private Object leftOut(
      Node.Mapping in, Class<?> type, RecordComponent component, String pointer) {
    var row = DocumentDefaults.of(type, component.getName());
    if (row.isPresent()) {
      return row.get();
    }
    var wanted = component.getType();
    if (wanted.isRecord()) {
      return read(
          new Node.Mapping(Map.of(), Map.of(), 1, in.at()),
          wanted.asSubclass(Record.class),
          pointer);
    }
    if (wanted == int.class || wanted == long.class || wanted == String.class) {
      problems.add(in.at().problem(pointer, "\"" + component.getName() + "\" is missing"));
    }
    return null; // empty, absent or false
  }

  /// The value of a field; null after a problem.
  private Object value(Node node, Type type, String name, String pointer) {
    if (type instanceof ParameterizedType generic) {
      var argument = generic.getActualTypeArguments();
      if (generic.getRawType() == Optional.class) {
        return Optional.ofNullable(value(node, argument[0], name, pointer));
      }
      return generic.getRawType() == List.class
          ? list(node, argument[0], name, pointer)
          : map(node, argument[1], pointer);
    }
    var plain = (Class<?>) type;
    if (plain.isRecord()) {
      return read(node, plain.asSubclass(Record.class), pointer);
    }
    if (plain == String.class) {
      return text(node, name, pointer);
    }
    if (plain == boolean.class) {
      return node instanceof Node.Scalar(Boolean flag, _, _)
          ? flag
          : wrong(node, pointer, "true or false");
    }
    if (plain == Object.class) {
      return plainValue(node, pointer);
    }
    assert plain == int.class || plain == long.class : plain;
    var number =
        name.endsWith("Bytes") || name.endsWith("Size")
            ? bytes(node, pointer)
            : wholeNumber(node, pointer);
    if (plain == long.class || number == null) {
      return number;
    }
    if (number != number.intValue()) {
      return wrong(node, pointer, "a whole number of at most 31 bits");
    }
    return number.intValue();
  }

  private List<Object> list(Node node, Type item, String name, String pointer) {
    if (!(node instanceof Node.Sequence sequence)) {
      wrong(node, pointer, "a list");
      return null;
    }
    var values = new ArrayList<Object>();
    for (int i = 0; i < sequence.items().size(); i++) {
      var value = value(sequence.items().get(i), boxed(item), name, Pointer.child(pointer, i));
      if (value != null) {
        values.add(value);
      }
    }
    return List.copyOf(values);
  }

  private Map<String, Object> map(Node node, Type item, String pointer) {
    if (!(node instanceof Node.Mapping mapping)) {
      wrong(node, pointer, "a mapping of names to values");
      return null;
    }
    var values = new LinkedHashMap<String, Object>();
    mapping
        .fields()
        .forEach(
            (name, field) -> {
              // A map of text is a map of settings: a number or a flag is as good as its text.
              var value =
                  item == String.class
                      ? literal(field, name, Pointer.child(pointer, name))
                      : value(field, item, name, Pointer.child(pointer, name));
              if (value != null) {
                values.put(name, value);
              }
            });
    return Collections.unmodifiableMap(values);
  }

  private String text(Node node, String name, String pointer) {
    return literalsAreText || node instanceof Node.Scalar(String _, _, _)
        ? literal(node, name, pointer)
        : wrong(node, name, pointer, "text");
  }

  private String literal(Node node, String name, String pointer) {
    return node instanceof Node.Scalar scalar
        ? scalar.literal()
        : wrong(node, name, pointer, "text");
  }

  private Long wholeNumber(Node node, String pointer) {
    return node instanceof Node.Scalar(Number number, _, _) && !(number instanceof Double)
        ? Long.valueOf(number.longValue())
        : wrong(node, pointer, "a whole number");
  }

  private Long bytes(Node node, String pointer) {
    if (node instanceof Node.Scalar(String size, _, _)) {
      var bytes = ByteSize.parse(size);
      return bytes.isPresent()
          ? Long.valueOf(bytes.getAsLong())
          : wrong(node, pointer, ByteSize.ALLOWED);
    }
    return node instanceof Node.Scalar(Number number, _, _) && !(number instanceof Double)
        ? Long.valueOf(number.longValue())
        : wrong(node, pointer, ByteSize.ALLOWED);
  }

  /// Any value as it stands: text, number, flag, list or map.
  private Object plainValue(Node node, String pointer) {
    return switch (node) {
      case Node.Scalar scalar -> scalar.value();
      case Node.Nothing _ -> wrong(node, pointer, "a value");
      case Node.Sequence _ -> list(node, Object.class, "", pointer);
      case Node.Mapping _ -> map(node, Object.class, pointer);
    };
  }

  @SuppressWarnings("TypeParameterUnusedInFormals") // null has every type
  private <T> T wrong(Node node, String pointer, String allowed) {
    return wrong(node, "", pointer, allowed);
  }

  @SuppressWarnings("TypeParameterUnusedInFormals") // null has every type
  private <T> T wrong(Node node, String name, String pointer, String allowed) {
    var came = name.equals(SECRET) ? "something else" : describe(node);
    problems.add(node.at().problem(pointer, came + " where " + allowed + " is expected"));
    return null;
  }

  private static String describe(Node node) {
    return switch (node) {
      case Node.Mapping _ -> "a mapping";
      case Node.Nothing _ -> "nothing";
      case Node.Sequence _ -> "a list";
      case Node.Scalar(String text, _, _) -> "the text \"" + cut(text) + "\"";
      case Node.Scalar(Number _, var literal, _) -> "the number " + cut(literal);
      case Node.Scalar(_, var literal, _) -> cut(literal);
    };
  }

  private static String cut(String text) {
    return text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "…";
  }

  private static Type boxed(Type type) {
    return type == Integer.class ? int.class : type;
  }

  /// Something of the right type for a field that is left out or wrong.
  private static Object placeholder(Class<?> type) {
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == List.class) {
      return List.of();
    }
    if (type == Map.class) {
      return Map.of();
    }
    if (type == boolean.class) {
      return false;
    }
    if (type == int.class) {
      return 0;
    }
    return type == long.class ? (Object) 0L : null;
  }
}
