package io.vtgt.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.MediaAdmin.Where;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.store.BackingStore;
import io.vtgt.store.Media;
import io.vtgt.store.MediaFault;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider;
import io.vtgt.store.memory.NullStoreProvider;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreMediaTest {
  private static final Where HERE = new Where("shelf", Map.of("row", 1L));

  private final Vertx vertx = Vertx.vertx();
  private final Shelf shelf = new Shelf();
  private final Document document =
      DocumentFormat.YAML
          .readValid(
              """
              targets:
                - name: iqn.2026-11.test:t
                  units:
                    - {lun: 0, store: {kind: "null", size: 1MiB}}
                    - {lun: 4, store: {kind: shelf, book: served, row: 1}}
                    - {lun: 5, store: {kind: shelf, book: served, row: 1, page: 7}}
                    - {lun: 6, store: {kind: shelf, book: free, row: 2}}
              """
                  .getBytes(UTF_8))
          .orElseThrow();
  private final StoreMedia media =
      new StoreMedia(
          vertx, Path.of("data"), List.of(shelf, new NullStoreProvider()), () -> document);

  @AfterEach
  void close() {
    Daemon.await(vertx.close(), 60);
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 60);
  }

  private static AdminError refused(AdminError.Kind kind, Future<?> future) {
    var error = assertThrows(AdminError.class, () -> await(future));
    assertEquals(kind, error.kind(), error.getMessage());
    return error;
  }

  @Test
  void media_listedAndDescribed_nameTheUnitsThatServeThem() {
    assertEquals(
        "[Medium[name=free, units=[]], Medium[name=served, units=[iqn.2026-11.test:t/4,"
            + " iqn.2026-11.test:t/5]]]",
        await(media.list(HERE)).toString());
    var served = await(media.describe(HERE, "served"));
    assertEquals(2, served.units().size());
    assertEquals(Map.of("kind", "shelf", "book", "served", "row", 1L), served.store());
  }

  @Test
  void medium_thatAUnitServes_isNotRemoved() {
    var error = refused(AdminError.Kind.CONFLICT, media.remove(HERE, "served", true));
    assertTrue(error.getMessage().contains("iqn.2026-11.test:t/4"), error.getMessage());
    await(media.remove(HERE, "free", false));
    assertEquals(List.of("remove free false"), shelf.done);
  }

  @Test
  void medium_made_isCheckedBeforeAnybodyIsAsked() {
    var error =
        refused(AdminError.Kind.INVALID, media.create(HERE, "new", Map.of("size", "big"), false));
    assertEquals("/options/size", error.violations().getFirst().pointer());
    await(media.create(HERE, "new", Map.of("size", "1MiB"), true));
    assertEquals(List.of(), shelf.done);
    await(media.create(HERE, "new", Map.of("size", "1MiB"), false));
    assertEquals(List.of("create new {size=1MiB}"), shelf.done);
  }

  @Test
  void place_thatIsWrong_isRefusedByTheOption() {
    var error =
        refused(AdminError.Kind.INVALID, media.list(new Where("shelf", Map.of("row", "x"))));
    assertEquals("row: 'x' is no integer", error.getMessage());
    refused(AdminError.Kind.INVALID, media.list(new Where("shelf", Map.of("column", 1L))));
  }

  @Test
  void kind_unknownOrWithoutMedia_isRefusedInWords() {
    refused(AdminError.Kind.NOT_FOUND, media.list(new Where("attic", Map.of())));
    assertEquals(
        "the media of stores of kind \"null\" are made and removed elsewhere",
        refused(AdminError.Kind.CONFLICT, media.list(new Where("null", Map.of()))).getMessage());
  }

  @Test
  void failures_ofAStore_areOfTheirKinds() {
    shelf.failure = new MediaFault(MediaFault.Kind.NOT_FOUND, "no such book");
    refused(AdminError.Kind.NOT_FOUND, media.describe(HERE, "x"));
    shelf.failure = new MediaFault(MediaFault.Kind.IN_USE, "it is lent");
    refused(AdminError.Kind.CONFLICT, media.describe(HERE, "x"));
    shelf.failure = new StoreFault(StoreFault.Kind.UNAVAILABLE, "the library is closed");
    assertEquals(
        "the library is closed",
        refused(AdminError.Kind.FAILED, media.describe(HERE, "x")).getMessage());
    shelf.failure = new IllegalArgumentException("a mistake");
    assertThrows(IllegalStateException.class, () -> await(media.describe(HERE, "x")));
  }

  @Test
  void place_thatDoesNotAnswer_holdsSoManyCallsAndNoMore() {
    var held = new ArrayList<Future<?>>();
    shelf.held = Promise.promise();
    for (int i = 0; i < StoreMedia.MAX_CALLS; i++) {
      held.add(media.trash(HERE));
    }
    refused(AdminError.Kind.CONFLICT, media.list(HERE));
    shelf.held.complete(List.of(new Media.Thrown("1", "x", Instant.EPOCH)));
    held.forEach(StoreMediaTest::await);
    assertEquals(2, await(media.list(HERE)).size());
  }

  /// A kind of store whose media are books.
  private static final class Shelf implements StoreProvider, Media {
    final List<String> done = new ArrayList<>();
    RuntimeException failure;
    Promise<List<Thrown>> held;

    @Override
    public String kind() {
      return "shelf";
    }

    @Override
    public String summary() {
      return "books";
    }

    @Override
    public List<Option> options() {
      return List.of();
    }

    @Override
    public List<OptionFault> check(Map<String, Object> options) {
      return List.of();
    }

    @Override
    public Future<BackingStore> open(OpenRequest request) {
      throw new AssertionError("not opened here");
    }

    @Override
    public Optional<Media> media() {
      return Optional.of(this);
    }

    @Override
    public List<Option> placeOptions() {
      return List.of(new Option("row", "integer", true, "", "which row"));
    }

    @Override
    public List<Option> creationOptions() {
      return List.of(new Option("size", "size", true, "", "how big"));
    }

    @Override
    public String nameOption() {
      return "book";
    }

    @Override
    public String identity(Map<String, Object> storeOptions) {
      return storeOptions.get("row") + "/" + storeOptions.get("book");
    }

    @Override
    public Future<List<String>> list(Place place) {
      return Future.succeededFuture(List.of("free", "served"));
    }

    @Override
    public Future<Description> describe(Place place, String name) {
      return failure != null
          ? Future.failedFuture(failure)
          : Future.succeededFuture(
              new Description(name, 1, Optional.empty(), List.of(), List.of(), Map.of()));
    }

    @Override
    public Future<Void> create(Place place, String name, Map<String, Object> options) {
      done.add("create " + name + " " + options);
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> remove(Place place, String name, boolean forGood) {
      done.add("remove " + name + " " + forGood);
      return Future.succeededFuture();
    }

    @Override
    public Future<List<Thrown>> trash(Place place) {
      return held.future();
    }

    @Override
    public Future<Void> restore(Place place, String id) {
      return Future.succeededFuture();
    }
  }
}
