package io.vtgt.store.layer.cache;

import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Layer;
import io.vtgt.store.LayerProvider;
import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.layer.OwnAccount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Makes a [CacheLayer], under a [WriteBackLayer] where that is asked for.
public final class CacheLayerProvider implements LayerProvider {
  private static final String WRITE_THROUGH = "write-through";
  private static final String WRITE_BACK = "write-back";

  private static final long SIZE = 256L << 20;
  private static final long BLOCK_SIZE = 16 << 10;
  private static final long MIN_BLOCK_SIZE = 4 << 10;
  private static final long READ_AHEAD = 1 << 20;
  private static final long MAX_READ_AHEAD = 16 << 20;
  private static final long DIRTY_SIZE = 32L << 20;
  private static final long MAX_SIZE = 1L << 40;
  private static final long DIRTY_MILLIS = 1000;
  private static final long MAX_DIRTY_MILLIS = 60_000;

  @Override
  public String kind() {
    return "cache";
  }

  @Override
  public String summary() {
    return "Keeps what was read in memory; with mode write-back, what was written too.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("size", "size", false, Size.text(SIZE), "memory for what was read"),
        new Option(
            "blockSize",
            "size",
            false,
            Size.text(BLOCK_SIZE),
            "what is read and kept as one: a power of two, 4KiB to 1MiB"),
        new Option(
            "readAhead",
            "size",
            false,
            Size.text(READ_AHEAD),
            "how far sequential reads are read ahead; 0 for not at all"),
        new Option(
            "mode",
            "string",
            false,
            WRITE_THROUGH,
            WRITE_THROUGH
                + ": a write is answered by the store; "
                + WRITE_BACK
                + ": when it is in memory, and lost at a crash unless flushed"),
        new Option(
            "dirtySize",
            "size",
            false,
            Size.text(DIRTY_SIZE),
            WRITE_BACK + ": memory for what is not in the store"),
        new Option(
            "dirtyMillis",
            "integer",
            false,
            String.valueOf(DIRTY_MILLIS),
            WRITE_BACK + ": what is as old is written to the store"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    long blockSize = values.size("blockSize").orElse(BLOCK_SIZE);
    if (Long.bitCount(blockSize) != 1
        || blockSize < MIN_BLOCK_SIZE
        || blockSize > CacheLayer.MAX_BLOCK_BYTES) {
      faults.add(
          new OptionFault("blockSize", blockSize + " is no power of two within 4KiB and 1MiB"));
    }
    checkMost(faults, values, "size", MAX_SIZE);
    checkMost(faults, values, "readAhead", MAX_READ_AHEAD);
    checkMost(faults, values, "dirtySize", MAX_SIZE);
    long millis = values.integer("dirtyMillis", DIRTY_MILLIS);
    if (millis < 1 || millis > MAX_DIRTY_MILLIS) {
      faults.add(
          new OptionFault("dirtyMillis", millis + " is not within 1 and " + MAX_DIRTY_MILLIS));
    }
    String mode = values.text("mode").orElse(WRITE_THROUGH);
    if (mode.equals(WRITE_THROUGH)) {
      for (String other : List.of("dirtySize", "dirtyMillis")) {
        if (options.containsKey(other)) {
          faults.add(new OptionFault(other, "needs mode " + WRITE_BACK));
        }
      }
    } else if (!mode.equals(WRITE_BACK)) {
      faults.add(
          new OptionFault("mode", "'" + mode + "' is not " + WRITE_THROUGH + " or " + WRITE_BACK));
    }
    return faults;
  }

  private static void checkMost(
      List<OptionFault> faults, OptionValues values, String option, long most) {
    long bytes = values.size(option).orElse(0);
    if (bytes > most) {
      faults.add(new OptionFault(option, bytes + " is more than " + Size.text(most)));
    }
  }

  @Override
  public Layer wrap(Vertx vertx, BackingStore next, Map<String, Object> options) {
    OptionValues values = new OptionValues(options);
    CacheLayer cache =
        new CacheLayer(
            vertx,
            OwnAccount.over(next),
            new CacheLayer.Options(
                values.size("size").orElse(SIZE),
                (int) values.size("blockSize").orElse(BLOCK_SIZE),
                (int) values.size("readAhead").orElse(READ_AHEAD)));
    if (values.text("mode").orElse(WRITE_THROUGH).equals(WRITE_THROUGH)) {
      return cache;
    }
    return new WriteBackLayer(
        vertx,
        cache,
        new WriteBackLayer.Options(
            values.size("dirtySize").orElse(DIRTY_SIZE),
            values.integer("dirtyMillis", DIRTY_MILLIS)));
  }
}
