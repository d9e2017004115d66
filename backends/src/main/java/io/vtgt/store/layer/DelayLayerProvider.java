package io.vtgt.store.layer;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Makes a [DelayLayer].
public final class DelayLayerProvider implements LayerProvider {
  private static final long MAX_MILLIS = 3_600_000;

  @Override
  public String kind() {
    return "delay";
  }

  @Override
  public String summary() {
    return "Lets every operation wait for a time; for tests and for measuring.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("readMillis", "integer", false, "0", "how long a read waits"),
        new Option("writeMillis", "integer", false, "0", "how long a change waits"),
        new Option("flushMillis", "integer", false, "0", "how long a flush waits"),
        new Option("jitterMillis", "integer", false, "0", "up to so much more, by chance"),
        ByteRange.OPTION,
        new Option("seed", "integer", false, "0", "the same seed gives the same chances"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    for (String name : List.of("readMillis", "writeMillis", "flushMillis", "jitterMillis")) {
      long millis = values.integer(name, 0);
      if (millis < 0 || millis > MAX_MILLIS) {
        faults.add(new OptionFault(name, millis + " is not within 0 and " + MAX_MILLIS));
      }
    }
    faults.addAll(ByteRange.check(values));
    return faults;
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    OptionValues values = new OptionValues(options);
    return new DelayLayer(
        vertx,
        next,
        new DelayLayer.Delays(
            values.integer("readMillis", 0),
            values.integer("writeMillis", 0),
            values.integer("flushMillis", 0)),
        new DelayLayer.Spread(
            values.integer("seed", 0), values.integer("jitterMillis", 0), ByteRange.of(values)));
  }
}
