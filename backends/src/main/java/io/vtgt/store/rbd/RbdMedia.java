package io.vtgt.store.rbd;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.CallingContext;
import io.vtgt.store.Media;
import io.vtgt.store.MediaFault;
import io.vtgt.store.OptionValues;
import io.vtgt.store.Size;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The images of a pool. Connections are those of the images that are open with the same options.
///
/// Nothing here opens an image for writing, so nothing disturbs who has it open.
final class RbdMedia implements Media {
  private static final String IMAGE = "image";

  /// The provider's options are those of an image; which one does not matter to a place.
  private static final String ANY = "-";

  /// Of the provider's options those that name a cluster and a pool of it.
  private static final Set<String> PLACE =
      Set.of(
          "pool", "namespace", "conf", "cluster", "client", "keyring", "keyFile", "key", "config");

  /// An error number that only removing knows: the image has snapshots.
  private static final int ENOTEMPTY = 39;

  /// Room for the name of a pool, and more than the length of the structures that are filled.
  private static final int TEXT_ROOM = 256, STRUCTURE_ROOM = 128;

  private final RbdStoreProvider provider;
  private final List<Option> place;

  RbdMedia(RbdStoreProvider provider) {
    this.provider = provider;
    place = provider.options().stream().filter(it -> PLACE.contains(it.name())).toList();
  }

  @Override
  public List<Option> placeOptions() {
    return place;
  }

  /// What goes together the provider knows: no secret among the settings, one key.
  @Override
  public List<OptionFault> checkPlace(Map<String, Object> options) {
    List<OptionFault> faults = Media.super.checkPlace(options);
    return faults.isEmpty() ? provider.check(storeOptions(options, ANY)) : faults;
  }

  @Override
  public List<Option> creationOptions() {
    return NewImage.OPTIONS;
  }

  @Override
  public List<OptionFault> checkCreation(Map<String, Object> options) {
    return NewImage.check(options);
  }

  @Override
  public String nameOption() {
    return IMAGE;
  }

  /// Without the cluster: two configurations may name one, and an image that is taken for another
  /// cluster's is kept for nothing, one that is not recognized would be lost.
  @Override
  public String identity(Map<String, Object> storeOptions) {
    var values = new OptionValues(storeOptions);
    return values.text("pool").orElse("rbd")
        + "/"
        + values.text("namespace").map(it -> it + "/").orElse("")
        + values.text(IMAGE).orElse("");
  }

  @Override
  public Future<List<String>> list(Place place) {
    return at(
        place,
        pool ->
            Words.list(
                    "images",
                    2 * Long.BYTES,
                    (items, count) -> LibrbdMedia.rbd_list2(pool.handle(), items, count),
                    item -> Words.text(item, Long.BYTES),
                    (items, count) -> {
                      LibrbdMedia.rbd_image_spec_list_cleanup(items, count);
                      return 0;
                    })
                .stream()
                .sorted()
                .toList());
  }

  @Override
  public Future<Description> describe(Place place, String name) {
    return at(place, pool -> describe(pool, name));
  }

  private static Description describe(Cluster.Pool pool, String name) {
    return opened(
        pool,
        name,
        image -> {
          var details = new LinkedHashMap<String, Object>();
          details.put("objectSize", Size.text(objectBytes(image)));
          long features = number("features", out -> Librbd.rbd_get_features(image, out));
          details.put("features", Feature.texts(features));
          if ((features & Feature.STRIPING.bit) != 0) {
            details.put(
                "stripeUnit",
                Size.text(number("stripe", out -> Librbd.rbd_get_stripe_unit(image, out))));
            details.put(
                "stripeCount", number("stripe", out -> Librbd.rbd_get_stripe_count(image, out)));
          }
          if ((features & Feature.DATA_POOL.bit) != 0) {
            dataPool(pool, image).ifPresent(it -> details.put("dataPool", it));
          }
          return new Description(
              name,
              number("size", out -> Librbd.rbd_get_size(image, out)),
              parent(image),
              NativeImage.snapshots(image, name),
              users(image, name),
              details);
        });
  }

  private static long objectBytes(long image) {
    try (Memory info = new Memory(NativeImage.INFO_LENGTH)) {
      info.clear();
      must("image", Librbd.rbd_stat(image, Pointer.nativeValue(info), NativeImage.INFO_LENGTH));
      return info.getLong(NativeImage.OBJECT_BYTES);
    }
  }

  private static Optional<String> dataPool(Cluster.Pool pool, long image) {
    try (Memory text = new Memory(TEXT_ROOM)) {
      int length =
          LibrbdMedia.Pools.rados_pool_reverse_lookup(
              LibrbdMedia.Pools.rados_ioctx_get_cluster(pool.handle()),
              LibrbdMedia.rbd_get_data_pool_id(image),
              Pointer.nativeValue(text),
              TEXT_ROOM);
      return length < 0 ? Optional.empty() : Optional.of(text.getString(0));
    }
  }

