package io.vtgt.store.rbd;

import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider.OpenRequest;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What one RBD store is opened with.
///
/// @param namespace empty for the pool's own
/// @param readOnly the unit never writes
/// @param takeOver what to do about another owner of the exclusive lock; not asked when shared
/// @param lockRecords folder where it is remembered which locks are ours
record RbdOptions(
    ClusterOptions cluster,
    String pool,
    String namespace,
    String image,
    Optional<String> snapshot,
    boolean readOnly,
    boolean cache,
    boolean shared,
    TakeOverRule takeOver,
    Optional<Path> passphraseFile,
    Path lockRecords) {

  /// What keeps an operation from going straight from the event loop to the network, and is not
  /// needed here: a hand-over to a thread of librbd (it is for callers that must not wait for a
  /// full pipe; ours cannot be full, see below), a scheduler that looks for writes to merge, and a
  /// copy of what is written (the buffers stay ours, unchanged, until librbd lets go of them). What
  /// it saves is in docs/performance.md.
  ///
  /// librados makes callers wait when so much is under way. What is under way is bounded by the
  /// command windows and the data budget; an event loop must not wait.
  private static final Map<String, String> STRAIGHT_THROUGH =
      Map.of(
          "rbd_non_blocking_aio", "false",
          "rbd_io_scheduler", "none",
          "rbd_disable_zero_copy_writes", "false",
          "objecter_inflight_ops", String.valueOf(1 << 20),
          "objecter_inflight_op_bytes", String.valueOf(1L << 40));

  /// What to do about another client that holds the exclusive lock.
  enum TakeOverRule {
    /// It is asked, and may refuse; then it is asked again every few seconds.
    ASK,
    /// As `ASK`, and its lock is broken when the cluster does not see it any more.
    DEAD,
    /// Its lock is broken when the store is opened.
    ALWAYS;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// The options have passed [RbdStoreProvider#check].
  static RbdOptions of(OpenRequest request) {
    OptionValues values = new OptionValues(request.options());
    Path folder = request.dataFolder().toAbsolutePath();
    boolean cache = values.flag("cache", false);
    Map<String, String> config = new LinkedHashMap<>();
    config.put("rbd_cache", Boolean.toString(cache));
    if (!cache) {
      config.putAll(STRAIGHT_THROUGH);
    }
    config.putAll(overrides(request.options()));
    ClusterOptions cluster =
        new ClusterOptions(
            values.text("cluster").orElse("ceph"),
            values.text("client").orElse("admin"),
            values.text("conf").map(folder::resolve),
            values.text("keyring").map(folder::resolve),
            values.text("keyFile").map(folder::resolve),
            values.text("key"),
            config,
            values.flag("ownConnection", false) ? request.name() : "");
    return new RbdOptions(
        cluster,
        values.text("pool").orElse("rbd"),
        values.text("namespace").orElse(""),
        values.text("image").orElseThrow(),
        values.text("snapshot"),
        request.readOnly() || values.text("snapshot").isPresent(),
        cache,
        values.text("lock").orElse("exclusive").equals("shared"),
        TakeOverRule.valueOf(
            values.text("takeOver").orElse("ask").toUpperCase(java.util.Locale.ROOT)),
        values.text("passphraseFile").map(folder::resolve),
        folder.resolve("rbd-locks"));
  }

  /// The configuration options that override the configuration file, by the names that Ceph uses:
  /// with underscores.
  static Map<String, String> overrides(Map<String, Object> options) {
    Map<String, String> overrides = new LinkedHashMap<>();
    if (options.get("config") instanceof Map<?, ?> config) {
      config.forEach(
          (name, value) ->
              overrides.put(
                  name.toString().strip().replace(' ', '_').replace('-', '_'),
                  String.valueOf(value)));
    }
    return overrides;
  }

  /// As Ceph writes it: `pool/namespace/image@snapshot`.
  String name() {
    return pool
        + "/"
        + (namespace.isEmpty() ? "" : namespace + "/")
        + image
        + snapshot.map(name -> "@" + name).orElse("");
  }

  /// Whether the exclusive lock is held while the store is open.
  boolean locks() {
    return !shared && !readOnly;
  }

  /// Whether somebody else may change the image while it is open.
  boolean othersMayWrite() {
    return snapshot.isEmpty() && !locks();
  }
}
