package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin.Applied;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.target.LogicalUnit;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Layers of a unit change while it is served.
class LiveLayersTest {
  private static final String TARGET = "iqn.2026-11.test:t";

  @TempDir Path data;
  private Daemon daemon;

  @AfterEach
  void stop() {
    await(daemon.stop());
  }

  private static <T> T await(Future<T> future) {
    return Daemon.await(future, 60);
  }

  private void start(String store, String layers) throws IOException {
    var config =
        """
        version: 1
        portals:
          - listen: 127.0.0.1:3260
        targets:
          - name: %s
            units:
              - {lun: 0, store: %s, layers: %s}
        """
            .formatted(TARGET, store, layers);
    daemon =
        new Daemon(
            new Daemon.Settings(
                Optional.of(Files.writeString(data.resolve("vtgt.yaml"), config)),
                data,
                new Overrides(
                    List.of(Overrides.portal("127.0.0.1:0").orElseThrow()),
                    Optional.of("127.0.0.1:0")),
                TransportChoice.AUTO));
    await(daemon.start());
  }

  private void startWithMemory(String layers) throws IOException {
    start("{kind: memory, size: 1MiB}", layers);
  }

  private LogicalUnit unit() {
    return daemon.running().targets().get(TARGET).units().get(0).unit().orElseThrow();
  }

  private Document with(String... units) {
    var document = daemon.admin().current().document();
    var target = document.targets().getFirst();
    var parsed =
        Arrays.stream(units)
            .map(it -> DocumentFormat.YAML.read(it, Document.Unit.class).orElseThrow())
            .toList();
    return document.withTargets(List.of(target.withUnits(parsed)));
  }

  private Applied layers(String layers) {
    return apply("{lun: 0, store: {kind: memory, size: 1MiB}, layers: %s}".formatted(layers));
  }

  private Applied apply(String unit) {
    return await(daemon.admin().apply(with(unit), "", false));
  }

  private String refusal(String layers) {
    var error = assertThrows(AdminError.class, () -> layers(layers));
    assertSame(AdminError.Kind.FAILED, error.kind());
    return error.getMessage();
  }

  private void write(int value) {
    await(unit().gate().write(0, Unpooled.directBuffer().writeZero(504).writeLong(value), false));
  }

  private long read() {
    ByteBuf data = await(unit().gate().read(0, 512));
    long value = data.getLong(504);
    data.release();
    return value;
  }

  private boolean counts(String name) {
    return daemon.admin().units().getFirst().counters().containsKey(name);
  }

  @Test
  void layers_changed_keepTheStoreAndTheUnit() throws IOException {
    startWithMemory("[]");
    write(42);
    var served = unit();
    var applied = layers("[{kind: throttle, iops: 100000}, {kind: delay, readMillis: 1}]");
    assertEquals(
        List.of("change layers of unit 0 of " + TARGET),
        applied.changes().stream().map(it -> it.describe()).toList());
    assertSame(served, unit());
    assertTrue(counts("throttle.waits"));
    assertEquals(42, read());
    layers("[{kind: readonly}]");
    assertFalse(counts("throttle.waits"));
    assertTrue(served.writeProtected());
    assertEquals(
        "read-only", daemon.admin().units().getFirst().medium().orElseThrow().writeProtection());
    layers("[]");
    assertFalse(served.writeProtected());
    assertEquals(42, read());
    write(43);
    assertEquals(43, read());
  }

  @Test
  void layers_thatCannotBePutOn_leaveTheOldOnes() throws IOException {
    startWithMemory("[{kind: throttle, iops: 100000}]");
    write(42);
    var why = refusal("[{kind: stubborn, refuses: \"on\"}, {kind: readonly}]");
    assertTrue(why.endsWith("cannot be changed: it does not go over such a store"), why);
    assertTrue(counts("throttle.waits"));
    assertEquals(
        "throttle",
        daemon
            .admin()
            .current()
            .document()
            .targets()
            .getFirst()
            .units()
            .getFirst()
            .layers()
            .getFirst()
            .get("kind"));
    assertFalse(unit().writeProtected());
    assertEquals(42, read());
  }

  @Test
  void layers_thatCannotBeTakenOff_stay() throws IOException {
    startWithMemory("[{kind: readonly}, {kind: stubborn, refuses: \"off\"}]");
    var why = refusal("[]");
    assertTrue(why.endsWith("cannot be changed: it cannot hand on what it holds"), why);
    assertTrue(unit().writeProtected());
    assertEquals(0, read());
  }

  @Test
  void layers_changedInAChangeThatFails_areTakenBack() throws IOException {
    startWithMemory("[{kind: throttle, iops: 100000}]");
    var file = "{lun: 1, store: {kind: file, path: %s, size: 1MiB}}";
    await(
        daemon
            .admin()
            .apply(
                with(
                    "{lun: 0, store: {kind: memory, size: 1MiB}, layers: [{kind: delay}]}",
                    file.formatted("a.img")),
                "",
                false));
    write(42);
    // It may be the same medium, so it is opened in its turn: after the layers have changed.
    var wanted =
        with(
            "{lun: 0, store: {kind: memory, size: 1MiB}, layers: [{kind: throttle, iops: 9}]}",
            file.formatted("no-folder/a.img"));
    var error =
        assertThrows(AdminError.class, () -> await(daemon.admin().apply(wanted, "", false)));
    assertTrue(error.getMessage().contains("there is no folder"), error.getMessage());
    assertFalse(counts("throttle.waits"));
    assertEquals(42, read());
  }

  @Test
  void layersAndReadOnly_takenBackTogether_reopenTheStoreOnce() throws IOException {
    Files.write(data.resolve("a.img"), new byte[1 << 20]);
    start("{kind: file, path: a.img}", "[{kind: readonly}]");
    apply("{lun: 0, readOnly: true, store: {kind: file, path: a.img}}");
    assertTrue(unit().writeProtected());
    apply("{lun: 0, store: {kind: file, path: a.img}, layers: [{kind: delay}]}");
    assertFalse(unit().writeProtected());
    write(7);
    assertEquals(7, read());
  }

  @Test
  void writeBackCache_putOnAndTakenOff_losesNothing() throws IOException {
    startWithMemory("[]");
    write(42);
    layers("[{kind: cache, mode: write-back}, {kind: throttle, iops: 100000}]");
    assertEquals(42, read());
    write(43);
    assertEquals(43, read());
    layers("[{kind: delay}]");
    assertEquals(43, read());
    assertFalse(counts("throttle.waits"));
  }

  @Test
  void http_patchOfLayers_isLive() throws Exception {
    startWithMemory("[]");
    write(42);
    var served = unit();
    assertTrue(
        patch("[{\"kind\": \"throttle\", \"per\": \"nexus\", \"iops\": 50}]")
            .contains("change layers of unit 0"));
    assertSame(served, unit());
    assertEquals(42, read());
    assertTrue(get("/v1/units").contains("throttle.waits"));
    assertTrue(patch("null").contains("change layers of unit 0"));
    assertFalse(counts("throttle.waits"));
    assertEquals(42, read());
  }

  private String patch(String layers) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/targets/" + TARGET + "/units/0"))
            .header("Content-Type", "application/merge-patch+json")
            .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"layers\": " + layers + "}")));
  }

  private String get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)));
  }

  private URI uri(String path) {
    return URI.create("http://" + daemon.http() + path);
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
      return answer.body();
    }
  }
}
