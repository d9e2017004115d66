package io.vtgt.mgmt.document;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/// What reflection knows of a record type, asked once: it is slow to answer.
///
/// @param names of the components, in their order
record Shape(List<RecordComponent> components, List<String> names, Constructor<?> constructor) {
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return ask(type);
        }
      };

  static Shape of(Class<?> type) {
    return SHAPES.get(type);
  }

  private static Shape ask(Class<?> type) {
    var components = List.of(type.getRecordComponents());
    var types = components.stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      var constructor = type.getDeclaredConstructor(types);
      // The record may be its package's own.
      constructor.setAccessible(true);
      components.forEach(it -> it.getAccessor().setAccessible(true));
      var names = components.stream().map(RecordComponent::getName).toList();
      return new Shape(components, names, constructor);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          "every record has its constructor: " + Arrays.toString(types), e);
    }
  }

  /// @param values in the order of the components
  Object make(Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make " + constructor, e);
    }
  }

  static Object get(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }
}
