package io.vtgt.store.sheepdog;

import io.vertx.core.Future;
import io.vtgt.store.BackingStore;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Opens a [SheepdogStore].
public final class SheepdogStoreProvider implements StoreProvider {
  private static final int MOST_CONNECTIONS = 8;
  private static final int MOST_SECONDS = 3600;

  private final Timing timing;

  /// Made by the service loader.
  public SheepdogStoreProvider() {
    this(Timing.USUAL);
  }

  SheepdogStoreProvider(Timing timing) {
    this.timing = timing;
  }

  @Override
  public String kind() {
    return "sheepdog";
  }

  @Override
  public String summary() {
    return "A virtual disk (VDI) of a sheepdog cluster.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option(
            "addresses",
            "string",
            true,
            "",
            "where sheep listen, tried in turn: host[:port], with commas between them; port "
                + SheepAddress.DEFAULT_PORT),
        new Option("vdi", "string", true, "", "name of the VDI"),
        new Option("snapshot", "string", false, "", "tag of a snapshot, served read-only"),
        new Option("snapshotId", "integer", false, "", "id of a snapshot, served read-only"),
        new Option(
            "breakLock",
            "boolean",
            false,
            "false",
            "take the VDI's lock, whoever holds it; only when nobody else uses the VDI"),
        new Option("connections", "integer", false, "1", "to the sheep that serves"),
        new Option(
            "giveUpSeconds",
            "integer",
            false,
            Long.toString(Timing.USUAL.giveUp() / 1000),
            "how long a command is kept while no sheep answers"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), asText(options)));
    if (!faults.isEmpty()) {
      return faults;
    }
    var values = new OptionValues(options);
    if (SheepAddress.parseAll(options.get("addresses")).isEmpty()) {
      faults.add(
          new OptionFault(
              "addresses", "'" + options.get("addresses") + "' is not " + SheepAddress.SYNTAX));
    }
    for (String name : List.of("vdi", "snapshot")) {
      int length = values.text(name).orElse("").getBytes(StandardCharsets.UTF_8).length;
      if (length >= SheepRequest.NAME_LENGTH) {
        faults.add(
            new OptionFault(
                name, "%d bytes, at most %d".formatted(length, SheepRequest.NAME_LENGTH - 1)));
      }
    }
    range(faults, values, "snapshotId", 1, Integer.MAX_VALUE);
    range(faults, values, "connections", 1, MOST_CONNECTIONS);
    range(faults, values, "giveUpSeconds", 1, MOST_SECONDS);
    if (options.containsKey("snapshot") && options.containsKey("snapshotId")) {
      faults.add(new OptionFault("snapshotId", "a snapshot is named by its tag or by its id"));
    }
    return faults;
  }

  /// Addresses may be a list too.
  private static Map<String, Object> asText(Map<String, Object> options) {
    if (!(options.get("addresses") instanceof List<?> list)) {
      return options;
    }
    Map<String, Object> text = new HashMap<>(options);
    text.put("addresses", list.stream().map(String::valueOf).collect(Collectors.joining(",")));
    return text;
  }

  private static void range(
      List<OptionFault> faults, OptionValues values, String name, long least, long most) {
    long value = values.integer(name, least);
    if (value < least || value > most) {
      faults.add(new OptionFault(name, value + " is not " + least + " to " + most));
    }
  }

  @Override
  public Future<BackingStore> open(OpenRequest request) {
    var options = new OptionValues(request.options());
    var wanted =
        new Vdi.Wanted(
            options.text("vdi").orElseThrow(),
            options.text("snapshot").orElse(""),
            (int) options.integer("snapshotId", 0),
            options.flag("breakLock", false));
    return SheepdogStore.open(
        request.vertx(),
        SheepAddress.parseAll(request.options().get("addresses")).orElseThrow(),
        (int) options.integer("connections", 1),
        wanted,
        !request.readOnly(),
        request.options().containsKey("giveUpSeconds")
            ? timing.withGiveUp(options.integer("giveUpSeconds", 0) * 1000)
            : timing);
  }
}
