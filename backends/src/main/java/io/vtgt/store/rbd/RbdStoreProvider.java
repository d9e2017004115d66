package io.vtgt.store.rbd;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.BackingStore;
import io.vtgt.store.CallingContext;
import io.vtgt.store.Media;
import io.vtgt.store.OptionValues;
import io.vtgt.store.StoreProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Opens an [RbdStore].
public final class RbdStoreProvider implements StoreProvider {
  @Override
  public String kind() {
    return "rbd";
  }

  @Override
  public String summary() {
    return "An image of a Ceph cluster (RBD), through librbd.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        new Option("image", "string", true, "", "name of the image"),
        new Option("pool", "string", false, "rbd", "pool of the image"),
        new Option("namespace", "string", false, "", "namespace in the pool"),
        new Option("snapshot", "string", false, "", "open this snapshot, read-only"),
        new Option("conf", "string", false, "/etc/ceph/CLUSTER.conf", "configuration file"),
        new Option("cluster", "string", false, "ceph", "name of the cluster"),
        new Option("client", "string", false, "admin", "who to be, without 'client.'"),
        new Option("keyring", "string", false, "as conf says", "keyring that holds the key"),
        new Option("keyFile", "string", false, "", "file that holds nothing but the key"),
        new Option("key", "secret", false, "", "the key itself"),
        new Option("config", "object", false, "", "Ceph options that override conf, by name"),
        new Option("cache", "boolean", false, "false", "librbd's own cache"),
        new Option(
            "lock",
            "string",
            false,
            "exclusive",
            "exclusive: nobody else writes; shared: several gateways write"),
        new Option(
            "takeOver",
            "string",
            false,
            "ask",
            "about another owner of the lock: ask, dead (break a dead one's), always (break it)"),
        new Option(
            "ownConnection", "boolean", false, "false", "share the connection with no other image"),
        new Option("passphraseFile", "string", false, "", "opens the image's LUKS encryption"));
  }

  @Override
  public List<OptionFault> check(Map<String, Object> options) {
    List<OptionFault> faults = new ArrayList<>(OptionValues.check(options(), options));
    if (!faults.isEmpty()) {
      return faults;
    }
    OptionValues values = new OptionValues(options);
    boolean shared = oneOf(faults, values, "lock", "exclusive", "shared").equals("shared");
    oneOf(faults, values, "takeOver", "ask", "dead", "always");
    if (shared && values.text("takeOver").isPresent()) {
      faults.add(new OptionFault("takeOver", "only with lock: exclusive"));
    }
    if (shared && values.flag("cache", false)) {
      faults.add(new OptionFault("cache", "not with lock: shared; others write behind its back"));
    }
    List<String> keys =
        List.of("keyring", "keyFile", "key").stream().filter(options::containsKey).toList();
    if (keys.size() > 1) {
      faults.add(new OptionFault(keys.get(1), "not together with " + keys.get(0)));
    }
    checkOverrides(faults, values, RbdOptions.overrides(options));
    return faults;
  }

  private static void checkOverrides(
      List<OptionFault> faults, OptionValues values, Map<String, String> overrides) {
    if (overrides.containsKey("rbd_cache")) {
      faults.add(new OptionFault("config.rbd_cache", "use the option cache"));
    }
    for (String secret : List.of("key", "keyring", "keyfile")) {
      if (overrides.containsKey(secret)) {
        faults.add(new OptionFault("config." + secret, "use the option of its own"));
      }
    }
    if (overrides.getOrDefault("librados_thread_count", "2").strip().matches("0*1?")) {
      faults.add(
          new OptionFault(
              "config.librados_thread_count",
              "librbd waits for ever with less than 2 when it removes a snapshot's protection"));
    }
    String timeout = overrides.getOrDefault("rados_osd_op_timeout", "0");
    if (!timeout.matches("0+(\\.0*)?") && values.text("snapshot").isEmpty()) {
      faults.add(
          new OptionFault(
              "config.rados_osd_op_timeout",
              "an operation that times out makes the image's object map invalid; the unit's own"
                  + " deadline does no harm"));
    }
  }

  private static String oneOf(
      List<OptionFault> faults, OptionValues values, String option, String... words) {
    String value = values.text(option).orElse(words[0]);
    if (!List.of(words).contains(value)) {
      faults.add(new OptionFault(option, "'" + value + "' is none of " + String.join(", ", words)));
    }
    return value;
  }

  @Override
  public Optional<Media> media() {
    return Optional.of(new RbdMedia(this));
  }

  @Override
  public Future<BackingStore> open(OpenRequest request) {
    Promise<BackingStore> promise = CallingContext.promise(request.vertx());
    RbdOptions options = RbdOptions.of(request);
    Workers.execute(
        () -> {
          try {
            promise.complete(
                RbdStore.open(request.vertx(), options, () -> NativeImage.open(options)));
          } catch (Throwable e) {
            promise.fail(e);
          }
        });
    return promise.future();
  }
}
