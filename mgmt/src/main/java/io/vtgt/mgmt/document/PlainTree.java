package io.vtgt.mgmt.document;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Records as maps and lists, the fields in the order of the record; absent fields are left out.
final class PlainTree {
  private final boolean keepEmpty;

  /// @param keepEmpty empty lists and maps are kept too
  PlainTree(boolean keepEmpty) {
    this.keepEmpty = keepEmpty;
  }

  Object of(Object value) {
    return switch (value) {
      case Record record -> fields(record);
      case Map<?, ?> map -> {
        var tree = new LinkedHashMap<String, Object>();
        map.forEach((name, item) -> tree.put(name.toString(), of(item)));
        yield tree;
      }
      case Collection<?> items -> items.stream().map(this::of).toList();
      case Enum<?> constant -> constant.name();
      default -> value;
    };
  }

  private Map<String, Object> fields(Record record) {
    var tree = new LinkedHashMap<String, Object>();
    for (var component : Shape.of(record.getClass()).components()) {
      var value = Shape.get(record, component);
      if (value instanceof Optional<?> optional) {
        value = optional.orElse(null);
      }
      var plain = value == null ? null : of(value);
      if (plain != null && (keepEmpty || !isEmpty(plain))) {
        tree.put(component.getName(), plain);
      }
    }
    return tree;
  }

  private static boolean isEmpty(Object tree) {
    return switch (tree) {
      case Map<?, ?> map -> map.isEmpty();
      case List<?> list -> list.isEmpty();
      default -> false;
    };
  }
}
