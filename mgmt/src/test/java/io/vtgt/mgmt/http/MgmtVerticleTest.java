package io.vtgt.mgmt.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.Violation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The interface over a real socket, with a daemon that is held in memory.
class MgmtVerticleTest {
  private static final String A = "iqn.2026-11.com.example:a";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static Vertx vertx;
  private static HttpClient client;

  private FakeAdmin admin;
  private MgmtVerticle verticle;
  private String deployment;

  @BeforeAll
  static void openClients() {
    vertx = Vertx.vertx();
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void closeClients() throws Exception {
    client.close();
    await(vertx.close());
  }

  @BeforeEach
  void deploy() throws Exception {
    var document =
        DocumentFormat.YAML
            .readValid(
                """
                portals: [{listen: 127.0.0.1:3260}]
                accounts: [{name: host, secret: secret-of-host}, {name: gate/way, secret: secret-of-gateway}]
                targets:
                  - name: iqn.2026-11.com.example:a
                    authentication: {accounts: [host], mutual: gate/way}
                    units: [{lun: 0, store: {kind: memory, size: 1GiB}}]
                """
                    .getBytes(UTF_8))
            .orElseThrow();
    admin = new FakeAdmin(document);
    verticle = new MgmtVerticle(admin, new Document.Http("127.0.0.1:0"));
    deployment = await(vertx.deployVerticle(verticle));
  }

  @AfterEach
  void undeploy() throws Exception {
    await(vertx.undeploy(deployment));
  }

  // --- the document

  @Test
  void config_asked_isTheDocumentWithMaskedSecrets() throws Exception {
    var answer = get("/v1/config");
    assertEquals(200, answer.statusCode());
    assertEquals("application/json", header(answer, "content-type"));
    assertEquals("\"v1\"", header(answer, "etag"));
    assertEquals("********", json(answer).at("/accounts/0/secret").asText());
    assertEquals("1GiB", json(answer).at("/targets/0/units/0/store/size").asText());
    assertFalse(answer.body().contains("secret-of"));
  }

  @Test
  void config_askedWithSecrets_isTheBackup() throws Exception {
    var answer = get("/v1/config?secrets=true");
    var document = DocumentFormat.JSON.readValid(answer.body().getBytes(UTF_8)).orElseThrow();
    assertEquals(admin.current().document(), document);
  }

  @Test
  void config_askedAsYaml_isYaml() throws Exception {
    var answer =
        send("GET", "/v1/config?secrets=true", "", "Accept", "text/html;q=0.9, application/yaml");
    assertEquals("application/yaml", header(answer, "content-type"));
    assertEquals(
        admin.current().document(),
        DocumentFormat.YAML.readValid(answer.body().getBytes(UTF_8)).orElseThrow());
  }

  @Test
  void config_putBackWithMaskedSecrets_changesNothing() throws Exception {
    for (var type : List.of("application/json", "application/yaml")) {
      var text = send("GET", "/v1/config", "", "Accept", type).body();
      var answer = send("PUT", "/v1/config", text, "Content-Type", type);
      assertEquals(200, answer.statusCode(), answer.body());
      assertEquals("[]", json(answer).at("/changes").toString());
      assertEquals("v1", json(answer).at("/version").asText());
      assertEquals("secret-of-host", admin.current().document().accounts().getFirst().secret());
    }
  }

  @Test
  void config_put_tellsWhatWasDone() throws Exception {
    var answer =
        send(
            "PUT", "/v1/config", "version: 1\n", "Content-Type", "application/yaml; charset=utf-8");
    assertEquals(200, answer.statusCode());
    assertEquals("\"v2\"", header(answer, "etag"));
    assertEquals(
        "{\"version\":\"v2\",\"dryRun\":false,\"changes\":[{\"change\":\"UpdateAccounts\",\"summary\":\"update"
            + " accounts\"},{\"change\":\"RemoveTarget\",\"summary\":\"remove target "
            + A
            + "\"},{\"change\":\"RemovePortal\",\"summary\":\"remove portal 127.0.0.1:3260\"}]}",
        json(answer).toString());
    assertEquals(List.of(), admin.current().document().targets());
  }

  @Test
  void config_putAsDryRun_tellsWhatWouldBeDone() throws Exception {
    var answer = send("PUT", "/v1/config?dryRun=true", "{\"version\": 1}");
    assertTrue(json(answer).at("/dryRun").asBoolean());
    assertEquals(3, json(answer).at("/changes").size());
    assertEquals("v1", admin.current().version());
  }

  @Test
  void config_putAgainstAnotherVersion_isRefused() throws Exception {
    assertProblem(
        412,
        "precondition-failed",
        send("PUT", "/v1/config", "{\"version\": 1}", "If-Match", "\"v0\""));
    assertProblem(
        412,
        "precondition-failed",
        send("PUT", "/v1/config", "{\"version\": 1}", "If-Match", "W/\"v1\""));
    assertEquals("v1", admin.current().version());
    assertEquals(
        200,
        send("PUT", "/v1/config", "{\"version\": 1}", "If-Match", "\"v0\", \"v1\"").statusCode());
    assertEquals(200, send("PUT", "/v1/config", "{\"version\": 1}", "If-Match", "*").statusCode());
  }

  @Test
  void config_putThatLosesTheRaceAgainstItsVersion_isRefused() throws Exception {
    admin.foreignWrites = 1;
    assertProblem(
        412,
        "precondition-failed",
        send("PUT", "/v1/config", "{\"version\": 1}", "If-Match", "\"v1\""));
  }

  @Test
  void config_putNotWellFormed_isRefusedWithThePlace() throws Exception {
    var answer = send("PUT", "/v1/config", "{\"version\": 1,\n  oops}");
    assertProblem(400, "malformed", answer);
    assertEquals(2, json(answer).at("/violations/0/line").asInt());
  }

  @Test
  void config_putWithWrongShape_isRefusedWithEveryPlace() throws Exception {
    var answer = send("PUT", "/v1/config", "{\"htpp\": 1,\n \"version\": \"x\"}");
    assertProblem(422, "invalid", answer);
    assertEquals("/htpp", json(answer).at("/violations/0/pointer").asText());
    assertEquals("/version", json(answer).at("/violations/1/pointer").asText());
    assertEquals(2, json(answer).at("/violations/1/line").asInt());
  }

  @Test
  void config_putWithWrongMeaning_isRefusedWithEveryPlace() throws Exception {
    var answer = send("PUT", "/v1/config", "{\"version\": 3,\n \"limits\": {\"sessions\": 0}}");
    assertProblem(422, "invalid", answer);
    assertEquals(
        "[{\"pointer\":\"/version\",\"message\":\"3; this program reads version"
            + " 1\",\"line\":1,\"column\":13},{\"pointer\":\"/limits/sessions\",\"message\":\"0; 1"
            + " to 65535 are allowed\",\"line\":2,\"column\":25}]",
        json(answer).at("/violations").toString());
  }

  @Test
  void config_putWithWhatTheDaemonKnowsWrong_isRefusedWithThePlace() throws Exception {
    admin.violations = List.of(new Violation("/targets/0/units/0/store/sise", "no such option"));
    var answer =
        send(
            "PUT",
            "/v1/config",
            "targets: [{name: " + A + ", units: [{lun: 0,\n store: {kind: memory,\n sise: 1}}]}]",
            "Content-Type",
            "application/yaml");
    assertProblem(422, "invalid", answer);
    assertEquals(3, json(answer).at("/violations/0/line").asInt());
  }

  @Test
  void config_putWithAMaskForNothing_isRefused() throws Exception {
    var answer =
        send(
            "PUT", "/v1/config", "{\"accounts\": [{\"name\": \"new\", \"secret\": \"********\"}]}");
    assertProblem(422, "invalid", answer);
    assertEquals("/accounts/0/secret", json(answer).at("/violations/0/pointer").asText());
  }

  // --- targets and units

  @Test
  void targets_asked_areListed() throws Exception {
    assertEquals(A, json(get("/v1/targets")).at("/0/name").asText());
    assertEquals(A, json(get("/v1/targets/" + A)).at("/name").asText());
    assertEquals("memory", json(get("/v1/targets/" + A + "/units")).at("/0/store/kind").asText());
    assertEquals(0, json(get("/v1/targets/" + A + "/units/0")).at("/lun").asInt());
  }

  @Test
  void target_addedReplacedRemoved_isThereAndGone() throws Exception {
    var b = "iqn.2026-11.com.example:b";
    var added = send("POST", "/v1/targets", "{\"name\": \"" + b + "\"}");
    assertEquals(201, added.statusCode(), added.body());
    assertEquals("/v1/targets/iqn.2026-11.com.example%3Ab", header(added, "location"));
    assertEquals("AddTarget", json(added).at("/changes/0/change").asText());
    assertEquals(200, get(header(added, "location")).statusCode());
    var replaced =
        send(
            "PUT",
            "/v1/targets/" + b,
            "{name: '" + b + "', alias: bee}",
            "Content-Type",
            "application/yaml");
    assertEquals("UpdateTarget", json(replaced).at("/changes/0/change").asText());
    assertEquals("bee", json(get("/v1/targets/" + b)).at("/alias").asText());
    assertEquals(
        "RemoveTarget",
        json(send("DELETE", "/v1/targets/" + b, "")).at("/changes/0/change").asText());
    assertProblem(404, "not-found", get("/v1/targets/" + b));
  }

  @Test
  void unit_addedReplacedRemoved_isThereAndGone() throws Exception {
    var units = "/v1/targets/" + A + "/units";
    var added =
        send("POST", units, "{\"lun\": 5, \"store\": {\"kind\": \"null\", \"size\": \"1TiB\"}}");
    assertEquals(201, added.statusCode(), added.body());
    assertEquals("/v1/targets/iqn.2026-11.com.example%3Aa/units/5", header(added, "location"));
    assertEquals("null", json(get(header(added, "location"))).at("/store/kind").asText());
    var replaced =
        send(
            "PUT",
            units + "/5",
            "{\"lun\": 5, \"blockSize\": 4096, \"store\": {\"kind\": \"null\", \"size\":"
                + " \"1TiB\"}}");
    assertEquals("ReplaceUnit", json(replaced).at("/changes/0/change").asText());
    assertEquals(
        "RemoveUnit", json(send("DELETE", units + "/5", "")).at("/changes/0/change").asText());
    assertProblem(404, "not-found", get(units + "/5"));
  }

  @Test
  void unit_patched_keepsWhatIsNotNamed() throws Exception {
    var unit = "/v1/targets/" + A + "/units/0";
    var patched =
        send(
            "PATCH",
            unit,
            "{\"readOnly\": true, \"identity\": {\"vendor\": \"ACME\"}, \"store\": {\"size\":"
                + " \"2GiB\"}}",
            "Content-Type",
            "application/merge-patch+json");
    assertEquals(200, patched.statusCode(), patched.body());
    assertEquals("ChangeUnit", json(patched).at("/changes/0/change").asText());
    assertEquals("ResizeUnit", json(patched).at("/changes/1/change").asText());
    assertEquals("memory", json(get(unit)).at("/store/kind").asText());
    assertEquals("ACME", json(get(unit)).at("/identity/vendor").asText());
    var back =
        send(
            "PATCH",
            unit,
            "identity: {vendor: null}\nreadOnly: null\n",
            "Content-Type",
            "application/yaml");
    assertEquals(
        "change readOnly, identity.vendor of unit 0 of " + A,
        json(back).at("/changes/0/summary").asText());
    assertTrue(json(get(unit)).at("/identity/vendor").isMissingNode());
    assertFalse(json(get(unit)).at("/readOnly").asBoolean());
  }

  @Test
  void unit_patchedWrongly_isRefusedWithThePlaceInThePatch() throws Exception {
    var unit = "/v1/targets/" + A + "/units/0";
    var unknown = send("PATCH", unit, "{\n \"readonly\": null}");
    assertProblem(422, "invalid", unknown);
    assertEquals(2, json(unknown).at("/violations/0/line").asInt());
    var meaning = send("PATCH", unit, "{\n\n \"rotationRate\": 2}");
    assertProblem(422, "invalid", meaning);
    assertEquals("/rotationRate", json(meaning).at("/violations/0/pointer").asText());
    assertEquals(3, json(meaning).at("/violations/0/line").asInt());
    assertProblem(422, "invalid", send("PATCH", unit, "{\"lun\": 7}"));
    assertProblem(422, "invalid", send("PATCH", unit, "[]"));
    assertEquals("v1", admin.current().version());
  }

  @Test
  void unit_askedHowItRuns_tellsStateAndParameters() throws Exception {
    var status = json(get("/v1/targets/" + A + "/units/0/status"));
    assertEquals("ready", status.at("/unit/state").asText());
    assertEquals(4096, status.at("/unit/space/allocatedBytes").asInt());
    assertEquals("1GiB", status.at("/parameters/store/size").asText());
    assertProblem(404, "not-found", get("/v1/targets/" + A + "/units/1/status"));
  }

  @Test
  void unit_resizedEjectedLoaded_isAskedOfTheDaemon() throws Exception {
    var unit = "/v1/targets/" + A + "/units/0";
    var resized = send("POST", unit + "/resize?dryRun=true", "{\"size\": \"2GiB\"}");
    assertEquals(
        "resize unit 0 of " + A + " to 2GiB", json(resized).at("/changes/0/summary").asText());
    assertTrue(json(resized).at("/dryRun").asBoolean());
    send("POST", unit + "/resize?force=true", "{\"size\": \"2MiB\"}");
    assertEquals(204, send("POST", unit + "/eject?force=true", "").statusCode());
    assertEquals(204, send("POST", unit + "/load", "").statusCode());
    assertEquals(
        List.of("resize 0 2GiB", "resize 0 2MiB force", "eject 0 force", "load 0"), admin.actions);
    assertProblem(404, "not-found", send("POST", "/v1/targets/" + A + "/units/3/load", ""));
    assertProblem(422, "invalid", send("POST", unit + "/resize", "{}"));
    assertProblem(400, "malformed", send("POST", unit + "/load?force=true", ""));
  }

  @Test
  void dryRunOfAnAddition_asked_addsNothing() throws Exception {
    var answer =
        send("POST", "/v1/targets?dryRun=true", "{\"name\": \"iqn.2026-11.com.example:b\"}");
    assertEquals(200, answer.statusCode());
    assertTrue(json(answer).at("/dryRun").asBoolean());
    assertEquals("v1", admin.current().version());
  }

  @Test
  void wrongUnit_added_isRefusedInTermsOfTheBody() throws Exception {
    var answer = send("POST", "/v1/targets/" + A + "/units", "{\"lun\": 70000,\n \"store\": {}}");
    assertProblem(422, "invalid", answer);
    assertEquals(
        "[{\"pointer\":\"/lun\",\"message\":\"70000; 0 to 16383 are"
            + " allowed\",\"line\":1,\"column\":9},{\"pointer\":\"/store/kind\",\"message\":\"a"
            + " store needs a kind, such as kind: file\",\"line\":2,\"column\":11}]",
        json(answer).at("/violations").toString());
  }

  @Test
  void thingThatIsThere_added_isAConflict() throws Exception {
    assertProblem(409, "conflict", send("POST", "/v1/targets", "{\"name\": \"" + A + "\"}"));
    assertProblem(
        409,
        "conflict",
        send(
            "POST",
            "/v1/targets/" + A + "/units",
            "{\"lun\": 0, \"store\": {\"kind\": \"null\"}}"));
    assertProblem(409, "conflict", send("POST", "/v1/portals", "{\"listen\": \"127.0.0.1:3260\"}"));
    assertProblem(
        409,
        "conflict",
        send("POST", "/v1/accounts", "{\"name\": \"host\", \"secret\": \"another-secret\"}"));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/targets/none",
    "PUT, /v1/targets/none",
    "DELETE, /v1/targets/none",
    "GET, /v1/targets/none/units",
    "POST, /v1/targets/none/units",
    "GET, /v1/targets/" + A + "/units/9",
    "GET, /v1/targets/" + A + "/units/00",
    "GET, /v1/targets/" + A + "/units/x",
    "DELETE, /v1/targets/" + A + "/units/9",
    "DELETE, /v1/portals/127.0.0.1:1",
    "GET, /v1/accounts/none",
    "PUT, /v1/accounts/none",
    "DELETE, /v1/accounts/none",
    "GET, /v1/sessions/none",
    "DELETE, /v1/sessions/none",
    "GET, /v2",
    "GET, /v1/targets/a/b",
    "POST, /nothing"
  })
  void thingThatIsNot_asked_isNotFound(String method, String path) throws Exception {
    var body =
        path.endsWith("units")
            ? "{\"lun\": 1, \"store\": {\"kind\": \"null\"}}"
            : "{\"name\": \"none\""
                + (path.contains("accounts") ? ", \"secret\": \"secret-secret\"}" : "}");
    assertProblem(
        404,
        "not-found",
        send(method, path, method.equals("GET") || method.equals("DELETE") ? "" : body));
  }

