package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.mgmt.document.Document;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentitiesTest {
  private static final Document.Identity SILENT = identity(Optional.empty(), Optional.empty());

  @TempDir Path folder;
  private Vertx vertx;
  private FolderStateStore store;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    store = await(FolderStateStore.open(vertx, folder));
  }

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 30);
  }

  private static Document.Identity identity(Optional<String> uuid, Optional<String> naa) {
    return new Document.Identity(
        uuid,
        naa,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private Identities loaded() {
    var identities = new Identities(store, UUID::randomUUID);
    await(identities.load());
    return identities;
  }

  @Test
  void ensure_nameSeenBefore_keepsItsUuidOverRestarts() {
    var first = loaded();
    await(first.ensure(List.of("a", "b")));
    var second = loaded();
    await(second.ensure(List.of("c", "a")));
    assertEquals(first.of("a", SILENT).uuid(), second.of("a", SILENT).uuid());
    assertEquals(first.of("b", SILENT).serial(), loaded().of("b", SILENT).serial());
    assertNotEquals(second.of("a", SILENT).uuid(), second.of("c", SILENT).uuid());
  }

  @Test
  void of_documentSetsUuid_naaAndSerialFollowIt() {
    var identity =
        loaded()
            .of(
                "a",
                identity(Optional.of("00000000-0000-4000-8000-000000000001"), Optional.empty()));
    assertEquals("00000000000040008000000000000001", identity.serial());
    assertArrayEquals(Identities.naa(identity.uuid()), identity.naa());
  }

  @Test
  void of_documentSetsNaa_isTheDocuments() {
    var identities = loaded();
    await(identities.ensure(List.of("a")));
    var identity = identities.of("a", identity(Optional.empty(), Optional.of("5000C500DEADBEEF")));
    assertEquals("5000c500deadbeef", HexFormat.of().formatHex(identity.naa()));
  }

  @Test
  void naa_isLocallyAssignedAndDiffers() {
    var seen = new HashSet<String>();
    for (int i = 0; i < 10_000; i++) {
      var naa = Identities.naa(new UUID(0x4000, i));
      assertEquals(8, naa.length);
      assertEquals(3, naa[0] >> 4);
      seen.add(HexFormat.of().formatHex(naa));
    }
    assertEquals(10_000, seen.size());
  }

  @Test
  void load_savedTextIsNoMap_fails() {
    await(store.put("identities", 0, "{\"a\": 1}"));
    assertThrows(StateStore.StateFault.class, this::loaded);
  }
}
