package io.vtgt.store.layer;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.layer.ThrottleQueue.Rates;
import io.vtgt.store.layer.TokenBucket.Rate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// Makes a [ThrottleLayer].
public final class ThrottleLayerProvider implements LayerProvider {

  /// What can be bound.
  private enum Figure {
    OPERATIONS("iops", "iopsBurst", "operations"),
    READS("readIops", "readIopsBurst", "reads"),
    WRITES("writeIops", "writeIopsBurst", "changes"),
    BYTES("bytesPerSecond", "bytesBurst", "bytes read and written"),
    READ_BYTES("readBytesPerSecond", "readBytesBurst", "bytes read"),
    WRITE_BYTES("writeBytesPerSecond", "writeBytesBurst", "bytes written");

    final String rate;
    final String burst;
    final String what;

    Figure(String rate, String burst, String what) {
      this.rate = rate;
      this.burst = burst;
      this.what = what;
    }

    boolean ofBytes() {
      return compareTo(BYTES) >= 0;
    }

    long least() {
      return ofBytes() ? LEAST_BYTES : 1;
    }
  }

  /// One transfer of a store shall not take minutes.
  private static final long LEAST_BYTES = 64 << 10;

  /// What is kept where no burst is given: what comes in a tenth of a second.
  private static final int BURSTS_PER_SECOND = 10;

  @Override
  public String kind() {
    return "throttle";
  }

  @Override
  public String summary() {
    return "Lets no more operations and bytes through in a second than told; the others wait.";
  }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>();
    options.add(
        new Option(
            "per",
            "string",
            false,
            word(ThrottleLayer.Scope.UNIT),
            "whose operations share the rates: unit, or nexus (those of each initiator session)"));
    for (Figure figure : Figure.values()) {
      options.add(
          new Option(
              figure.rate,
              figure.ofBytes() ? "size" : "integer",
              false,
              "",
              figure.what + " in a second"));
    }
    for (Figure figure : Figure.values()) {
      options.add(
          new Option(
              figure.burst,
              figure.ofBytes() ? "size" : "integer",
              false,
              "a tenth of " + figure.rate,
              figure.what + " at once after a pause"));
    }
    return options;
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    if (scope(options).isEmpty()) {
      faults.add(new OptionFault("per", options.get("per") + " is neither unit nor nexus"));
    }
    for (Figure figure : Figure.values()) {
      OptionalLong rate = Size.parse(options.getOrDefault(figure.rate, figure.least()));
      OptionalLong burst = Size.parse(options.getOrDefault(figure.burst, 1));
      if (rate.isEmpty() || rate.getAsLong() < figure.least()) {
        faults.add(
            new OptionFault(
                figure.rate,
                options.get(figure.rate) + " is less than the least, " + figure.least()));
      }
      if (burst.isEmpty() || burst.getAsLong() < 1) {
        faults.add(new OptionFault(figure.burst, options.get(figure.burst) + " is less than 1"));
      } else if (options.containsKey(figure.burst) && !options.containsKey(figure.rate)) {
        faults.add(new OptionFault(figure.burst, "only with " + figure.rate));
      }
    }
    if (Arrays.stream(Figure.values()).noneMatch(it -> options.containsKey(it.rate))) {
      faults.add(
          new OptionFault(
              Figure.OPERATIONS.rate,
              "nothing is bound; give one or more of "
                  + Arrays.stream(Figure.values())
                      .map(it -> it.rate)
                      .collect(Collectors.joining(", "))));
    }
    return faults;
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    return new ThrottleLayer(
        vertx, next, rates(options), scope(options).orElseThrow(), ThrottleLayer.eventLoops(vertx));
  }

  static Rates rates(Map<String, Object> options) {
    return new Rates(
        rate(options, Figure.OPERATIONS),
        rate(options, Figure.READS),
        rate(options, Figure.WRITES),
        rate(options, Figure.BYTES),
        rate(options, Figure.READ_BYTES),
        rate(options, Figure.WRITE_BYTES));
  }

  private static Optional<Rate> rate(Map<String, Object> options, Figure figure) {
    if (!options.containsKey(figure.rate)) {
      return Optional.empty();
    }
    long perSecond = Size.parse(options.get(figure.rate)).orElseThrow();
    long burst =
        options.containsKey(figure.burst)
            ? Size.parse(options.get(figure.burst)).orElseThrow()
            : Math.max(1, perSecond / BURSTS_PER_SECOND);
    return Optional.of(new Rate(perSecond, burst));
  }

  private static Optional<ThrottleLayer.Scope> scope(Map<String, Object> options) {
    Object told = options.getOrDefault("per", word(ThrottleLayer.Scope.UNIT));
    return Arrays.stream(ThrottleLayer.Scope.values())
        .filter(it -> word(it).equals(told))
        .findFirst();
  }

  private static String word(ThrottleLayer.Scope scope) {
    return scope.name().toLowerCase(Locale.ROOT);
  }
}