  @Test
  void nameInTheBody_unlikeThatOfTheAddress_isRefused() throws Exception {
    assertProblem(
        422,
        "invalid",
        send("PUT", "/v1/targets/" + A, "{\"name\": \"iqn.2026-11.com.example:b\"}"));
    assertProblem(
        422,
        "invalid",
        send(
            "PUT",
            "/v1/targets/" + A + "/units/0",
            "{\"lun\": 1, \"store\": {\"kind\": \"null\"}}"));
  }

  // --- portals and accounts

  @Test
  void portal_addedAndRemoved_isThereAndGone() throws Exception {
    var added = send("POST", "/v1/portals", "{\"group\": 2, \"listen\": \"[::1]:3260\"}");
    assertEquals(201, added.statusCode(), added.body());
    assertEquals("/v1/portals/%5B%3A%3A1%5D%3A3260", header(added, "location"));
    var listed = json(get("/v1/portals"));
    assertEquals("[::1]:3260", listed.at("/configured/1/listen").asText());
    assertEquals(2, listed.at("/listening/0/connections").asInt());
    assertEquals(
        "RemovePortal",
        json(send("DELETE", header(added, "location"), "")).at("/changes/0/change").asText());
  }

  @Test
  void account_addedChangedRemoved_neverShowsItsSecret() throws Exception {
    assertEquals(
        201,
        send("POST", "/v1/accounts", "{\"name\": \"new one\", \"secret\": \"hush-hush-hush\"}")
            .statusCode());
    assertEquals("hush-hush-hush", secretOf("new one"));
    assertEquals("********", json(get("/v1/accounts")).at("/2/secret").asText());
    assertEquals(
        "{\"name\":\"new one\",\"secret\":\"********\"}",
        json(get("/v1/accounts/new%20one")).toString());
    var changed =
        send(
            "PUT",
            "/v1/accounts/new%20one",
            "{\"name\": \"new one\", \"secret\": \"hush-hush-hush-hush\"}");
    assertFalse(changed.body().contains("hush"));
    assertEquals("hush-hush-hush-hush", secretOf("new one"));
    assertEquals(
        "[]",
        json(send(
                "PUT",
                "/v1/accounts/new%20one",
                "{\"name\": \"new one\", \"secret\": \"********\"}"))
            .at("/changes")
            .toString());
    assertEquals(200, send("DELETE", "/v1/accounts/new%20one", "").statusCode());
    assertEquals("gate/way", json(get("/v1/accounts/gate%2Fway")).at("/name").asText());
  }

