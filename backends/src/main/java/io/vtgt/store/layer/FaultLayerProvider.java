package io.vtgt.store.layer;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes a [FaultLayer].
public final class FaultLayerProvider implements LayerProvider {
  private static final String DEFAULT_RATE = "0.01";

  @Override
  public String kind() {
    return "fault";
  }

  @Override
  public String summary() {
    return "Fails some operations by chance; for tests.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("rate", "number", false, DEFAULT_RATE, "share of operations that fail, 0 to 1"),
        new Option(
            "operations",
            "string",
            false,
            "all",
            "which ones, separated by commas: " + words(FaultLayer.Operation.values())),
        ByteRange.OPTION,
        new Option(
            "fault",
            "string",
            false,
            word(StoreFault.Kind.UNAVAILABLE),
            "how it fails: " + words(StoreFault.Kind.values())),
        new Option("seed", "integer", false, "0", "the same seed gives the same chances"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    double rate = values.number("rate", 0);
    if (!(rate >= 0 && rate <= 1)) {
      faults.add(new OptionFault("rate", rate + " is not within 0 and 1"));
    }
    if (operations(values).isEmpty()) {
      faults.add(
          new OptionFault(
              "operations",
              values.text("operations").orElseThrow()
                  + ": allowed are "
                  + words(FaultLayer.Operation.values())));
    }
    faults.addAll(ByteRange.check(values));
    if (faultKind(values).isEmpty()) {
      faults.add(
          new OptionFault(
              "fault",
              values.text("fault").orElseThrow()
                  + ": allowed are "
                  + words(StoreFault.Kind.values())));
    }
    return faults;
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    OptionValues values = new OptionValues(options);
    return new FaultLayer(
        next,
        new FaultLayer.Plan(
            values.integer("seed", 0),
            values.number("rate", Double.parseDouble(DEFAULT_RATE)),
            operations(values).orElseThrow(),
            ByteRange.of(values),
            faultKind(values).orElseThrow()));
  }

  /// Empty when one of them is unknown.
  private static Optional<Set<FaultLayer.Operation>> operations(OptionValues values) {
    String text = values.text("operations").orElse("all");
    if (text.equals("all")) {
      return Optional.of(EnumSet.allOf(FaultLayer.Operation.class));
    }
    Set<FaultLayer.Operation> operations = EnumSet.noneOf(FaultLayer.Operation.class);
    for (String name : text.split(",", -1)) {
      Optional<FaultLayer.Operation> operation = named(FaultLayer.Operation.values(), name.strip());
      if (operation.isEmpty()) {
        return Optional.empty();
      }
      operations.add(operation.get());
    }
    return Optional.of(operations);
  }

  private static Optional<StoreFault.Kind> faultKind(OptionValues values) {
    return named(
        StoreFault.Kind.values(), values.text("fault").orElse(word(StoreFault.Kind.UNAVAILABLE)));
  }

  private static <E extends Enum<E>> Optional<E> named(E[] all, String word) {
    return Arrays.stream(all).filter(each -> word(each).equalsIgnoreCase(word)).findFirst();
  }

  /// `READ_ERROR` as the document writes it: `read-error`.
  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String words(Enum<?>[] constants) {
    return String.join(", ", Arrays.stream(constants).map(FaultLayerProvider::word).toList());
  }
}
