package io.vtgt.store.memory;

import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider;
import java.util.List;
import java.util.Map;

/// Opens a [MemoryStore].
public final class MemoryStoreProvider implements StoreProvider {
  @Override
  public String kind() {
    return "memory";
  }

  @Override
  public String summary() {
    return "Sparse memory of the daemon; gone when the daemon ends.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("size", "size", true, "", "size of the medium"),
        new Option(
            "limit", "size", false, "", "memory it takes at most; then writes find no space"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    return OptionValues.check(options(), options);
  }

  @Override
  public Future<BackingStore> open(OpenRequest request) {
    var options = new OptionValues(request.options());
    return Future.succeededFuture(
        new MemoryStore(
            options.size("size").orElseThrow(), options.size("limit").orElse(Long.MAX_VALUE)));
  }
}
