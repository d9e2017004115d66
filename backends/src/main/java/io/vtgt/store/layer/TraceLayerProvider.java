package io.vtgt.store.layer;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Makes a [TraceLayer].
public final class TraceLayerProvider implements LayerProvider {
  private static final long MOST = 1_000_000_000;

  @Override
  public String kind() {
    return "trace";
  }

  @Override
  public String summary() {
    return "Writes a line per operation: what, where, how long it took, how it ended.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("file", "string", false, "", "absolute; lines are added. Without it: the log"),
        new Option("every", "integer", false, "1", "one operation in so many"),
        new Option(
            "slowMillis",
            "integer",
            false,
            "0",
            "only those that take as long, and those that fail"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    values
        .text("file")
        .filter(file -> !Path.of(file).isAbsolute())
        .ifPresent(file -> faults.add(new OptionFault("file", file + " is not absolute")));
    check(values, "every", 1, faults);
    check(values, "slowMillis", 0, faults);
    return faults;
  }

  private static void check(
      OptionValues values, String name, long least, List<OptionFault> faults) {
    long value = values.integer(name, least);
    if (value < least || value > MOST) {
      faults.add(new OptionFault(name, value + " is not within " + least + " and " + MOST));
    }
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    OptionValues values = new OptionValues(options);
    return new TraceLayer(
        next,
        new TraceLayer.Sample(
            (int) values.integer("every", 1),
            TimeUnit.MILLISECONDS.toMicros(values.integer("slowMillis", 0))),
        new TraceLines(vertx, values.text("file").map(Path::of)),
        TraceLayer.Clocks.SYSTEM);
  }
}
