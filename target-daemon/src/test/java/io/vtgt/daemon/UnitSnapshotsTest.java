package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Snapshots of the units of a whole daemon.
class UnitSnapshotsTest {
  private static final String TARGET = "iqn.2026-11.test:t";
  private static final UnitAddress MEMORY = new UnitAddress(TARGET, 0);
  private static final UnitAddress NULL = new UnitAddress(TARGET, 1);
  private static final UnitAddress BROKEN = new UnitAddress(TARGET, 2);

  @TempDir Path data;
  private Daemon daemon;

  @BeforeEach
  void start() throws IOException {
    var config =
        Files.writeString(
            data.resolve("vtgt.yaml"),
            """
            version: 1
            targets:
              - name: iqn.2026-11.test:t
                units:
                  - {lun: 0, store: {kind: memory, size: 1MiB}}
                  - {lun: 1, store: {kind: "null", size: 1MiB}}
                  - {lun: 2, store: {kind: file, path: missing.img}}
            """);
    daemon =
        new Daemon(
            new Daemon.Settings(
                Optional.of(config),
                data,
                new Overrides(
                    List.of(Overrides.portal("127.0.0.1:0").orElseThrow()),
                    Optional.of("127.0.0.1:0")),
                TransportChoice.AUTO));
    await(daemon.start());
  }

  @AfterEach
  void stop() {
    await(daemon.stop());
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 60);
  }

  private SnapshotAdmin snapshots() {
    return daemon.admin().snapshots();
  }

  private static String refused(AdminError.Kind kind, Future<?> future) {
    var error = assertThrows(AdminError.class, () -> await(future));
    assertEquals(kind, error.kind(), error.getMessage());
    return error.getMessage();
  }

  @Test
  void snapshot_takenProtectedRolledBackRemoved_isListedAsItIs() {
    var made = await(snapshots().create(MEMORY, "a"));
    assertEquals(1 << 20, made.bytes());
    assertTrue(made.created().isPresent());
    assertEquals(List.of(made), await(snapshots().list(MEMORY)));
    await(daemon.admin().resize(MEMORY, "2MiB", false, false));
    await(snapshots().rollback(MEMORY, "a", false));
    assertEquals(1 << 20, daemon.admin().units().getFirst().bytes());
    assertTrue(await(snapshots().protect(MEMORY, "a", true)).isProtected());
    assertTrue(await(snapshots().protect(MEMORY, "a", true)).isProtected());
    assertTrue(
        refused(AdminError.Kind.CONFLICT, snapshots().remove(MEMORY, "a")).contains("protected"));
    assertFalse(await(snapshots().protect(MEMORY, "a", false)).isProtected());
    await(snapshots().remove(MEMORY, "a"));
    assertEquals(List.of(), await(snapshots().list(MEMORY)));
  }

  @Test
  void snapshot_thatIsThereOrIsNot_isRefusedByItsKind() {
    await(snapshots().create(MEMORY, "a"));
    refused(AdminError.Kind.CONFLICT, snapshots().create(MEMORY, "a"));
    refused(AdminError.Kind.NOT_FOUND, snapshots().rollback(MEMORY, "b", true));
    refused(AdminError.Kind.NOT_FOUND, snapshots().remove(MEMORY, "b"));
    refused(AdminError.Kind.NOT_FOUND, snapshots().protect(MEMORY, "b", true));
  }

  @Test
  void unit_thatHasNoSnapshotsOrIsNot_isRefusedInWords() {
    assertEquals(
        "snapshots of unit iqn.2026-11.test:t/1: its store has none",
        refused(AdminError.Kind.CONFLICT, snapshots().create(NULL, "a")));
    refused(AdminError.Kind.CONFLICT, snapshots().list(BROKEN));
    refused(AdminError.Kind.NOT_FOUND, snapshots().list(new UnitAddress(TARGET, 9)));
    refused(AdminError.Kind.NOT_FOUND, snapshots().list(new UnitAddress("iqn.2026-11.test:x", 0)));
  }

  @Test
  void unit_thatNobodyCanHoldForItself_isNotTakenOver() {
    var why = refused(AdminError.Kind.CONFLICT, daemon.admin().takeOver(MEMORY));
    assertTrue(why.contains("no client can hold its medium"), why);
    refused(AdminError.Kind.NOT_FOUND, daemon.admin().takeOver(new UnitAddress(TARGET, 9)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a/b", "a@b", "a\nb"})
  void name_thatCannotBeWrittenEverywhere_isRefused(String name) {
    refused(AdminError.Kind.INVALID, snapshots().create(MEMORY, name));
  }
}
