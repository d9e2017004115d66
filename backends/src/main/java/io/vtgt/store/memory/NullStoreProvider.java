package io.vtgt.store.memory;

import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider;
import java.util.List;
import java.util.Map;

/// Opens a [NullStore].
public final class NullStoreProvider implements StoreProvider {
  @Override
  public String kind() {
    return "null";
  }

  @Override
  public String summary() {
    return "Discards what is written and reads zeroes; for measuring.";
  }

  @Override
  public List<Option> options() {
    return List.of(new Option("size", "size", true, "", "size of the medium"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    return OptionValues.check(options(), options);
  }

  @Override
  public Future<BackingStore> open(OpenRequest request) {
    long bytes = new OptionValues(request.options()).size("size").orElseThrow();
    return Future.succeededFuture(new NullStore(bytes));
  }
}
