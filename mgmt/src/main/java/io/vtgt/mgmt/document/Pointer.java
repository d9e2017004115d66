package io.vtgt.mgmt.document;

import java.util.Arrays;
import java.util.List;

/// JSON pointers (RFC 6901) as text: empty is the whole document, `/targets/0/name` a field of it.
public final class Pointer {
  public static final String ROOT = "";

  private Pointer() {}

  /// The field `name` of what `pointer` points at.
  public static String child(String pointer, String name) {
    return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
  }

  /// The item `index` (from 0) of the list `pointer` points at.
  public static String child(String pointer, int index) {
    return pointer + "/" + index;
  }

  /// The names and indexes on the way, unescaped.
  static List<String> steps(String pointer) {
    if (pointer.isEmpty()) {
      return List.of();
    }
    return Arrays.stream(pointer.substring(1).split("/", -1))
        .map(step -> step.replace("~1", "/").replace("~0", "~"))
        .toList();
  }
}
