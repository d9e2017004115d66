package io.vtgt.mgmt.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vtgt.mgmt.document.DocumentFormat;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Snapshots and media over a real socket, with a daemon that is held in memory.
class ImageLifeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SNAPSHOTS = "/v1/targets/iqn.2026-11.com.example:a/units/0/snapshots";
  private static final String MEDIA = "/v1/stores/rbd/media";

  private FakeDaemon daemon;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    daemon =
        new FakeDaemon(DocumentFormat.YAML.readValid("version: 1\n".getBytes(UTF_8)).orElseThrow());
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    daemon.close();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + daemon.address() + path))
            .method(method, BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private JsonNode ok(int status, String method, String path, String body) throws Exception {
    var answer = send(method, path, body);
    assertEquals(status, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body().isEmpty() ? "{}" : answer.body());
  }

  @Test
  void snapshot_takenProtectedRolledBackRemoved_isAskedOfTheDaemon() throws Exception {
    var made = send("POST", SNAPSHOTS, "{\"name\": \"a b\"}");
    assertEquals(201, made.statusCode(), made.body());
    String location = made.headers().firstValue("location").orElseThrow();
    assertTrue(location.endsWith("/snapshots/a%20b"), location);
    assertEquals("a b", ok(200, "GET", SNAPSHOTS, "").at("/0/name").asText());
    assertTrue(ok(200, "POST", location + "/protect", "").path("isProtected").asBoolean());
    ok(409, "DELETE", location, "");
    assertTrue(!ok(200, "POST", location + "/unprotect", "").path("isProtected").asBoolean());
    ok(409, "POST", location + "/rollback", "");
    ok(204, "POST", location + "/rollback?force=true", "");
    assertTrue(daemon.actions().contains("rollback a b force"));
    ok(204, "DELETE", location, "");
    ok(404, "DELETE", location, "");
  }

  @Test
  void snapshotsOfAUnit_thatHasNone_areAConflictInWords() throws Exception {
    assertEquals(
        "its store has none",
        ok(409, "GET", SNAPSHOTS.replace("/0/", "/1/"), "").path("detail").asText());
    ok(404, "GET", SNAPSHOTS.replace("/0/", "/x/"), "");
  }

  @Test
  void medium_madeShownThrownAwayAndTakenBack_isAskedAtItsPlace() throws Exception {
    var made =
        send(
            "POST",
            MEDIA + "?pool=p%20q&config=%7B%22a%22:%201%7D",
            "{\"name\": \"db\", \"options\": {\"size\": \"1GiB\"}}");
    assertEquals(201, made.statusCode(), made.body());
    assertEquals(
        MEDIA + "/db?pool=p%20q&config=%7B%22a%22%3A%201%7D",
        made.headers().firstValue("location").orElseThrow());
    assertEquals("create db{size=1GiB} in rbd{config={a=1}, pool=p q}", daemon.actions().getLast());
    assertEquals("t/0", ok(200, "GET", MEDIA, "").at("/0/units/0").asText());
    assertEquals("layering", ok(200, "GET", MEDIA + "/db", "").at("/details/features/0").asText());
    ok(204, "DELETE", MEDIA + "/db?pool=p", "");
    assertEquals("remove db in rbd{pool=p}", daemon.actions().getLast());
    ok(404, "GET", MEDIA + "/db", "");
    assertEquals("id-of-db", ok(200, "GET", "/v1/stores/rbd/trash", "").at("/0/id").asText());
    ok(204, "POST", "/v1/stores/rbd/trash/id-of-db/restore", "");
    ok(200, "GET", MEDIA + "/db", "");
  }

  @Test
  void medium_removedForGood_isAskedForInSoManyWords() throws Exception {
    ok(201, "POST", MEDIA, "{\"name\": \"db\", \"options\": {\"size\": 4096}}");
    ok(409, "DELETE", MEDIA + "/db?forGood=true", "");
    ok(200, "GET", MEDIA + "/db", "");
    ok(204, "DELETE", MEDIA + "/db?forGood=db", "");
    assertEquals("remove db for good in rbd{}", daemon.actions().getLast());
  }

  @Test
  void dryRunOfANewMedium_makesNone() throws Exception {
    ok(204, "POST", MEDIA + "?dryRun=true", "{\"name\": \"db\", \"options\": {\"size\": 4096}}");
    ok(404, "GET", MEDIA + "/db", "");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/stores/rbd/media?pool=a&pool=b, given twice",
    "GET, /v1/stores/rbd/media?key=x, is a secret",
    "GET, /v1/stores?pool=a, there is no parameter",
    "DELETE, /v1/stores/rbd/media/x?dryRun=true&key=x, is a secret"
  })
  void query_thatCannotBe_isRefused(String method, String path, String why) throws Exception {
    var detail = ok(400, method, path, "").path("detail").asText();
    assertTrue(detail.contains(why), detail);
  }

  @Test
  void kinds_asked_tellHowMediaAreMade() throws Exception {
    var kinds = ok(200, "GET", "/v1/stores", "");
    assertTrue(kinds.at("/0/media").isMissingNode() || kinds.at("/0/media").isNull());
    assertEquals("image", kinds.at("/1/media/nameOption").asText());
    assertEquals("size", kinds.at("/1/media/creation/0/name").asText());
    var parameters =
        ok(200, "GET", "/openapi.json", "").at("/paths/~1v1~1stores~1{kind}~1media/get/parameters");
    assertEquals("form", parameters.at("/1/style").asText());
  }
}
