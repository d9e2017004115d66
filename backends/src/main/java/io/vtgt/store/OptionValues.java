package io.vtgt.store;

import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// The options of one store or layer, checked against what its provider declares and read by type.
///
/// @param values as the document has them
public record OptionValues(Map<String, Object> values) {

  /// Compares with the declared options: unknown names, missing ones, wrong types. What only the
  /// provider knows (ranges, what goes together) it checks itself.
  public static List<OptionFault> check(List<Option> declared, Map<String, Object> values) {
    List<OptionFault> faults = new ArrayList<>();
    for (String name : values.keySet()) {
      if (declared.stream().noneMatch(option -> option.name().equals(name))) {
        String allowed = declared.stream().map(Option::name).collect(Collectors.joining(", "));
        faults.add(new OptionFault(name, "unknown option; allowed: " + allowed));
      }
    }
    for (Option option : declared) {
      Object value = values.get(option.name());
      if (value == null) {
        if (option.required()) {
          faults.add(new OptionFault(option.name(), "missing; " + option.meaning()));
        }
      } else if (!fits(option.type(), value)) {
        faults.add(
            new OptionFault(option.name(), shown(option, value) + " is no " + described(option)));
      }
    }
    return faults;
  }

  private static boolean fits(String type, Object value) {
    return switch (type) {
      case "string", "secret" -> value instanceof String text && !text.isBlank();
      case "integer" -> value instanceof Integer || value instanceof Long;
      case "number" -> value instanceof Number;
      case "boolean" -> value instanceof Boolean;
      case "size" -> Size.parse(value).isPresent();
      case "array" -> value instanceof List<?>;
      case "object" -> value instanceof Map<?, ?>;
      default -> throw new AssertionError("option type " + type);
    };
  }

  private static String shown(Option option, Object value) {
    return option.type().equals("secret") ? "what was given" : "'" + value + "'";
  }

  private static String described(Option option) {
    return switch (option.type()) {
      case "size" -> "size (" + Size.SYNTAX + ")";
      case "secret" -> "string";
      default -> option.type();
    };
  }

  public Optional<String> text(String name) {
    return Optional.ofNullable((String) values.get(name));
  }

  public OptionalLong size(String name) {
    Object value = values.get(name);
    return value == null ? OptionalLong.empty() : Size.parse(value);
  }

  public long integer(String name, long otherwise) {
    return values.get(name) instanceof Number number ? number.longValue() : otherwise;
  }

  public double number(String name, double otherwise) {
    return values.get(name) instanceof Number number ? number.doubleValue() : otherwise;
  }

  public boolean flag(String name, boolean otherwise) {
    return values.get(name) instanceof Boolean flag ? flag : otherwise;
  }
}
