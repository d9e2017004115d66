package io.vtgt.mgmt.document;

import io.vtgt.mgmt.document.Document.Unit;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The fields of a unit by their dotted names, `readOnly` or `mode.writeCache`, and which of them a
/// unit takes while it is served.
public final class UnitFields {
  private static final String STORE = "store", SIZE = "size";

  /// What a unit is told apart by, or was opened with: a change closes it and opens it again.
  private static final Set<String> REOPENING =
      Set.of("name", STORE, "blockSize", "identity.uuid", "identity.naa");

  /// The unit's address, and its store, whose options have names of their own.
  private static final Set<String> NOT_SET_BY_NAME = Set.of("lun", "layers", STORE);

  private UnitFields() {}

  /// What differs between two settings of one unit.
  ///
  /// @param reopening fields that are only taken by opening the unit again
  /// @param live fields that are changed while sessions go on
  /// @param size the store is told to have another size, and nothing else of it changes
  record Difference(List<String> reopening, List<String> live, boolean size) {
    static Difference of(Unit was, Unit now) {
      var reopening = new ArrayList<String>();
      var live = new ArrayList<String>();
      var before = values(was);
      values(now)
          .forEach(
              (name, value) -> {
                if (!value.equals(before.get(name))) {
                  (REOPENING.contains(name) ? reopening : live).add(name);
                }
              });
      if (!reopening.contains(STORE) || !withoutSize(was).equals(withoutSize(now))) {
        return new Difference(List.copyOf(reopening), List.copyOf(live), false);
      }
      reopening.remove(STORE);
      boolean told = now.store().containsKey(SIZE);
      if (!told) {
        live.add(STORE + "." + SIZE); // what the medium is stays as it is
      }
      return new Difference(List.copyOf(reopening), List.copyOf(live), told);
    }
  }

  /// The names that a person may set, each with the type of its value: `boolean`, `int`, `long` or
  /// `String`.
  public static Map<String, Class<?>> settable() {
    var types = new LinkedHashMap<String, Class<?>>();
    for (var component : Shape.of(Unit.class).components()) {
      if (component.getType().isRecord()) {
        Shape.of(component.getType())
            .components()
            .forEach(it -> types.put(component.getName() + "." + it.getName(), type(it)));
      } else if (!NOT_SET_BY_NAME.contains(component.getName())) {
        types.put(component.getName(), type(component));
      }
    }
    return types;
  }

  private static Class<?> type(RecordComponent component) {
    return component.getType().isPrimitive() ? component.getType() : String.class;
  }

  private static Map<String, Object> values(Unit unit) {
    var values = new LinkedHashMap<String, Object>();
    for (var component : Shape.of(Unit.class).components()) {
      var value = Shape.get(unit, component);
      if (value instanceof Record group) {
        Shape.of(group.getClass())
            .components()
            .forEach(
                it -> values.put(component.getName() + "." + it.getName(), Shape.get(group, it)));
      } else {
        values.put(component.getName(), Objects.requireNonNull(value));
      }
    }
    return values;
  }

  private static Map<String, Object> withoutSize(Unit unit) {
    var rest = new HashMap<>(unit.store());
    rest.remove(SIZE);
    return rest;
  }
}
