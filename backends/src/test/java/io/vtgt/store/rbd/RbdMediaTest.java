package io.vtgt.store.rbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Media;
import io.vtgt.store.MediaFault;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider.OpenRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The life of images in a real cluster, by a key with no more than Ceph's profile `rbd`.
class RbdMediaTest {
  private static final int PATIENCE_SECONDS = 60;

  @TempDir Path folder;
  private final RbdStoreProvider provider = new RbdStoreProvider();
  private final Media media = provider.media().orElseThrow();
  private final String image = "media-" + UUID.randomUUID();
  private CephLab lab;
  private Vertx vertx;
  private Media.Place place;

  @BeforeEach
  void connect() throws Exception {
    lab = CephLab.get();
    vertx = Vertx.vertx();
    place = place(Map.of());
  }

  @AfterEach
  void disconnect() throws Exception {
    if (vertx != null) {
      vertx.close().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private Media.Place place(Map<String, Object> more) {
    Map<String, Object> options = new HashMap<>();
    options.put("conf", lab.conf().toString());
    options.put("client", "gateway");
    options.put("keyring", lab.keyring("gateway").toString());
    options.putAll(more);
    return new Media.Place(vertx, folder, options);
  }

  private <T> T await(Future<T> future) throws Exception {
    return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private void create(String name, Map<String, Object> options) throws Exception {
    assertEquals(List.of(), media.checkCreation(options));
    await(media.create(place, name, options));
  }

  private void refused(MediaFault.Kind kind, String words, Future<?> future) {
    var fault = assertThrows(MediaFault.class, () -> await(future));
    assertEquals(kind, fault.kind(), fault.getMessage());
    assertTrue(fault.getMessage().contains(words), fault.getMessage());
  }

  private Future<BackingStore> open(String name, String snapshot) {
    var options = new HashMap<>(media.storeOptions(place.options(), name));
    if (!snapshot.isEmpty()) {
      options.put("snapshot", snapshot);
    }
    assertEquals(List.of(), provider.check(options));
    return provider.open(new OpenRequest(vertx, "t/0", options, folder, false));
  }

  @Test
  void image_made_isListedAndDescribedAsItWasAskedFor() throws Exception {
    create(
        image,
        Map.of(
            "size", "64MiB",
            "objectSize", "1MiB",
            "features", "layering, exclusive-lock",
            "stripeUnit", "64KiB",
            "stripeCount", 4L));
    assertTrue(await(media.list(place)).contains(image));
    var about = await(media.describe(place, image));
    assertEquals(64 << 20, about.bytes());
    assertEquals(Optional.empty(), about.parent());
    assertEquals(List.of(), about.users());
    assertEquals("1MiB", about.details().get("objectSize"));
    assertEquals(
        List.of("layering", "striping", "exclusive-lock"), about.details().get("features"));
    assertEquals("64KiB", about.details().get("stripeUnit"));
    assertEquals(4L, about.details().get("stripeCount"));
    refused(MediaFault.Kind.EXISTS, "already", media.create(place, image, Map.of("size", 4096L)));
  }

  @Test
  void image_withItsDataElsewhere_namesThatPool() throws Exception {
    lab.ceph("osd", "pool", "create", "life-data", "1");
    lab.ceph("osd", "pool", "application", "enable", "life-data", "rbd");
    // the gateway's key is for one pool
    place = place(Map.of("client", "admin", "keyring", lab.keyring("admin").toString()));
    create(image, Map.of("size", "8MiB", "dataPool", "life-data"));
    assertEquals("life-data", await(media.describe(place, image)).details().get("dataPool"));
    await(media.remove(place, image, true));
  }

  @Test
  void clone_ofASnapshot_holdsItsBytesAndNamesIt() throws Exception {
    create(image, Map.of("size", "8MiB"));
    lab.rbd("snap", "create", image + "@gold");
    lab.rbd("snap", "protect", image + "@gold");
    create(image + "-clone", Map.of("parent", image + "@gold"));
    var clone = await(media.describe(place, image + "-clone"));
    assertEquals(8 << 20, clone.bytes());
    assertEquals(Optional.of("rbd/" + image + "@gold"), clone.parent());
    var parent = await(media.describe(place, image));
    assertEquals("gold", parent.snapshots().getFirst().name());
    assertTrue(parent.snapshots().getFirst().isProtected());
    create(image + "-other", Map.of("parent", "rbd/" + image + "@gold"));
    refused(
        MediaFault.Kind.NOT_FOUND,
        "has no snapshot \"silver\"",
        media.create(place, image + "-x", Map.of("parent", image + "@silver")));
    refused(MediaFault.Kind.IN_USE, "it has snapshots", media.remove(place, image, true));
    await(media.remove(place, image + "-clone", true));
  }

  @Test
  void image_thrownAway_isInTheTrashUntilItIsTakenBack() throws Exception {
    create(image, Map.of("size", "8MiB"));
    await(media.remove(place, image, false));
    refused(MediaFault.Kind.NOT_FOUND, image, media.describe(place, image));
    var thrown =
        await(media.trash(place)).stream().filter(it -> it.name().equals(image)).findFirst();
    await(media.restore(place, thrown.orElseThrow().id()));
    assertEquals(8 << 20, await(media.describe(place, image)).bytes());
    refused(MediaFault.Kind.NOT_FOUND, "trash", media.restore(place, thrown.get().id()));
    await(media.remove(place, image, true));
    assertTrue(await(media.trash(place)).stream().noneMatch(it -> it.name().equals(image)));
    refused(MediaFault.Kind.NOT_FOUND, image, media.remove(place, image, true));
    refused(MediaFault.Kind.NOT_FOUND, image, media.remove(place, image, false));
  }

  @Test
  void image_thatAStoreHasOpen_isNotRemoved() throws Exception {
    create(image, Map.of("size", "8MiB"));
    var store = await(open(image, ""));
    try {
      refused(MediaFault.Kind.IN_USE, "it is open at", media.remove(place, image, true));
      refused(MediaFault.Kind.IN_USE, "it is open at", media.remove(place, image, false));
      assertEquals(1, await(media.describe(place, image)).users().size());
      assertEquals(List.of(), await(store.snapshots().orElseThrow().list()));
    } finally {
      await(store.close());
    }
    await(media.remove(place, image, true));
  }

  @Test
  void snapshot_openedAsAStore_isReadOnlyByItself() throws Exception {
    create(image, Map.of("size", "8MiB"));
    lab.rbd("snap", "create", image + "@gold");
    var store = await(open(image, "gold"));
    try {
      assertTrue(!store.writable());
    } finally {
      await(store.close());
    }
  }

  @Test
  void namespace_namedAsThePlace_hasItsOwnImages() throws Exception {
    lab.rbd("namespace", "create", "rbd/life");
    var there = place(Map.of("namespace", "life"));
    await(media.create(there, image, Map.of("size", "8MiB")));
    assertEquals(List.of(image), await(media.list(there)));
    assertTrue(!await(media.list(place)).contains(image));
    assertEquals("rbd/life/" + image, media.identity(media.storeOptions(there.options(), image)));
    await(media.remove(there, image, true));
    lab.rbd("namespace", "remove", "rbd/life");
  }

  @Test
  void placeThatIsNot_isToldInWords() {
    var fault =
        assertThrows(StoreFault.class, () -> await(media.list(place(Map.of("pool", "nowhere")))));
    assertEquals("there is no pool 'nowhere'", fault.getMessage());
  }

  @Test
  void client_thatMayOnlyRead_makesNothing() throws Exception {
    var there = place(Map.of("client", "readonly", "keyring", lab.keyring("readonly").toString()));
    refused(
        MediaFault.Kind.REFUSED,
        "not permitted",
        media.create(there, image, Map.of("size", "8MiB")));
  }
}
