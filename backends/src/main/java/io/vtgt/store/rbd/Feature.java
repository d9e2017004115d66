package io.vtgt.store.rbd;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The features of an image (`RBD_FEATURE_…`), as Ceph names them.
enum Feature {
  LAYERING(0),
  STRIPING(1),
  EXCLUSIVE_LOCK(2),
  OBJECT_MAP(3),
  FAST_DIFF(4),
  DEEP_FLATTEN(5),
  JOURNALING(6),
  DATA_POOL(7);

  final long bit;
  final String text;

  Feature(int number) {
    this.bit = 1L << number;
    this.text = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  static Optional<Feature> of(String text) {
    return Arrays.stream(values()).filter(it -> it.text.equals(text)).findFirst();
  }

  /// Those that are chosen; the others come with the layout.
  boolean chosen() {
    return this != STRIPING && this != DATA_POOL;
  }

  /// What it does not work without.
  Optional<Feature> needs() {
    return switch (this) {
      case OBJECT_MAP, JOURNALING -> Optional.of(EXCLUSIVE_LOCK);
      case FAST_DIFF -> Optional.of(OBJECT_MAP);
      case LAYERING, STRIPING, EXCLUSIVE_LOCK, DEEP_FLATTEN, DATA_POOL -> Optional.empty();
    };
  }

  static List<String> texts(long features) {
    return Arrays.stream(values())
        .filter(it -> (features & it.bit) != 0)
        .map(it -> it.text)
        .toList();
  }

  static String choice() {
    return Arrays.stream(values())
        .filter(Feature::chosen)
        .map(it -> it.text)
        .collect(Collectors.joining(", "));
  }
}
