package io.vtgt.store;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A size as people write it: bytes, or a number with a unit. `KiB` `MiB` `GiB` `TiB` `PiB` are
/// powers of 1024, `KB` `MB` `GB` `TB` `PB` powers of 1000.
public final class Size {
  /// What is allowed, for messages and help.
  public static final String SYNTAX = "bytes, or a number with a unit such as 512MiB, 10GiB, 1TB";

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})\\s*([a-zA-Z]*)");

  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("kib", 1L << 10),
          Map.entry("mib", 1L << 20),
          Map.entry("gib", 1L << 30),
          Map.entry("tib", 1L << 40),
          Map.entry("pib", 1L << 50),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("pb", 1_000_000_000_000_000L));

  private Size() {}

  /// @param value a whole number of bytes, or text
  /// @return bytes, 0 or more; empty when it is no size, or more than a `long` holds
  public static OptionalLong parse(Object value) {
    if (value instanceof Integer || value instanceof Long) {
      long bytes = ((Number) value).longValue();
      return bytes >= 0 ? OptionalLong.of(bytes) : OptionalLong.empty();
    }
    if (!(value instanceof String text)) {
      return OptionalLong.empty();
    }
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    Long unit = UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
    if (unit == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), unit));
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  /// The largest binary unit that leaves a whole number: `10GiB`, `1536KiB`, `1000B`.
  public static String text(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int unit = 0;
    long number = bytes;
    while (number != 0 && number % 1024 == 0 && unit < units.length - 1) {
      number /= 1024;
      unit++;
    }
    return number + units[unit];
  }
}
