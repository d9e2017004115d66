package io.vtgt.mgmt.http;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Arithmetic on lists whose items are known by something; a missing or doubled one is refused.
final class Named {
  private Named() {}

  /// @param what for the message: `target "iqn.…"`
  static <T> int indexOf(List<T> items, Predicate<T> is, String what) {
    for (int i = 0; i < items.size(); i++) {
      if (is.test(items.get(i))) {
        return i;
      }
    }
    throw new HttpFailure(HttpFailure.Kind.NOT_FOUND, "there is no " + what);
  }

  static <T> T find(List<T> items, Predicate<T> is, String what) {
    return items.get(indexOf(items, is, what));
  }

  static <T> List<T> plus(List<T> items, T item, Predicate<T> is, String what) {
    if (items.stream().anyMatch(is)) {
      throw new HttpFailure(HttpFailure.Kind.CONFLICT, "there is a " + what + " already");
    }
    var more = new ArrayList<>(items);
    more.add(item);
    return more;
  }

  static <T> List<T> replaced(List<T> items, int index, T item) {
    var other = new ArrayList<>(items);
    other.set(index, item);
    return other;
  }

  static <T> List<T> without(List<T> items, int index) {
    var fewer = new ArrayList<>(items);
    fewer.remove(index);
    return fewer;
  }
}