  @Test
  void accountInUse_removed_isAConflict() throws Exception {
    var answer = send("DELETE", "/v1/accounts/host", "");
    assertProblem(409, "conflict", answer);
    assertTrue(answer.body().contains("/targets/0/authentication/accounts/0"), answer.body());
  }

  // --- what runs

  @Test
  void whatRuns_asked_isTold() throws Exception {
    assertEquals("s1", json(get("/v1/sessions")).at("/0/id").asText());
    assertEquals(3, json(get("/v1/sessions/s1")).at("/counters/reads").asInt());
    assertEquals("ready", json(get("/v1/units")).at("/0/state").asText());
    assertEquals("path", json(get("/v1/stores")).at("/0/options/0/name").asText());
    assertEquals("delay", json(get("/v1/layers")).at("/0/kind").asText());
  }

  @Test
  void session_ended_isGone() throws Exception {
    var answer = send("DELETE", "/v1/sessions/s1", "");
    assertEquals(204, answer.statusCode());
    assertEquals("", answer.body());
    assertEquals("[]", json(get("/v1/sessions")).toString());
  }

  private static final String GROUPS = "/v1/targets/" + A + "/port-groups";

  @Test
  void portGroup_stateChanged_isAnsweredAsItIsNow() throws Exception {
    assertEquals(
        "active-optimized", json(get(GROUPS)).at("/0/units/0/state").asText(), get(GROUPS).body());
    var answer = send("PUT", GROUPS + "/1", "{\"state\": \"standby\", \"luns\": [0]}");
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("standby", json(answer).at("/units/0/state").asText());
    assertEquals("administrator", json(get(GROUPS + "/1")).at("/units/0/setBy").asText());
    assertEquals(
        "active-optimized",
        json(send("PUT", GROUPS + "/1", "{\"state\": \"default\"}")).at("/units/0/state").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/targets/iqn.x:y/port-groups/1                     | {"state": "standby"}              | 404
          /v1/targets/iqn.2026-11.com.example:a/port-groups/2   | {"state": "standby"}              | 404
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1   | {"state": "standby", "luns": [4]} | 404
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1   | {"state": "transitioning"}        | 422
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1   | {"stat": "standby"}               | 422
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1   | {}                                | 422
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1   | {                                 | 400
          /v1/targets/iqn.2026-11.com.example:a/port-groups/1?dryRun=true | {"state": "standby"}    | 400
          """)
  void portGroup_changeThatIsWrong_isAProblem(String path, String body, int status)
      throws Exception {
    var answer = send("PUT", path, body);
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals("application/problem+json", header(answer, "content-type"));
    assertEquals("active-optimized", json(get(GROUPS)).at("/0/units/0/state").asText());
  }

  @Test
  void portGroup_unknownState_isPointedAtWithWhatIsAllowed() throws Exception {
    var answer = json(send("PUT", GROUPS + "/1", "{\n  \"state\": \"asleep\"}"));
    assertEquals("/state", answer.at("/violations/0/pointer").asText(), answer.toString());
    assertEquals(2, answer.at("/violations/0/line").asInt(), answer.toString());
    assertTrue(answer.at("/violations/0/message").asText().contains("standby"));
  }

  @Test
  void health_asked_isAlsoTheStatus() throws Exception {
    assertEquals(200, get("/healthz").statusCode());
    admin.health = new TargetAdmin.Health(false, "1.0", 5, List.of("unit 0 is lost"));
    var answer = get("/healthz");
    assertEquals(503, answer.statusCode());
    assertEquals("unit 0 is lost", json(answer).at("/problems/0").asText());
  }

  @Test
  void indexAndDescription_asked_nameEveryRow() throws Exception {
    var index = json(get("/v1"));
    assertEquals(index, json(get("/")));
    var description = json(get("/openapi.json"));
    var rows = MgmtVerticle.endpoints(admin);
    assertEquals(rows.size(), index.size());
    var keys = new HashSet<String>();
    for (var row : rows) {
      assertTrue(keys.add(row.method() + row.path()), "twice: " + row);
      var operation =
          description
              .at("/paths")
              .path(row.path())
              .path(row.method().name().toLowerCase(Locale.ROOT));
      assertEquals(row.summary(), operation.path("summary").asText(), row.path());
    }
    assertEquals(
        "#/components/schemas/Document",
        description
            .at("/paths/~1v1~1config/put/requestBody/content/application~1yaml/schema/$ref")
            .asText());
    assertEquals(
        "integer", description.at("/components/schemas/Unit/properties/lun/type").asText());
  }

  // --- two writers

  @Test
  void manyWritersAtOnce_everyAdditionIsKept() throws Exception {
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 40; i++) {
      answers.add(
          client.sendAsync(
              request("POST", "/v1/targets", "{\"name\": \"iqn.2026-11.com.example:n" + i + "\"}"),
              BodyHandlers.ofString()));
    }
    int added = 0;
    for (var answer : answers) {
      var status = answer.get(20, TimeUnit.SECONDS).statusCode();
      assertTrue(status == 201 || status == 409, "status " + status);
      added += status == 201 ? 1 : 0;
    }
    assertEquals(1 + added, admin.current().document().targets().size());
    assertTrue(added > 0);
  }

  @Test
  void additionThatLosesARace_isTriedAgain() throws Exception {
    admin.foreignWrites = 3;
    assertEquals(
        201, send("POST", "/v1/targets", "{\"name\": \"iqn.2026-11.com.example:b\"}").statusCode());
    admin.foreignWrites = 1000;
    assertProblem(
        409, "conflict", send("POST", "/v1/targets", "{\"name\": \"iqn.2026-11.com.example:c\"}"));
  }

  // --- refusals

  @Test
  void failureOfTheDaemon_isTold() throws Exception {
    admin.failure = Optional.of(new AdminError(AdminError.Kind.FAILED, "no such file: x"));
    var answer = send("PUT", "/v1/config", "{\"version\": 1}");
    assertProblem(503, "cannot", answer);
    assertEquals("no such file: x", json(answer).at("/detail").asText());
  }

  @Test
  void mistakeOfTheDaemon_isToldWithoutItsInnards() throws Exception {
    admin.failure = Optional.of(new IllegalStateException("innards"));
    var answer = send("PUT", "/v1/config", "{\"version\": 1}");
    assertProblem(500, "bug", answer);
    assertFalse(answer.body().contains("innards"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DELETE | /v1/config           | GET, HEAD, PUT
          PUT    | /v1/targets          | GET, HEAD, POST
          POST   | /v1/targets/a        | DELETE, GET, HEAD, PUT
          POST   | /v1/targets/a/units/1| DELETE, GET, HEAD, PATCH, PUT
          POST   | /healthz             | GET, HEAD
          OPTIONS| /v1/sessions/a       | DELETE, GET, HEAD
          GET    | /v1/portals/a        | DELETE
          """)
  void otherMethod_asked_isToldWhichThereAre(String method, String path, String allowed)
      throws Exception {
    var answer = send(method, path, "");
    assertProblem(405, "method-not-allowed", answer);
    assertEquals(allowed, header(answer, "allow"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml"
      })
  void bodyOfAnotherType_sent_isRefused(String type) throws Exception {
    assertProblem(
        415,
        "unsupported-media-type",
        send("POST", "/v1/targets", "{\"name\": \"" + A + "\"}", "Content-Type", type));
  }

  @Test
  void noBody_sent_isRefused() throws Exception {
    assertProblem(400, "malformed", send("POST", "/v1/targets", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "PUT, /v1/config?dryrun=true",
    "PUT, /v1/config?dryRun=yes",
    "GET, /v1/config?secrets",
    "DELETE, /v1/sessions/s1?dryRun=true",
    "GET, /v1/targets?x=1"
  })
  void parameterNobodyKnows_sent_isRefused(String method, String path) throws Exception {
    assertProblem(
        400, "malformed", send(method, path, method.equals("PUT") ? "{\"version\": 1}" : ""));
    assertEquals("v1", admin.current().version());
    assertEquals(1, admin.sessions().size());
  }

  @Test
  void formatNobodyHas_accepted_isRefused() throws Exception {
    assertProblem(406, "not-acceptable", send("GET", "/v1/targets", "", "Accept", "text/html"));
    assertEquals(
        200, send("GET", "/v1/targets", "", "Accept", "text/html, */*;q=0.1").statusCode());
    assertEquals(
        406, send("GET", "/v1/targets", "", "Accept", "application/json;q=0").statusCode());
  }

  @Test
  void problem_askedAsYaml_isYaml() throws Exception {
    var answer = send("GET", "/v1/targets/none", "", "Accept", "application/yaml");
    assertEquals("application/problem+yaml", header(answer, "content-type"));
  }

  @Test
  void bodyTooLarge_sent_isRefused() throws Exception {
    assertEquals("413", rawStatus("POST /v1/targets", "localhost", "Content-Length: 1048577"));
    assertEquals("413", rawStatus("PUT /v1/config", "localhost", "Content-Length: 8388609"));
    var large = " ".repeat(2 << 20);
    assertEquals(200, send("PUT", "/v1/config", "{\"version\": 1}" + large).statusCode());
  }

  @Test
  void head_asked_isTheGetWithoutItsBody() throws Exception {
    var answer = send("HEAD", "/v1/config", "");
    assertEquals(200, answer.statusCode());
    assertEquals(
        get("/v1/config").body().length(), Integer.parseInt(header(answer, "content-length")));
  }

  @ParameterizedTest
  @CsvSource({
    "http://evil.example, ,",
    "null, ,",
    "http://127.0.0.1:1, ,",
    ", cross-site",
    ", same-site"
  })
  void changeFromAnotherOrigin_sent_isRefused(String origin, String site) throws Exception {
    var headers = new ArrayList<String>();
    if (origin != null) {
      headers.addAll(List.of("Origin", origin));
    }
    if (site != null) {
      headers.addAll(List.of("Sec-Fetch-Site", site));
    }
    assertProblem(
        403, "forbidden", send("DELETE", "/v1/targets/" + A, "", headers.toArray(String[]::new)));
    assertEquals("v1", admin.current().version());
  }

  @Test
  void changeFromOurOwnPage_sent_isDone() throws Exception {
    assertEquals(
        200,
        send(
                "DELETE",
                "/v1/targets/" + A,
                "",
                "Origin",
                "http://127.0.0.1:" + verticle.port(),
                "Sec-Fetch-Site",
                "same-origin")
            .statusCode());
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9260, 200", "localhost, 200", "LOCALHOST:1, 200", "[::1]:9260, 200", "10.0.0.1, 200",
    "evil.example, 421", "evil.example:9260, 421", "localhost.evil.example, 421",
        "127.0.0.1.evil.example, 421", "*, 421"
  })
  void hostOfEachKind_asked_isServedOrRefused(String host, String status) throws Exception {
    assertEquals(status, rawStatus("GET /v1/config?secrets=true", host, "Connection: close"));
  }

  @Test
  void pathThatCannotBeDecoded_asked_isRefused() throws Exception {
    assertEquals("400", rawStatus("GET /v1/targets/%zz", "localhost", "Connection: close"));
  }

  private String secretOf(String account) {
    return admin.current().document().accounts().stream()
        .filter(it -> it.name().equals(account))
        .findFirst()
        .orElseThrow()
        .secret();
  }

  private static void assertProblem(int status, String kind, HttpResponse<String> answer)
      throws IOException {
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals("application/problem+json", header(answer, "content-type"));
    var details = json(answer);
    assertEquals("urn:vtgt:problem:" + kind, details.at("/type").asText());
    assertEquals(status, details.at("/status").asInt());
    assertFalse(details.at("/title").asText().isEmpty());
    assertFalse(details.at("/detail").asText().isEmpty());
    assertTrue(details.at("/violations").isArray());
    assertEquals("nosniff", header(answer, "x-content-type-options"));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send("GET", path, "");
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    return client.send(request(method, path, body, headers), BodyHandlers.ofString());
  }

  /// JSON, unless the headers say otherwise.
  private HttpRequest request(String method, String path, String body, String... headers) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + verticle.port() + path));
    request.method(
        method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    request.timeout(Duration.ofSeconds(20));
    request.header("Content-Type", "application/json");
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return request.build();
  }

  /// The status of a request that no well-behaved client sends. The connection ends with it.
  private String rawStatus(String line, String host, String header) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), verticle.port())) {
      socket.setSoTimeout(20_000);
      var request = String.join("\r\n", line + " HTTP/1.1", "Host: " + host, header, "", "");
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8).split(" ", 3)[1];
    }
  }

  private static JsonNode json(HttpResponse<String> answer) throws IOException {
    return JSON.readTree(answer.body());
  }

  private static String header(HttpResponse<String> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void secretOption_ofAStore_isMaskedAndKept() throws Exception {
    var unit =
        "{\"lun\": 9, \"store\": {\"kind\": \"file\", \"path\": \"x\", \"key\": \"open-sesame\"}}";
    var units = "/v1/targets/iqn.2026-11.com.example:a/units";
    assertEquals(201, send("POST", units, unit).statusCode());
    for (var path :
        List.of(
            "/v1/config",
            "/v1/targets",
            "/v1/targets/iqn.2026-11.com.example:a",
            units,
            units + "/9")) {
      var body = get(path).body();
      assertFalse(body.contains("open-sesame"), path);
      assertTrue(body.replace(" ", "").contains("\"key\":\"********\""), path);
    }
    assertTrue(get("/v1/config?secrets=true").body().contains("open-sesame"));

    var shown = json(get(units + "/9")).toString();
    assertEquals(200, send("PUT", units + "/9", shown).statusCode());
    assertEquals("open-sesame", keyOf(9));
    assertEquals(200, send("PATCH", units + "/9", "{\"readOnly\": true}").statusCode());
    assertEquals("open-sesame", keyOf(9));
  }

  private Object keyOf(int lun) {
    return admin.current().document().targets().stream()
        .flatMap(it -> it.units().stream())
        .filter(it -> it.lun() == lun)
        .findFirst()
        .orElseThrow()
        .store()
        .get("key");
  }

  @Test
  void maskedOption_withNothingToKeep_isRefusedAtItsPlace() throws Exception {
    var refused =
        send(
            "POST",
            "/v1/targets/iqn.2026-11.com.example:a/units",
            "{\"lun\": 9, \"store\": {\"kind\": \"file\", \"path\": \"x\", \"key\":"
                + " \"********\"}}");
    assertEquals(422, refused.statusCode());
    assertEquals("/store/key", json(refused).at("/violations/0/pointer").asText());
  }

  @Test
  void events_askedAfterANumber_areThoseThatFollow() throws Exception {
    admin.events =
        List.of(
            new TargetAdmin.Event(1, "2026-11-21T00:00:00Z", "info", "document", "is in force"),
            new TargetAdmin.Event(2, "2026-11-21T00:00:01Z", "error", "t/0", "its store is away"));
    assertEquals(2, json(get("/v1/events")).size());
    assertEquals("t/0", json(get("/v1/events/after/1")).at("/0/subject").asText());
    assertEquals(0, json(get("/v1/events/after/2")).size());
    assertEquals(400, get("/v1/events/after/x").statusCode());
  }
}
