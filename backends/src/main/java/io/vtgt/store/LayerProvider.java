package io.vtgt.store;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;

/// Makes layers of one kind. Found by [#kind()] through `ServiceLoader`.
public interface LayerProvider {

  /// The word in the document: `delay`, `fault`, …
  String kind();

  String summary();

  List<StoreProvider.Option> options();

  List<StoreProvider.OptionFault> check(Map<String, Object> options);

  /// Wraps `next`, which the layer owns from here on.
  Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options);
}
