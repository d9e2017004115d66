package io.vtgt.store.rbd;

import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What an image is made of; what is left out is as the cluster has it.
///
/// @param bytes size; 0 for a clone
/// @param order the logarithm of the size of objects
record NewImage(
    long bytes,
    Optional<Parent> parent,
    OptionalInt order,
    OptionalLong features,
    Optional<String> dataPool,
    OptionalLong stripeUnit,
    OptionalLong stripeCount) {

  /// The snapshot that a clone is made of.
  ///
  /// @param pool, namespace empty for those of the clone
  record Parent(Optional<String> pool, String namespace, String image, String snapshot) {
    private static final Pattern TEXT =
        Pattern.compile("(?:([^/@]+)/(?:([^/@]+)/)?)?([^/@]+)@([^/@]+)");

    static Optional<Parent> of(String text) {
      Matcher match = TEXT.matcher(text);
      return match.matches()
          ? Optional.of(
              new Parent(
                  Optional.ofNullable(match.group(1)),
                  Optional.ofNullable(match.group(2)).orElse(""),
                  match.group(3),
                  match.group(4)))
          : Optional.empty();
    }
  }

  /// What librbd takes.
  private static final long MIN_OBJECT = 4 << 10, MAX_OBJECT = 32 << 20;

  private static final String SIZE = "size",
      PARENT = "parent",
      OBJECT_SIZE = "objectSize",
      FEATURES = "features",
      DATA_POOL = "dataPool",
      STRIPE_UNIT = "stripeUnit",
      STRIPE_COUNT = "stripeCount";

  static final List<Option> OPTIONS =
      List.of(
          new Option(SIZE, "size", false, "", "size of the image; a clone has that of its parent"),
          new Option(PARENT, "string", false, "", "clone this: [POOL/[NAMESPACE/]]IMAGE@SNAPSHOT"),
          new Option(
              OBJECT_SIZE, "size", false, "4MiB", "size of its objects: a power of 2, 4KiB..32MiB"),
          new Option(
              FEATURES, "string", false, "as Ceph is set", "with commas: " + Feature.choice()),
          new Option(DATA_POOL, "string", false, "", "pool of the data, such as an erasure-coded"),
          new Option(STRIPE_UNIT, "size", false, "", "with stripeCount: bytes in a row per object"),
          new Option(STRIPE_COUNT, "integer", false, "", "objects that a stripe goes over"));

  static List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(OPTIONS, options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    boolean clone = options.containsKey(PARENT);
    if (clone == options.containsKey(SIZE)) {
      faults.add(new OptionFault(SIZE, clone ? "a clone has the size of its parent" : "missing"));
    }
    values
        .text(PARENT)
        .filter(it -> Parent.of(it).isEmpty())
        .ifPresent(
            it ->
                faults.add(
                    new OptionFault(
                        PARENT, "'" + it + "' is not [POOL/[NAMESPACE/]]IMAGE@SNAPSHOT")));
    long objectBytes = values.size(OBJECT_SIZE).orElse(4 << 20);
    if (objectBytes < MIN_OBJECT || objectBytes > MAX_OBJECT || Long.bitCount(objectBytes) != 1) {
      faults.add(
          new OptionFault(
              OBJECT_SIZE, Size.text(objectBytes) + " is no power of 2 in 4KiB..32MiB"));
    }
    values.text(FEATURES).ifPresent(it -> features(it, fault -> faults.add(fault)));
    checkStripes(values, objectBytes, faults);
    return faults;
  }

  private static void checkStripes(
      OptionValues values, long objectBytes, List<OptionFault> faults) {
    long unit = values.size(STRIPE_UNIT).orElse(0);
    long count = values.integer(STRIPE_COUNT, 0);
    if ((unit == 0) != (count == 0)) {
      faults.add(new OptionFault(unit == 0 ? STRIPE_UNIT : STRIPE_COUNT, "missing"));
    } else if (unit != 0 && objectBytes % unit != 0) {
      faults.add(
          new OptionFault(STRIPE_UNIT, "does not divide objects of " + Size.text(objectBytes)));
    }
    if (count < 0) {
      faults.add(new OptionFault(STRIPE_COUNT, count + " is less than 1"));
    }
  }

  private static long features(String text, Consumer<OptionFault> faults) {
    long bits = 0;
    for (String word : text.split(",", -1)) {
      Optional<Feature> feature = Feature.of(word.strip()).filter(Feature::chosen);
      if (feature.isEmpty()) {
        faults.accept(
            new OptionFault(FEATURES, "'" + word.strip() + "' is none of " + Feature.choice()));
      }
      bits |= feature.map(it -> it.bit).orElse(0L);
    }
    for (Feature feature : Feature.values()) {
      Feature needs = feature.needs().orElse(feature);
      if ((bits & feature.bit) != 0 && (bits & needs.bit) == 0) {
        faults.accept(new OptionFault(FEATURES, feature.text + " needs " + needs.text));
      }
    }
    return bits;
  }

  /// @param options that [#check] has passed
  static NewImage of(Map<String, Object> options) {
    OptionValues values = new OptionValues(options);
    OptionalLong objectBytes = values.size(OBJECT_SIZE);
    long stripeCount = values.integer(STRIPE_COUNT, 0);
    return new NewImage(
        values.size(SIZE).orElse(0),
        values.text(PARENT).flatMap(Parent::of),
        objectBytes.isPresent()
            ? OptionalInt.of(Long.numberOfTrailingZeros(objectBytes.getAsLong()))
            : OptionalInt.empty(),
        values
            .text(FEATURES)
            .map(it -> OptionalLong.of(features(it, _ -> {})))
            .orElse(OptionalLong.empty()),
        values.text(DATA_POOL),
        values.size(STRIPE_UNIT),
        stripeCount == 0 ? OptionalLong.empty() : OptionalLong.of(stripeCount));
  }
}
