package io.vtgt.store.layer;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.List;
import java.util.Map;

/// Makes a [ReadOnlyLayer].
public final class ReadOnlyLayerProvider implements LayerProvider {
  @Override
  public String kind() {
    return "readonly";
  }

  @Override
  public String summary() {
    return "Refuses every change; initiators find the unit write protected.";
  }

  @Override
  public List<Option> options() {
    return List.of();
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    return OptionValues.check(options(), options);
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    return new ReadOnlyLayer(next);
  }
}