  private static Optional<String> parent(long image) {
    try (Memory parent = new Memory(STRUCTURE_ROOM);
        Memory snapshot = new Memory(STRUCTURE_ROOM)) {
      parent.clear();
      snapshot.clear();
      int result =
          LibrbdMedia.rbd_get_parent(
              image, Pointer.nativeValue(parent), Pointer.nativeValue(snapshot));
      if (Errno.ENOENT.is(result)) {
        return Optional.empty();
      }
      must("parent", result);
      try {
        String namespace = Words.text(parent, 2 * Long.BYTES);
        return Optional.of(
            Words.text(parent, Long.BYTES)
                + "/"
                + (namespace.isEmpty() ? "" : namespace + "/")
                + Words.text(parent, 4 * Long.BYTES)
                + "@"
                + Words.text(snapshot, 2 * Long.BYTES));
      } finally {
        LibrbdMedia.rbd_linked_image_spec_cleanup(Pointer.nativeValue(parent));
        LibrbdMedia.rbd_snap_spec_cleanup(Pointer.nativeValue(snapshot));
      }
    }
  }

  /// Whoever watches the header: everybody who has the image open for writing.
  private static List<String> users(long image, String name) {
    return Words.list(
        "watchers of " + name,
        3 * Long.BYTES,
        (items, count) -> Librbd.rbd_watchers_list(image, items, count),
        item -> Words.text(item, 0),
        (items, count) -> {
          Librbd.rbd_watchers_list_cleanup(items, count);
          return 0;
        });
  }

  @Override
  public Future<Void> create(Place place, String name, Map<String, Object> options) {
    var wanted = NewImage.of(options);
    return at(
        place,
        (cluster, pool) -> {
          int result = withOptions(wanted, made -> make(cluster, pool, name, wanted, made));
          if (Errno.EEXIST.is(result)) {
            throw new MediaFault(
                MediaFault.Kind.EXISTS, "there is an image \"" + name + "\" already");
          }
          done("image \"" + name + "\"", result);
          return null;
        });
  }

  private static int make(
      Cluster cluster, Cluster.Pool pool, String name, NewImage wanted, long options) {
    if (wanted.parent().isEmpty()) {
      return LibrbdMedia.rbd_create4(pool.handle(), name, wanted.bytes(), options);
    }
    var parent = wanted.parent().get();
    if (parent.pool().isEmpty()) {
      return cloneOf(parent, pool, pool, name, options);
    }
    try (var from = cluster.pool(parent.pool().get(), parent.namespace())) {
      return cloneOf(parent, from, pool, name, options);
    }
  }

