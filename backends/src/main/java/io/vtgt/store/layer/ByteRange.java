package io.vtgt.store.layer;

import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Which bytes of a medium a layer is about.
///
/// @param from first byte
/// @param to byte after the last one
public record ByteRange(long from, long to) {
  public static final ByteRange ALL = new ByteRange(0, Long.MAX_VALUE);

  /// The option that tells it.
  static final Option OPTION =
      new Option("range", "string", false, "", "only these bytes: from..to, such as 1MiB..2MiB");

  boolean touches(long offset, long length) {
    return offset < to && from < offset + length;
  }

  /// What is wrong with the option; it may be missing.
  static List<OptionFault> check(OptionValues values) {
    return parse(values).isPresent()
        ? List.of()
        : List.of(
            new OptionFault(
                OPTION.name(),
                values.text(OPTION.name()).orElseThrow() + " is not like 1MiB..2MiB"));
  }

  /// [#check] has passed.
  static ByteRange of(OptionValues values) {
    return parse(values).orElseThrow();
  }

  private static Optional<ByteRange> parse(OptionValues values) {
    if (values.text(OPTION.name()).isEmpty()) {
      return Optional.of(ALL);
    }
    String[] ends = values.text(OPTION.name()).get().split("\\.\\.", -1);
    if (ends.length != 2) {
      return Optional.empty();
    }
    OptionalLong from = Size.parse(ends[0]);
    OptionalLong to = Size.parse(ends[1]);
    return from.isPresent() && to.isPresent() && from.getAsLong() < to.getAsLong()
        ? Optional.of(new ByteRange(from.getAsLong(), to.getAsLong()))
        : Optional.empty();
  }
}
