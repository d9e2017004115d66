package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin.Applied;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import io.vtgt.mgmt.TargetAdmin.UnitStatus;
import io.vtgt.mgmt.document.Change;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.target.Announcer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole daemons in this process, on free ports.
class DaemonTest {
  private static final String TARGET = "iqn.2026-11.test:t";

  @TempDir Path data;
  private final List<Daemon> daemons = new ArrayList<>();

  @AfterEach
  void stopAll() {
    daemons.forEach(it -> Daemon.await(it.stop(), 60));
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 60);
  }

  private Daemon started(Path config) {
    var daemon = made(config, "127.0.0.1:0");
    await(daemon.start());
    return daemon;
  }

  private Daemon made(Path config, String portal) {
    var daemon =
        new Daemon(
            new Daemon.Settings(
                Optional.ofNullable(config),
                data,
                new Overrides(
                    List.of(Overrides.portal(portal).orElseThrow()), Optional.of("127.0.0.1:0")),
                TransportChoice.AUTO));
    daemons.add(daemon);
    return daemon;
  }

  private Path config(String... units) throws IOException {
    var text =
        new StringBuilder(
            "version: 1\nportals:\n  - listen: 127.0.0.1:3260\ntargets:\n  - name: %s\n    units:\n"
                .formatted(TARGET));
    for (var unit : units) {
      text.append("      - ").append(unit).append('\n');
    }
    return Files.writeString(data.resolve("vtgt.yaml"), text);
  }

  private static String file(int lun, String path) {
    return "{lun: %d, store: {kind: file, path: %s, size: 1MiB}}".formatted(lun, path);
  }

  private static String memory(int lun) {
    return "{lun: %d, store: {kind: memory, size: 1MiB}}".formatted(lun);
  }

  private static Document withUnits(Document document, String... units) {
    var target = document.targets().getFirst();
    var parsed = new ArrayList<Document.Unit>();
    for (var unit : units) {
      parsed.add(DocumentFormat.YAML.read(unit, Document.Unit.class).orElseThrow());
    }
    return document.withTargets(List.of(target.withUnits(parsed)));
  }

  private static Applied apply(Daemon daemon, Document wanted) {
    return await(daemon.admin().apply(wanted, "", false));
  }

  private static List<String> states(Daemon daemon) {
    return daemon.admin().units().stream().map(it -> it.lun() + " " + it.state()).toList();
  }

  private static AdminError refusal(Daemon daemon, Document wanted) {
    return assertThrows(AdminError.class, () -> apply(daemon, wanted));
  }

  @Test
  void start_nothingConfigured_servesTheDefaultDisk() {
    var daemon = started(null);
    assertEquals(List.of("0 ready"), states(daemon));
    assertTrue(Files.exists(data.resolve("disk.img")));
    assertTrue(daemon.admin().health().ready());
    assertEquals(1, daemon.admin().portals().size());
    assertFalse(daemon.admin().storeKinds().isEmpty());
  }

  @Test
  void http_healthz_answers() throws Exception {
    var daemon = started(config(memory(0)));
    try (var client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://" + daemon.http() + "/healthz")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
    }
  }

  @Test
  void restart_changesThroughTheInterface_andIdentitiesStay() throws IOException {
    var config = config(file(0, "a.img"), memory(1));
    var first = started(config);
    var before = first.admin().units();
    assertNotEquals(before.get(0).naa(), before.get(1).naa());
    apply(
        first,
        withUnits(
            first.admin().current().document(), file(0, "a.img"), memory(1), file(5, "b.img")));
    var changed = first.admin().units().stream().map(UnitStatus::serial).toList();
    var version = first.admin().current().version();
    assertTrue(await(first.stop()));

    var second = started(config);
    assertEquals(List.of("0 ready", "1 ready", "5 ready"), states(second));
    assertEquals(changed, second.admin().units().stream().map(UnitStatus::serial).toList());
    assertEquals(before.getFirst().naa(), second.admin().units().getFirst().naa());
    assertEquals(version, second.admin().current().version());
  }

  @Test
  void restart_configChanged_configRules() throws IOException {
    var first = started(config(memory(0)));
    apply(first, withUnits(first.admin().current().document(), memory(0), memory(1)));
    await(first.stop());
    assertEquals(List.of("7 ready"), states(started(config(memory(7)))));
  }

  @Test
  void start_oneUnitCannotBeOpened_othersAreServedAndItIsTriedAgain() throws IOException {
    var daemon = started(config(memory(0), file(1, "later/x.img")));
    assertEquals("0 ready", states(daemon).getFirst());
    assertNotEquals("1 ready", states(daemon).getLast());
    assertTrue(daemon.admin().health().problems().getFirst().contains("later"));

    Files.createDirectories(data.resolve("later"));
    await(daemon.admin().retryBroken());
    assertEquals(List.of("0 ready", "1 ready"), states(daemon));
    assertEquals(List.of(), daemon.admin().health().problems());
  }

  @Test
  void start_portalTaken_failsInWordsAndGivesTheFolderBack() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var failure =
          assertThrows(
              AdminError.class,
              () -> await(made(null, "127.0.0.1:" + taken.getLocalPort()).start()));
      assertEquals(
          "portal 127.0.0.1:"
              + taken.getLocalPort()
              + " cannot be bound: address already in use (is another target running?)",
          failure.getMessage());
    }
    started(null);
  }

  @Test
  void start_folderInUse_failsAndTheFirstGoesOn() {
    var first = started(null);
    var failure = assertThrows(StartFault.class, () -> await(made(null, "127.0.0.1:0").start()));
    assertTrue(failure.getMessage().contains("in use by another vtgtd"), failure.getMessage());
    assertEquals(List.of("0 ready"), states(first));
  }

  @Test
  void start_configWrong_tellsEveryPlace() throws IOException {
    var config = config("{lun: 99999, store: {kind: file}}", "{lun: 0, stor: 1}");
    var failure = assertThrows(StartFault.class, () -> await(made(config, "127.0.0.1:0").start()));
    assertTrue(failure.getMessage().contains("line "), failure.getMessage());
  }

  @Test
  void start_unknownStoreKind_tellsThePlace() throws IOException {
    var config = config("{lun: 0, store: {kind: tape}}");
    var failure = assertThrows(StartFault.class, () -> await(made(config, "127.0.0.1:0").start()));
    assertTrue(
        failure.getMessage().contains("/targets/0/units/0/store/kind"), failure.getMessage());
  }

  @Test
  void apply_dryRun_changesNothing() throws IOException {
    var daemon = started(config(memory(0)));
    var before = daemon.admin().current();
    var applied =
        await(
            daemon
                .admin()
                .apply(withUnits(before.document(), memory(0), memory(1)), before.version(), true));
    assertEquals(1, applied.changes().size());
    assertEquals(before, daemon.admin().current());
    assertEquals(List.of("0 ready"), states(daemon));
  }

  @Test
  void apply_otherVersion_isAConflict() throws IOException {
    var daemon = started(config(memory(0)));
    var document = daemon.admin().current().document();
    var failure =
        assertThrows(
            AdminError.class, () -> await(daemon.admin().apply(document, "nonsense", false)));
    assertEquals(AdminError.Kind.CONFLICT, failure.kind());
  }

  @Test
  void apply_unknownOption_isInvalidWithItsPlace() throws IOException {
    var daemon = started(config(memory(0)));
    var wanted =
        withUnits(
            daemon.admin().current().document(), "{lun: 0, store: {kind: memory, siz: 1MiB}}");
    var failure = refusal(daemon, wanted);
    assertEquals(AdminError.Kind.INVALID, failure.kind());
    assertTrue(failure.violations().getFirst().pointer().startsWith("/targets/0/units/0/store/"));
  }

  @Test
  void apply_oneChangeFails_allAreTakenBack() throws IOException {
    var daemon = started(config(file(0, "a.img"), file(1, "b.img"), memory(2)));
    var before = daemon.admin().current();
    // b.img is held by unit 1, which stays: unit 3 cannot have it.
    var wanted = withUnits(before.document(), file(1, "b.img"), file(0, "c.img"), file(3, "b.img"));
    assertEquals(AdminError.Kind.FAILED, refusal(daemon, wanted).kind());
    assertEquals(before, daemon.admin().current());
    assertEquals(List.of("0 ready", "1 ready", "2 ready"), states(daemon));
    // And nothing of the attempt is still held:
    apply(daemon, withUnits(before.document(), file(1, "b.img"), file(4, "c.img")));
    assertEquals(List.of("1 ready", "4 ready"), states(daemon));
  }

  @Test
  void apply_unitsSwapTheirFiles_areReopened() throws IOException {
    var daemon = started(config(file(0, "a.img"), file(1, "b.img")));
    apply(
        daemon, withUnits(daemon.admin().current().document(), file(0, "b.img"), file(1, "a.img")));
    assertEquals(List.of("0 ready", "1 ready"), states(daemon));
  }

  @Test
  void apply_sameFileOtherBlockSize_isReopened() throws IOException {
    var daemon = started(config(file(0, "a.img")));
    apply(
        daemon,
        withUnits(
            daemon.admin().current().document(),
            "{lun: 0, blockSize: 4096, store: {kind: file, path: a.img, size: 1MiB}}"));
    assertEquals(4096, daemon.admin().units().getFirst().blockSize());
  }

  private static UnitAddress unit(int lun) {
    return new UnitAddress(TARGET, lun);
  }

  private static Applied resize(Daemon daemon, int lun, String size, boolean force) {
    return await(daemon.admin().resize(unit(lun), size, force, false));
  }

  private static List<String> summaries(Applied applied) {
    return applied.changes().stream().map(Change::describe).toList();
  }

  @Test
  void resize_ofAFile_isKeptOverARestart() throws IOException {
    var config = config(file(0, "a.img"), memory(1));
    var first = started(config);
    assertEquals(
        List.of("resize unit 0 of " + TARGET + " to 2MiB"),
        summaries(resize(first, 0, "2MiB", false)));
    resize(first, 1, "3MiB", false);
    assertEquals(List.of(2L << 20, 3L << 20), sizes(first));
    assertEquals(2 << 20, Files.size(data.resolve("a.img")));
    assertTrue(await(first.stop()));
    var second = started(config);
    assertEquals(List.of(2L << 20, 3L << 20), sizes(second));
    assertEquals(
        "2MiB",
        second
            .admin()
            .current()
            .document()
            .targets()
            .getFirst()
            .units()
            .getFirst()
            .store()
            .get("size"));
  }

  private static List<Long> sizes(Daemon daemon) {
    return daemon.admin().units().stream().map(UnitStatus::bytes).toList();
  }

  @Test
  void resize_ofAFileWhoseSizeIsNotWritten_leavesTheDocument() throws IOException {
    Files.write(data.resolve("own.img"), new byte[1 << 20]);
    var daemon = started(config("{lun: 0, store: {kind: file, path: own.img}}"));
    var before = daemon.admin().current();
    resize(daemon, 0, "2MiB", false);
    assertEquals(List.of(2L << 20), sizes(daemon));
    assertEquals(before, daemon.admin().current());
  }

  @Test
  void resize_smaller_isRefusedInWordsButForForce() throws IOException {
    var daemon = started(config(file(0, "a.img")));
    var refusal = assertThrows(AdminError.class, () -> resize(daemon, 0, "512KiB", false));
    assertEquals(AdminError.Kind.CONFLICT, refusal.kind());
    assertEquals(
        "unit "
            + TARGET
            + "/0 cannot be resized to 512KiB: it has 1MiB, and all data in its last 512KiB would"
            + " be lost; resize it by force if that is meant",
        refusal.getMessage());
    var document = daemon.admin().current().document();
    var smaller =
        withUnits(document, "{lun: 0, store: {kind: file, path: a.img, size: 512KiB}}", memory(1));
    assertEquals(AdminError.Kind.CONFLICT, refusal(daemon, smaller).kind());
    assertThrows(AdminError.class, () -> await(daemon.admin().apply(smaller, "", true)));
    assertEquals(List.of(1L << 20), sizes(daemon));
    resize(daemon, 0, "512KiB", true);
    assertEquals(List.of(512L << 10), sizes(daemon));
  }

  @Test
  void resize_wrong_isRefusedInWords() throws IOException {
    var daemon = started(config(file(0, "a.img")));
    for (var size : List.of("large", "0", "1000000")) {
      var refusal = assertThrows(AdminError.class, () -> resize(daemon, 0, size, true));
      assertEquals(AdminError.Kind.INVALID, refusal.kind(), refusal.getMessage());
    }
    assertEquals(
        AdminError.Kind.NOT_FOUND,
        assertThrows(AdminError.class, () -> resize(daemon, 9, "2MiB", false)).kind());
    assertEquals(List.of(1L << 20), sizes(daemon));
  }

  @Test
  void apply_otherSettings_areTakenWhileTheUnitIsServed() throws IOException {
    var daemon = started(config(file(0, "a.img"), memory(1)));
    var document = daemon.admin().current().document();
    var applied =
        apply(
            daemon,
            withUnits(
                document,
                "{lun: 0, readOnly: true, mode: {writeCache: false}, store: {kind: file, path:"
                    + " a.img, size: 2MiB}}",
                "{lun: 1, online: false, storeDeadlineSeconds: 5, store: {kind: memory, size:"
                    + " 1MiB}}"));
    assertEquals(
        List.of(
            "change readOnly, mode.writeCache of unit 0 of " + TARGET,
            "change online, storeDeadlineSeconds of unit 1 of " + TARGET,
            "resize unit 0 of " + TARGET + " to 2MiB"),
        summaries(applied));
    var units = daemon.admin().units();
    assertEquals("read-only", units.getFirst().medium().orElseThrow().writeProtection());
    assertEquals(false, units.getFirst().mode().get("writeCache"));
    assertEquals(2 << 20, units.getFirst().bytes());
    assertFalse(units.getLast().medium().orElseThrow().online());
  }

  @Test
  void apply_readOnlyTakenBack_reopensTheStoreAndKeepsTheUnit() throws IOException {
    Files.write(data.resolve("a.img"), new byte[1 << 20]);
    var readOnly = "{lun: 0, readOnly: true, store: {kind: file, path: a.img}}";
    var daemon = started(config(readOnly));
    var document = daemon.admin().current().document();
    var applied = apply(daemon, withUnits(document, "{lun: 0, store: {kind: file, path: a.img}}"));
    assertEquals(List.of("change readOnly of unit 0 of " + TARGET), summaries(applied));
    assertEquals(List.of("0 ready"), states(daemon));
    resize(daemon, 0, "2MiB", false); // a store that does not take writes would refuse
    assertEquals(List.of(2L << 20), sizes(daemon));
  }

  @Test
  void eject_ofARemovableUnit_isShownUntilItIsLoaded() throws IOException {
    var daemon = started(config("{lun: 0, removable: true, store: {kind: memory, size: 1MiB}}"));
    await(daemon.admin().eject(unit(0), false));
    assertFalse(daemon.admin().units().getFirst().medium().orElseThrow().present());
    await(daemon.admin().load(unit(0)));
    assertTrue(daemon.admin().units().getFirst().medium().orElseThrow().present());
    apply(daemon, withUnits(daemon.admin().current().document(), memory(0)));
    assertEquals(
        AdminError.Kind.CONFLICT,
        assertThrows(AdminError.class, () -> await(daemon.admin().eject(unit(0), false))).kind());
  }

  @Test
  void space_reachesTheThreshold_isToldByHealth() throws IOException {
    Files.write(data.resolve("a.img"), new byte[1 << 20]);
    var daemon =
        started(
            config("{lun: 0, thinThreshold: {usedPercent: 90}, store: {kind: file, path: a.img}}"));
    await(daemon.admin().lookAtSpace());
    assertEquals(
        1 << 20,
        daemon.admin().units().getFirst().space().orElseThrow().allocatedBytes().orElseThrow());
    var problem = daemon.admin().health().problems().getFirst();
    assertTrue(
        problem.startsWith(
            "unit " + TARGET + "/0: its thin threshold is reached: 1MiB of 1MiB allocated, "),
        problem);
    assertTrue(daemon.admin().health().ready());
  }

  @Test
  void apply_targetRemoved_itsFilesAreFree() throws IOException {
    var daemon = started(config(file(0, "a.img")));
    var document = daemon.admin().current().document();
    apply(daemon, document.withTargets(List.of()));
    assertEquals(List.of(), daemon.admin().units());
    apply(daemon, document);
    assertEquals(List.of("0 ready"), states(daemon));
  }

  @Test
  void apply_manyAtOnce_eachSeesTheOneBefore() throws IOException {
    var daemon = started(config(memory(0)));
    var document = daemon.admin().current().document();
    var applying = new ArrayList<Future<Applied>>();
    for (int i = 1; i <= 20; i++) {
      applying.add(daemon.admin().apply(withUnits(document, memory(i)), "", false));
    }
    await(Future.all(applying));
    assertEquals(List.of("20 ready"), states(daemon));
  }

  @Test
  void exampleDocuments_nameOnlyStoresLayersAndKeysThatExist() throws IOException {
    var units = new Units(null, data, null, null, Announcer.LOG); // a check touches nothing
    try (var files = Files.walk(Path.of("../conf"))) {
      for (var file : files.filter(it -> it.toString().endsWith(".yaml")).toList()) {
        var document = DocumentFormat.YAML.readValid(Files.readAllBytes(file)).orElseThrow();
        assertEquals(List.of(), units.check(document), file.toString());
      }
    }
  }

  // --- access states

  private static String access(Daemon daemon) {
    return await(daemon.admin().portGroups(TARGET)).stream()
        .flatMap(
            group ->
                group.units().stream()
                    .map(
                        unit ->
                            "%d/%d %s %s"
                                .formatted(group.group(), unit.lun(), unit.state(), unit.setBy())))
        .collect(Collectors.joining(", "));
  }

  private static Document withAlua(Document document, String alua) {
    var target = document.targets().getFirst();
    return document.withTargets(
        List.of(
            new Document.TargetEntry(
                target.name(),
                target.alias(),
                target.portalGroups(),
                target.access(),
                target.authentication(),
                target.redirect(),
                target.units(),
                DocumentFormat.YAML.read(alua, Document.Alua.class).orElseThrow())));
  }

  @Test
  void accessState_set_survivesARestart_untilTheDocumentSaysSomethingElse() throws IOException {
    var config = config(memory(0), memory(1));
    var first = started(config);
    assertEquals("1/0 active-optimized nobody, 1/1 active-optimized nobody", access(first));
    await(first.admin().changeAccess(TARGET, 1, "standby", List.of(1)));
    assertEquals("1/0 active-optimized nobody, 1/1 standby administrator", access(first));
    await(first.stop());

    var second = started(config);
    assertEquals("1/0 active-optimized nobody, 1/1 standby administrator", access(second));
    var document = second.admin().current().document();
    apply(second, withAlua(document, "groups: [{group: 1, state: active-non-optimized}]"));
    assertEquals(
        "1/0 active-non-optimized administrator, 1/1 active-non-optimized administrator",
        access(second));
    await(second.admin().changeAccess(TARGET, 1, "offline", List.of()));
    await(second.admin().changeAccess(TARGET, 1, "", List.of(0)));
    assertEquals(
        "1/0 active-non-optimized administrator, 1/1 offline administrator", access(second));
    apply(second, document);
    assertEquals(
        "1/0 active-optimized administrator, 1/1 active-optimized administrator", access(second));
    await(second.stop());

    assertEquals(
        "1/0 active-optimized nobody, 1/1 active-optimized nobody", access(started(config)));
  }

  @Test
  void accessState_ofAUnitOfItsOwn_goesBeforeThatOfAll() throws IOException {
    var daemon = started(config(memory(0), memory(1)));
    apply(
        daemon,
        withAlua(
            daemon.admin().current().document(),
            "groups: [{group: 1, state: standby, luns: [1]}, {group: 1, state: unavailable}]"));
    assertEquals("1/0 unavailable administrator, 1/1 standby administrator", access(daemon));
  }

  @Test
  void accessState_thatCannotBeSet_isRefusedInWords() throws IOException {
    var daemon = started(config(memory(0), file(1, "later/x.img")));
    assertEquals(AdminError.Kind.NOT_FOUND, refusedAccess(daemon, 2, "standby"));
    assertEquals(AdminError.Kind.NOT_FOUND, refusedAccess(daemon, 1, "standby", 7));
    assertEquals(AdminError.Kind.CONFLICT, refusedAccess(daemon, 1, "standby", 1));
    assertEquals(AdminError.Kind.INVALID, refusedAccess(daemon, 1, "asleep"));
    assertEquals("1/0 active-optimized nobody", access(daemon));
    apply(daemon, withAlua(daemon.admin().current().document(), "mode: explicit"));
    assertEquals(AdminError.Kind.CONFLICT, refusedAccess(daemon, 1, "standby"));
  }

  private static AdminError.Kind refusedAccess(
      Daemon daemon, int group, String state, Integer... luns) {
    return assertThrows(
            AdminError.class,
            () -> await(daemon.admin().changeAccess(TARGET, group, state, List.of(luns))))
        .kind();
  }

  @Test
  void stop_twice_andChangesAfterwards_end() throws IOException {
    var daemon = started(config(memory(0)));
    assertTrue(await(daemon.stop()));
    assertTrue(await(daemon.stop()));
  }

  @Test
  void stop_neverStarted_ends() {
    assertTrue(await(made(null, "127.0.0.1:0").stop()));
  }
}