  private static int cloneOf(
      NewImage.Parent parent, Cluster.Pool from, Cluster.Pool to, String name, long options) {
    boolean isProtected =
        opened(
            from,
            parent.image(),
            image ->
                NativeImage.snapshots(image, parent.image()).stream()
                    .filter(it -> it.name().equals(parent.snapshot()))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new MediaFault(
                                MediaFault.Kind.NOT_FOUND,
                                "image \"%s\" has no snapshot \"%s\""
                                    .formatted(parent.image(), parent.snapshot())))
                    .isProtected());
    int result =
        LibrbdMedia.rbd_clone3(
            from.handle(), parent.image(), parent.snapshot(), to.handle(), name, options);
    if (Errno.EINVAL.is(result) && !isProtected) {
      throw new MediaFault(
          MediaFault.Kind.REFUSED,
          "this cluster clones protected snapshots only, and \"%s@%s\" is not"
              .formatted(parent.image(), parent.snapshot()));
    }
    return result;
  }

  private interface Maker {
    int make(long options);
  }

  private static int withOptions(NewImage wanted, Maker maker) {
    try (Memory out = new Memory(Long.BYTES)) {
      LibrbdMedia.rbd_image_options_create(Pointer.nativeValue(out));
      long options = out.getLong(0);
      try {
        wanted.order().ifPresent(it -> set(options, LibrbdMedia.OPTION_ORDER, it));
        wanted.features().ifPresent(it -> set(options, LibrbdMedia.OPTION_FEATURES, it));
        wanted.stripeUnit().ifPresent(it -> set(options, LibrbdMedia.OPTION_STRIPE_UNIT, it));
        wanted.stripeCount().ifPresent(it -> set(options, LibrbdMedia.OPTION_STRIPE_COUNT, it));
        wanted
            .dataPool()
            .ifPresent(
                it ->
                    must(
                        "data pool",
                        LibrbdMedia.rbd_image_options_set_string(
                            options, LibrbdMedia.OPTION_DATA_POOL, it)));
        return maker.make(options);
      } finally {
        LibrbdMedia.rbd_image_options_destroy(options);
      }
    }
  }

  private static void set(long options, int option, long value) {
    must("option", LibrbdMedia.rbd_image_options_set_uint64(options, option, value));
  }

  /// Ceph itself refuses an image that is watched; one that is open for reading only nobody sees.
  @Override
  public Future<Void> remove(Place place, String name, boolean forGood) {
    return at(
        place,
        pool -> {
          List<String> users = opened(pool, name, image -> users(image, name));
          if (!users.isEmpty()) {
            throw inUse(name, "it is open at " + String.join(", ", users));
          }
          int result =
              forGood
                  ? LibrbdMedia.rbd_remove(pool.handle(), name)
                  : Librbd.rbd_trash_move(pool.handle(), name, 0);
          if (result == -ENOTEMPTY) {
            throw inUse(name, "it has snapshots");
          }
          if (Errno.EBUSY.is(result)) {
            throw inUse(name, "somebody has it open, or it has clones");
          }
          if (Errno.ENOENT.is(result)) {
            throw noSuch(name);
          }
          done("image \"" + name + "\"", result);
          return null;
        });
  }

  @Override
  public Future<List<Thrown>> trash(Place place) {
    return at(
        place,
        pool ->
            Words.list(
                "trash",
                5 * Long.BYTES,
                (items, count) -> LibrbdMedia.rbd_trash_list(pool.handle(), items, count),
                item ->
                    new Thrown(
                        Words.text(item, 0),
                        Words.text(item, Long.BYTES),
                        Instant.ofEpochSecond(item.getLong(3 * Long.BYTES))),
                (items, count) -> {
                  LibrbdMedia.rbd_trash_list_cleanup(items, count);
                  return 0;
                }));
  }

  @Override
  public Future<Void> restore(Place place, String id) {
    return at(
        place,
        pool -> {
          int result = LibrbdMedia.rbd_trash_restore(pool.handle(), id, "");
          if (Errno.ENOENT.is(result)) {
            throw new MediaFault(MediaFault.Kind.NOT_FOUND, "the trash has no image of id " + id);
          }
          if (Errno.EEXIST.is(result)) {
            throw new MediaFault(
                MediaFault.Kind.EXISTS, "there is an image of that name; remove or rename it");
          }
          done("image of id " + id, result);
          return null;
        });
  }

  // --- at the cluster

  private interface Work<T> {
    T at(Cluster cluster, Cluster.Pool pool);
  }

  private static <T> Future<T> at(Place place, Function<Cluster.Pool, T> work) {
    return at(place, (_, pool) -> work.apply(pool));
  }

  private static <T> Future<T> at(Place place, Work<T> work) {
    Promise<T> promise = CallingContext.promise(place.vertx());
    Workers.execute(
        () -> {
          try {
            promise.complete(atOnce(place, work));
          } catch (Throwable e) {
            promise.fail(e);
          }
        });
    return promise.future();
  }

  private static <T> T atOnce(Place place, Work<T> work) {
    Map<String, Object> named = new LinkedHashMap<>(place.options());
    named.put(IMAGE, ANY);
    var options =
        RbdOptions.of(new OpenRequest(place.vertx(), "images", named, place.dataFolder(), true));
    Cluster cluster = Clusters.connect(options.cluster());
    try (Cluster.Pool pool = cluster.pool(options.pool(), options.namespace())) {
      return work.at(cluster, pool);
    } finally {
      cluster.release();
    }
  }

  private interface Look<T> {
    T at(long image);
  }

  /// Reads what there is to know of an image; without a watch, so that it is no user of it.
  private static <T> T opened(Cluster.Pool pool, String name, Look<T> look) {
    long image = Words.number(out -> Librbd.rbd_open_read_only(pool.handle(), name, out, null));
    if (Errno.ENOENT.is(image)) {
      throw noSuch(name);
    }
    if (NativeImage.isErrno(image)) {
      throw Errno.fault("image \"" + name + "\"", image, StoreFault.Kind.UNAVAILABLE);
    }
    try {
      return look.at(image);
    } finally {
      Librbd.rbd_close(image);
    }
  }

  private static MediaFault noSuch(String name) {
    return new MediaFault(MediaFault.Kind.NOT_FOUND, "there is no image \"" + name + "\"");
  }

  private static MediaFault inUse(String name, String why) {
    return new MediaFault(MediaFault.Kind.IN_USE, "image \"" + name + "\": " + why);
  }

  /// @throws MediaFault where Ceph refuses it, whatever comes
  private static void done(String what, int result) {
    if (Errno.EINVAL.is(result)
        || Errno.EPERM.is(result)
        || Errno.EACCES.is(result)
        || Errno.EROFS.is(result)
        || Errno.EOPNOTSUPP.is(result)
        || Errno.EFBIG.is(result)) {
      throw new MediaFault(MediaFault.Kind.REFUSED, what + ": " + Errno.text(result));
    }
    must(what, result);
  }

  private static void must(String what, int result) {
    if (result < 0) {
      throw Errno.fault(what, result, StoreFault.Kind.UNAVAILABLE);
    }
  }

  private static long number(String what, Words.Call call) {
    long result = Words.number(call);
    if (result < 0) {
      throw Errno.fault(what, result, StoreFault.Kind.UNAVAILABLE);
    }
    return result;
  }
}
