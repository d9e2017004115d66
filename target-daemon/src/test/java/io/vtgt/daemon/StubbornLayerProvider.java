package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.List;
import java.util.Map;

/// A layer that cannot be put on, or cannot be taken off.
public final class StubbornLayerProvider implements LayerProvider {
  @Override
  public String kind() {
    return "stubborn";
  }

  @Override
  public String summary() {
    return "Refuses to be put on or taken off; for tests.";
  }

  @Override
  public List<Option> options() {
    return List.of(new Option("refuses", "string", true, "", "on or off"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    return OptionValues.check(options(), options);
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    if (options.get("refuses").equals("on")) {
      throw new StoreFault(StoreFault.Kind.UNSUPPORTED, "it does not go over such a store");
    }
    return new Layer(next) {
      @Override
      protected Future<Void> detach() {
        return Future.failedFuture(
            new StoreFault(StoreFault.Kind.WRITE_ERROR, "it cannot hand on what it holds"));
      }
    };
  }
}
