package io.vtgt.mgmt.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.ProgramVersion;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.http.FakeDaemon;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// The command in this process, over the real interface with a daemon that is held in memory.
class VtgtadmTest {
  private static final String A = "iqn.2026-11.com.example:a";
  private static final String B = "iqn.2026-11.com.example:b";

  @TempDir Path folder;
  private final InputStream stdin = System.in;
  private FakeDaemon daemon;

  @BeforeEach
  void start() throws Exception {
    var document =
        DocumentFormat.YAML.readValid(
            """
            portals: [{listen: 127.0.0.1:3260}]
            accounts: [{name: host, secret: secret-of-host}, {name: gate/way, secret: secret-of-gateway}]
            targets:
              - name: iqn.2026-11.com.example:a
                authentication: {accounts: [host]}
                units: [{lun: 0, store: {kind: memory, size: 1GiB}}]
            """
                .getBytes(UTF_8));
    daemon = new FakeDaemon(document.orElseThrow());
  }

  @AfterEach
  void stop() throws Exception {
    System.setIn(stdin);
    daemon.close();
  }

  // --- what is shown

  @Test
  void show_asked_hasHealthPortalsUnitsAndSessions() {
    daemon.healthIs(true, "unit x is not served: gone");
    var text = ok("show").out;
    assertTrue(
        text.startsWith("vtgtd 1.0, ready, up 1 h 5 min\n! unit x is not served: gone\n"), text);
    assertTrue(
        text.contains("PORTAL          GROUP  CONNECTIONS\n127.0.0.1:3260  1      2\n"), text);
    assertTrue(text.contains(A + "  0    1 MiB  512    ready  S0      a-0\n"), text);
    assertTrue(text.contains("s1       iqn.2026-11.com.example:i  127.0.0.1:40000"), text);
  }

  @Test
  void show_withTargetWithoutUnits_namesIt() {
    ok("target", "add", B);
    assertTrue(ok("show").out.contains("\n" + B + " has no units\n"));
  }

  @Test
  void show_asJson_hasAllOfIt() throws Exception {
    var all = json("show");
    assertEquals(List.of("health", "portals", "targets", "units", "sessions"), names(all));
    assertEquals(A, all.at("/units/0/target").asText());
  }

  @Test
  void health_ofAServingDaemon_isStatus0() {
    assertEquals("vtgtd 1.0, ready, up 5 s\n", ok("health").out);
  }

  @Test
  void health_ofADaemonThatDoesNotServe_isStatus7() throws Exception {
    daemon.healthIs(false, "stopping");
    var run = run("health");
    assertEquals(ExitCode.FAILED, run.status);
    assertEquals("vtgtd 1.0, NOT READY, up 1 h 5 min\n! stopping\n", run.out);
    assertFalse(AdminClient.JSON.readTree(run("health", "--json").out).path("ready").asBoolean());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 s",
    "59, 59 s",
    "60, 1 min",
    "3599, 59 min",
    "3600, 1 h 0 min",
    "187200, 2 d 4 h"
  })
  void duration_isOfTwoUnitsAtMost(long seconds, String text) {
    assertEquals(text, Health.duration(seconds));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "512, 512 B",
    "1024, 1 KiB",
    "1536, 1.5 KiB",
    "10737418240, 10 GiB",
    "1152921504606846976, 1024 PiB"
  })
  void size_isInTheLargestUnitThatFits(long bytes, String text) {
    assertEquals(text, Table.size(bytes));
  }

  @Test
  void stores_asked_hasKindsWithTheirOptions() throws Exception {
    assertEquals(
        """
        KIND         OPTION  TYPE     DEFAULT     MEANING
        file                                      a file
                     path    string   (required)  where it is
                     key     secret               opens it
        rbd                                       an image
                     image   string   (required)  its name
          new image  size    size                 of the image
          new image  parent  string               to clone
          new image  order   integer              of objects
        layer delay                               answers later
        """,
        ok("stores").out);
    assertEquals("file", json("stores").at("/stores/0/kind").asText());
  }

  @Test
  void portal_listed_showsWhereItListens() throws Exception {
    assertEquals(
        "PORTAL          GROUP  CONNECTIONS\n127.0.0.1:3260  1      2\n", ok("portal", "list").out);
    assertEquals(1, json("portal", "list").at("/configured/0/group").asInt());
  }

  @Test
  void portGroup_listedAndSet_isATableOfUnits() throws Exception {
    var heading =
        "TARGET                     GROUP  LUN  STATE             PREFERRED  SET BY  UNIT\n";
    var row = A + "  1      0    active-optimized  yes        nobody  a-0\n";
    assertEquals(heading + row, ok("port-group", "list").out);
    assertEquals(heading + row, ok("port-group", "list", A).out);
    assertTrue(
        ok("port-group", "set", A, "1", "standby", "--lun", "0")
            .out
            .endsWith(A + "  1      0    standby  yes        administrator  a-0\n"));
    assertEquals("standby", json("port-group", "list", A).at("/0/units/0/state").asText());
    assertEquals(
        "active-optimized",
        json("port-group", "set", A, "1", "default").at("/units/0/state").asText());
  }

  @Test
  void portGroup_wronglySet_tellsWhy() {
    assertEquals(ExitCode.NOT_FOUND, run("port-group", "set", A, "9", "standby").status);
    assertEquals(ExitCode.NOT_FOUND, run("port-group", "list", "iqn.x:y").status);
    var refused = run("port-group", "set", A, "1", "asleep");
    assertEquals(ExitCode.INVALID, refused.status);
    assertTrue(refused.err.contains("active-non-optimized"), refused.err);
    assertEquals(ExitCode.USAGE, run("port-group", "set", A, "one", "standby").status);
    assertEquals(ExitCode.USAGE, run("port-group").status);
  }

  @Test
  void session_listedAndShown_hasItsFields() throws Exception {
    assertTrue(ok("session", "list").out.startsWith("SESSION  INITIATOR"));
    var text = ok("session", "show", "s1").out;
    assertTrue(text.contains("HeaderDigest      None\n"), text);
    assertTrue(text.contains("reads             3\n"), text);
    assertEquals(3, json("session", "show", "s1").at("/counters/reads").asInt());
  }

  @Test
  void session_killed_isGone() {
    assertEquals("session s1 ended\n", ok("session", "kill", "s1").out);
    assertEquals("no sessions\n", ok("session", "list").out);
    assertEquals(ExitCode.NOT_FOUND, run("session", "kill", "s1").status);
  }

  @Test
  void session_killedAsJson_isAnEmptyObject() throws Exception {
    assertEquals("{}", json("session", "kill", "s1").toString());
  }

  @Test
  void unit_listedAndShown_hasItsFields() throws Exception {
    assertTrue(ok("unit", "list").out.contains(A + "  0    1 MiB  512    ready  S0      a-0\n"));
    var text = ok("unit", "show", A, "0").out;
    var columns = text.replaceAll(" +", " ");
    assertTrue(columns.contains("\nnaa 5000000000000001\n"), text);
    assertTrue(columns.contains("\nspace.allocatedBytes 4096\n"), text);
    assertTrue(columns.contains("\nmedium.writeProtection none\n"), text);
    assertTrue(columns.contains("\nmode.descriptorSense false\n"), text);
    assertEquals(text, ok("unit", "show", A + "/0").out);
    assertEquals("ready", json("unit", "show", A, "0").at("/unit/state").asText());
    assertEquals("1GiB", json("unit", "show", A + "/0").at("/parameters/store/size").asText());
  }

  @Test
  void unit_set_changesWhatIsNamedAndNothingElse() {
    assertEquals(
        "would change readOnly, identity.vendor of unit 0 of " + A + "\n",
        ok("unit", "set", A + "/0", "readOnly=true", "identity.vendor=ACME", "--dry-run").out);
    ok("unit", "set", A + "/0", "readOnly=true", "identity.vendor=ACME", "rotationRate=7200");
    assertEquals(
        "change mode.writeCache, identity.revision of unit 0 of " + A + "\n",
        ok("unit", "set", A + "/0", "mode.writeCache=false", "identity.revision=0042").out);
    assertEquals(
        "resize unit 0 of " + A + " to 2GiB\n", ok("unit", "set", A + "/0", "store.size=2GiB").out);
    var unit = unit(A, 0);
    assertTrue(unit.readOnly());
    assertFalse(unit.mode().writeCache());
    assertEquals(7200, unit.rotationRate());
    assertEquals("ACME", unit.identity().vendor().orElseThrow());
    assertEquals("0042", unit.identity().revision().orElseThrow());
    assertEquals(Map.of("kind", "memory", "size", "2GiB"), unit.store());
    assertEquals(
        "change identity.vendor of unit 0 of " + A + "\n",
        ok("unit", "set", A + "/0", "identity.vendor=").out);
    assertEquals(java.util.Optional.empty(), unit(A, 0).identity().vendor());
  }

  @Test
  void unit_setLayers_takesThePlaceOfThoseThereAre() {
    var changed = "change layers of unit 0 of " + A + "\n";
    assertEquals(
        changed,
        ok("unit", "set", A + "/0", "--layer", "delay,readMillis=5", "--layer", "delay").out);
    assertEquals(
        List.of(Map.of("kind", "delay", "readMillis", "5"), Map.of("kind", "delay")),
        unit(A, 0).layers());
    assertEquals(changed, ok("unit", "set", A + "/0", "--no-layers").out);
    assertEquals(List.of(), unit(A, 0).layers());
    for (String[] wrong :
        new String[][] {{}, {"--no-layers", "--layer", "delay"}, {"--layer", "delay,5"}}) {
      var words = new ArrayList<>(List.of("unit", "set", A + "/0"));
      words.addAll(List.of(wrong));
      assertEquals(ExitCode.USAGE, run(words.toArray(String[]::new)).status);
    }
  }

  @Test
  void unit_setWrongly_isRefusedByName() {
    var unknown = run("unit", "set", A + "/0", "readonly=true");
    assertEquals(ExitCode.INVALID, unknown.status);
    assertTrue(unknown.err.contains("(did you mean \"readOnly\"?)"), unknown.err);
    var value = run("unit", "set", A + "/0", "online=maybe");
    assertEquals(ExitCode.INVALID, value.status);
    assertTrue(value.err.contains("/online: the text \"maybe\" where true or false"), value.err);
    assertEquals(ExitCode.NOT_FOUND, run("unit", "set", A + "/9", "online=true").status);
    assertEquals(ExitCode.USAGE, run("unit", "set", A, "online=true").status);
  }

  @Test
  void unit_resizedEjectedLoaded_isAskedOfTheDaemon() {
    assertEquals(
        "resize unit 0 of " + A + " to 2GiB\n", ok("unit", "resize", A + "/0", "2GiB").out);
    ok("unit", "resize", A + "/0", "1MiB", "--force");
    assertEquals("the medium is out\n", ok("unit", "eject", A + "/0").out);
    ok("unit", "eject", A + "/0", "--force");
    assertEquals("the medium is in\n", ok("unit", "load", A + "/0").out);
    assertEquals(
        List.of("resize 0 2GiB", "resize 0 1MiB force", "eject 0", "eject 0 force", "load 0"),
        daemon.actions());
    daemon.failWith(AdminError.Kind.CONFLICT, "unit a-0: an initiator prevents it");
    var run = run("unit", "eject", A + "/0");
    assertEquals(ExitCode.CONFLICT, run.status);
    assertEquals("vtgtadm: unit a-0: an initiator prevents it\n", run.err);
  }

  private Document.Unit unit(String target, int lun) {
    return daemon.document().targets().stream()
        .filter(it -> it.name().equals(target))
        .flatMap(it -> it.units().stream())
        .filter(it -> it.lun() == lun)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void unit_thatIsNotReady_isToldWithItsReasonBelowTheTable() throws Exception {
    var units =
        """
        [{"target": "t", "lun": 0, "bytes": 0, "blockSize": 512, "state": "x.img is locked", "serial": "S", "name": "n"}]
        """;
    assertEquals(
        """
        TARGET  LUN  SIZE  BLOCK  STATE      SERIAL  NAME
        t       0    0 B   512    NOT READY  S       n
        ! n: x.img is locked\
        """,
        UnitVerbs.text(AdminClient.JSON.readTree(units)));
  }

  @Test
  void unit_unknown_isStatus4() {
    var run = run("unit", "show", A, "9");
    assertEquals(ExitCode.NOT_FOUND, run.status);
    assertEquals("vtgtadm: there is no unit 9 of target \"" + A + "\"\n", run.err);
  }

  @Test
  void target_unknown_isStatus4() {
    var run = run("target", "show", "iqn.2026-11.io.vtgt:none");
    assertEquals(ExitCode.NOT_FOUND, run.status);
    assertEquals("vtgtadm: there is no target \"iqn.2026-11.io.vtgt:none\"\n", run.err);
  }

  @Test
  void target_listedAndShown_hasItsFields() throws Exception {
    assertEquals(
        "TARGET                     UNITS  CHAP  ALIAS\n" + A + "  1      yes\n",
        ok("target", "list").out);
    assertTrue(ok("target", "show", A).out.contains("accounts:"));
    assertEquals("host", json("target", "show", A).at("/authentication/accounts/0").asText());
    assertEquals(A, json("target", "list").at("/0/name").asText());
  }

  // --- what is changed

  @Test
  void target_addedWithEverything_isInTheDocument() {
    ok("account", List.of("secret-of-mutual"), "add", "mutual");
    var run =
        ok(
            "target",
            "add",
            B,
            "--alias",
            "the b",
            "--initiator",
            "iqn.*:x",
            "--initiator",
            "iqn.*:y",
            "--address",
            "10.0.0.0/8",
            "--chap",
            "host",
            "--mutual",
            "mutual",
            "--group",
            "1");
    assertEquals("add target " + B + "\n", run.out);
    var target = daemon.document().targets().get(1);
    assertEquals("the b", target.alias().orElseThrow());
    assertEquals(
        List.of(
            new Document.AccessRule(
                List.of("iqn.*:x", "iqn.*:y"), List.of("10.0.0.0/8"), List.of())),
        target.access());
    assertEquals(List.of("host"), target.authentication().accounts());
    assertEquals("mutual", target.authentication().mutual().orElseThrow());
    assertEquals(List.of(1), target.portalGroups());
    assertEquals(List.of(), target.units());
  }

  @Test
  void target_addedWithAUnit_hasIt() {
    ok("target", "add", B, "--file", "b.img", "--size", "10GiB");
    var unit = daemon.document().targets().get(1).units().getFirst();
    assertEquals(0, unit.lun());
    assertEquals(Map.of("kind", "file", "path", "b.img", "size", "10GiB"), unit.store());
  }

  @Test
  void target_addedWithHalfAUnit_isRefusedBeforeTheDaemonIsAsked() {
    var run = run("target", "add", B, "--size", "10GiB");
    assertEquals(ExitCode.USAGE, run.status);
    assertTrue(run.err.startsWith("Which store? Give --file PATH, or --store KIND"), run.err);
    assertEquals(1, daemon.document().targets().size());
  }

  @Test
  void target_addedTwice_isStatus5() {
    var run = run("target", "add", A);
    assertEquals(ExitCode.CONFLICT, run.status);
    assertEquals("vtgtadm: there is a target \"" + A + "\" already\n", run.err);
  }

  @Test
  void target_withAWrongName_isStatus6WithoutPlacesInABodyNobodySaw() {
    var run = run("target", "add", "disk");
    assertEquals(ExitCode.INVALID, run.status);
    assertTrue(run.err.startsWith("vtgtadm: The configuration is not valid:\n  /name: "), run.err);
    assertFalse(run.err.contains("line"), run.err);
  }

  @Test
  void target_removed_isGone() {
    assertEquals("remove target " + A + "\n", ok("target", "remove", A).out);
    assertEquals(List.of(), daemon.document().targets());
    assertEquals("no targets\n", ok("target", "list").out);
  }

  @Test
  void unit_addedWithoutLun_takesTheLowestThatIsFree() {
    ok("unit", "add", A, "--lun", "2", "--store", "null", "--size", "1MiB");
    assertEquals("add unit 1 to " + A + "\n", ok("unit", "add", A, "--file", "x").out);
    ok("unit", "add", A, "--file", "y");
    assertEquals(
        List.of(0, 2, 1, 3),
        daemon.document().targets().getFirst().units().stream().map(Document.Unit::lun).toList());
  }

  @Test
  void unit_addedWithEverything_isInTheDocument() {
    ok(
        "unit",
        "add",
        A,
        "--store",
        "file",
        "-o",
        "path=123",
        "-o",
        "x=a=b",
        "--layer",
        "delay,a=b,c,d=true",
        "--layer",
        "delay",
        "--name",
        "n",
        "--block-size",
        "4096",
        "--read-only",
        "--removable",
        "--thick");
    var unit = daemon.document().targets().getFirst().units().get(1);
    assertEquals(
        Map.of("kind", "file", "path", "123", "x", "a=b"), unit.store(), "types are the store's");
    assertEquals(
        List.of(Map.of("kind", "delay", "a", "b,c", "d", "true"), Map.of("kind", "delay")),
        unit.layers());
    assertEquals("n", unit.name().orElseThrow());
    assertEquals(4096, unit.blockSize());
    assertTrue(unit.readOnly() && unit.removable() && !unit.thin());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --lun 3                            | Which store?
          --file x --store null              | --file and --store exclude each other
          --file x -o path=y                 | -o path and --file are the same
          --store null -o kind=file          | -o kind and --store are the same
          --store null --size 1 -o size=2    | -o size and --size are the same
          --store null --layer delay,1       | --layer 'delay,1': after the kind come options
          --file x --lun one                 | Invalid value for option '--lun'
          --file x --colour blue             | Unknown options: '--colour', 'blue'
          --file                             | Missing required parameter for option '--file'
          """)
  void unit_addedWithAWrongCommandLine_isStatus2WithTheVerbsOwnUsage(
      String options, String message) {
    var run =
        run(
            Stream.concat(Stream.of("unit", "add", A), Stream.of(options.split(" +")))
                .toArray(String[]::new));
    assertEquals(ExitCode.USAGE, run.status, run.err);
    assertTrue(run.err.startsWith(message), run.err);
    assertTrue(run.err.contains("Usage: vtgtadm unit add"), run.err);
    assertEquals("", run.out);
    assertEquals(1, daemon.document().targets().getFirst().units().size());
  }

  @Test
  void unit_addedToNoTarget_isStatus4() {
    assertEquals(ExitCode.NOT_FOUND, run("unit", "add", B, "--file", "x").status);
  }

  @Test
  void unit_removed_isGone() {
    assertEquals("remove unit 0 of " + A + "\n", ok("unit", "remove", A, "0").out);
    assertEquals(ExitCode.NOT_FOUND, run("unit", "remove", A, "0").status);
  }

  @Test
  void portal_addedAndRemoved_isInTheDocumentMeanwhile() {
    ok("portal", "add", "[::1]:3261", "--group", "7", "--advertise", "192.0.2.1:3260");
    var portal = daemon.document().portals().get(1);
    assertEquals(7, portal.group());
    assertEquals("192.0.2.1:3260", portal.advertise().orElseThrow());
    ok("portal", "remove", "[::1]:3261");
    assertEquals(1, daemon.document().portals().size());
    assertEquals(ExitCode.NOT_FOUND, run("portal", "remove", "[::1]:3261").status);
  }

  @Test
  void account_addedChangedAndRemoved_takesTheSecretFromTheFirstLine() {
    ok("account", List.of("the-first-secret", "ignored"), "add", "c/d e");
    assertEquals("the-first-secret", daemon.document().accounts().get(2).secret());
    var change = ok("account", List.of("the-second-secret"), "change", "c/d e");
    assertEquals("the-second-secret", daemon.document().accounts().get(2).secret());
    assertFalse(change.out.contains("secret"));
    assertEquals("ACCOUNT\nhost\ngate/way\nc/d e\n", ok("account", "list").out);
    ok("account", "remove", "c/d e");
    assertEquals(2, daemon.document().accounts().size());
  }

  @Test
  void account_addedWithoutASecret_isStatus2() {
    var run = run("account", List.of(), "add", "c");
    assertEquals(ExitCode.USAGE, run.status);
    assertTrue(run.err.startsWith("No secret came"), run.err);
    assertTrue(run.err.contains("Usage: vtgtadm account add"), run.err);
  }

  @Test
  void account_removedWhileATargetUsesIt_isStatus5WithTheReason() {
    var run = run("account", "remove", "host");
    assertEquals(ExitCode.CONFLICT, run.status);
    assertTrue(run.err.contains("/targets/0/authentication/accounts/0"), run.err);
  }

  // --- the whole document

  @Test
  void export_asked_masksSecretsAndCanBeAppliedAgain() throws Exception {
    var before = daemon.document();
    var text = ok("export").out;
    assertFalse(text.contains("secret-of"), text);
    assertEquals("nothing changes in what runs\n", ok("apply", file("it.yaml", text)).out);
    assertEquals(before, daemon.document());
    assertEquals("nothing changes in what runs\n", ok("apply", List.of(text.split("\n")), "-").out);
    assertEquals(
        "nothing changes in what runs\n",
        ok("apply", List.of(ok("export", "--json").out), "-").out);
    assertEquals(
        "nothing changes in what runs\n",
        ok("apply", file("it.json", ok("export", "--json").out)).out);
  }

  @Test
  void export_withSecrets_isTheWholeDocument() throws Exception {
    var document = DocumentFormat.YAML.readValid(ok("export", "--secrets").out.getBytes(UTF_8));
    assertEquals(daemon.document(), document.orElseThrow());
    assertEquals("secret-of-host", json("export", "--secrets").at("/accounts/0/secret").asText());
  }

  @Test
  void apply_asDryRun_changesNothing() throws Exception {
    var before = daemon.document();
    var empty = file("empty.yaml", "version: 1\n");
    assertEquals(
        "would update accounts\nwould remove target "
            + A
            + "\nwould remove portal 127.0.0.1:3260\n",
        ok("apply", "--dry-run", empty).out);
    assertEquals(before, daemon.document());
    var told = json("apply", empty);
    assertEquals("RemoveTarget", told.at("/changes/1/change").asText());
    assertEquals(List.of(), daemon.document().targets());
  }

  @Test
  void apply_ofAWrongDocument_tellsEveryLineAndColumn() throws Exception {
    var wrong =
        file(
            "wrong.yaml",
            "targets:\n  - name: disk\n    units: [{lun: 99999, store: {kind: x}}]\n");
    var run = run("apply", wrong);
    assertEquals(ExitCode.INVALID, run.status);
    assertTrue(
        run.err.startsWith(
            "vtgtadm: The configuration is not valid:\n  " + wrong + ":2:11: /targets/0/name: "),
        run.err);
    assertTrue(run.err.contains("\n  " + wrong + ":3:19: /targets/0/units/0/lun: "), run.err);
  }

  @Test
  void apply_ofBrokenText_tellsWhere() throws Exception {
    var run = run("apply", file("broken.yaml", "version: 1\nversion: 2\n"));
    assertEquals(ExitCode.INVALID, run.status);
    assertTrue(run.err.contains("broken.yaml:2:"), run.err);
  }

  @Test
  void apply_ofAWrongDocument_isProblemDetailsAsJson() throws Exception {
    var run = run("apply", "--json", file("wrong.yaml", "colour: blue\n"));
    assertEquals(ExitCode.INVALID, run.status);
    assertEquals(
        "urn:vtgt:problem:invalid", AdminClient.JSON.readTree(run.err).path("type").asText());
  }

  @Test
  void apply_ofNoFile_isStatus6() {
    var run = run("apply", folder.resolve("none").toString());
    assertEquals(ExitCode.INVALID, run.status);
    assertTrue(run.err.startsWith("vtgtadm: there is no file "), run.err);
  }

  // --- what goes wrong

  @Test
  void change_thatTheDaemonCannotMake_isStatus7() {
    daemon.failWith(AdminError.Kind.FAILED, "db.img cannot be opened");
    var run = run("unit", "add", A, "--file", "db.img");
    assertEquals(ExitCode.FAILED, run.status);
    assertEquals("vtgtadm: db.img cannot be opened\n", run.err);
  }

  @Test
  void change_thatMeetsAMistakeOfTheDaemon_isStatus1() {
    daemon.failWithABug();
    assertEquals(ExitCode.FAULT, run("target", "remove", A).status);
  }

  @Test
  void daemon_thatDoesNotRun_isStatus3WithAHint() throws Exception {
    int free;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    for (var verb : List.of("show", "health", "export")) {
      var run = execute("--url", "http://127.0.0.1:" + free, verb);
      assertEquals(ExitCode.UNREACHABLE, run.status);
      assertTrue(
          run.err.startsWith("vtgtadm: no answer from a daemon at http://127.0.0.1:" + free + " ("),
          run.err);
      assertTrue(run.err.contains("is vtgtd running? --url or VTGT_URL"), run.err);
      assertEquals("", run.out);
    }
  }

  @Test
  void url_afterTheVerbOrWithoutScheme_isUnderstood() {
    assertEquals(0, execute("health", "--url", "http://" + daemon.address() + "/").status);
    assertEquals(0, execute("--url", daemon.address(), "unit", "list").status);
    assertEquals(0, execute("unit", "list", "--url=" + daemon.address()).status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "http://", "ftp://127.0.0.1", "http://a b", "http://x?y"})
  void url_thatIsNone_isStatus2(String url) {
    var run = execute("--url", url, "show");
    assertEquals(ExitCode.USAGE, run.status, run.err);
    assertTrue(run.err.contains("is no address of a daemon"), run.err);
  }

  @ParameterizedTest
  @CsvSource({"200, <html>hello</html>", "404, <html>not here</html>", "500, {}", "200, 1"})
  void server_thatIsNotVtgtd_isStatus1(int status, String body) throws Exception {
    var other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          var bytes = body.getBytes(UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    other.start();
    try {
      var url = "http://127.0.0.1:" + other.getAddress().getPort();
      for (var verb : List.of(new String[] {"health"}, new String[] {"target", "remove", A})) {
        var run =
            execute(Stream.concat(Stream.of("--url", url), Stream.of(verb)).toArray(String[]::new));
        assertEquals(ExitCode.FAULT, run.status);
        assertTrue(run.err.contains("is not the management interface of vtgtd"), run.err);
      }
    } finally {
      other.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "target", "unit", "portal", "session", "account"})
  void verb_leftOut_isStatus2WithTheUsage(String group) {
    var run = group.isEmpty() ? execute() : execute(group);
    assertEquals(ExitCode.USAGE, run.status);
    assertTrue(run.err.startsWith("Missing a verb"), run.err);
    assertTrue(run.err.contains("Usage: vtgtadm " + group), run.err);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apply",
        "target show",
        "target add",
        "target remove",
        "unit show",
        "unit add",
        "unit remove",
        "portal add",
        "portal remove",
        "session show",
        "session kill",
        "account add",
        "account change",
        "account remove"
      })
  void argument_leftOut_isStatus2WithTheVerbsOwnUsage(String verb) {
    var run = execute(verb.split(" ", -1));
    assertEquals(ExitCode.USAGE, run.status);
    assertTrue(run.err.startsWith("Missing required parameter"), run.err);
    assertTrue(run.err.contains("Usage: vtgtadm " + verb), run.err);
  }

  @Test
  void verb_misspelt_isStatus2WithTheRightOne() {
    var run = execute("tagret", "list");
    assertEquals(ExitCode.USAGE, run.status);
    assertTrue(run.err.contains("Did you mean: vtgtadm target"), run.err);
  }

  // --- help and completion

  /// Every command below the root, as its words.
  static Stream<String> verbs() {
    return below("", Vtgtadm.commandLine());
  }

  private static Stream<String> below(String path, CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .flatMap(
            it -> {
              var words = (path + " " + it.getKey()).strip();
              return Stream.concat(Stream.of(words), below(words, it.getValue()));
            });
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void help_ofAVerb_tellsEveryOptionAndParameterWithItsMeaning(String verb) {
    var command = Vtgtadm.commandLine();
    for (var word : verb.split(" ", -1)) {
      command = command.getSubcommands().get(word);
    }
    var run =
        verb.equals("help") ? execute("help", "help") : execute((verb + " --help").split(" "));
    assertEquals(0, run.status, run.err);
    assertTrue(run.out.contains("Usage: vtgtadm " + verb), run.out);
    for (var option : command.getCommandSpec().options()) {
      assertTrue(run.out.contains(option.longestName()), option + " in\n" + run.out);
      assertTrue(option.description().length > 0, option + " has no description");
    }
    for (var parameter : command.getCommandSpec().positionalParameters()) {
      assertTrue(run.out.contains(parameter.paramLabel()), parameter + " in\n" + run.out);
      assertTrue(parameter.description().length > 0, parameter + " has no description");
    }
  }

  @Test
  void help_ofTheCommand_tellsVerbsExitStatusesAndExamples() {
    var text = execute("--help").out;
    for (var verb : Vtgtadm.commandLine().getSubcommands().keySet()) {
      assertTrue(text.contains("\n  " + verb + " "), verb);
    }
    assertTrue(text.contains("Exit status:"), text);
    assertTrue(text.contains("Examples:"), text);
    assertEquals(text, execute("help").out);
  }

  @Test
  void version_asked_isThatOfTheBuild() {
    assertEquals("vtgtadm " + ProgramVersion.TEXT, execute("--version").out.strip());
    assertTrue(ProgramVersion.TEXT.matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?"), ProgramVersion.TEXT);
  }

  @Test
  void completion_generated_isAScriptThatKnowsTheVerbs() throws Exception {
    var run = execute("generate-completion");
    assertEquals(0, run.status, run.err);
    for (var word :
        List.of(
            "--dry-run",
            "--initiator",
            "--block-size",
            "mode.writeCache=",
            "generate-completion")) {
      assertTrue(run.out.contains(word), word);
    }
    assertTrue(run.out.contains("complete -F _complete_vtgtadm -o default vtgtadm"));
    var checked =
        new ProcessBuilder("bash", "-n", file("completion.bash", run.out))
            .inheritIO()
            .start()
            .waitFor();
    assertEquals(0, checked);
  }

  // --- how it is run

  private record Run(int status, String out, String err) {}

  private Run run(String... arguments) {
    return execute(
        Stream.concat(Stream.of("--url", "http://" + daemon.address()), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private Run run(String group, List<String> lines, String... arguments) {
    System.setIn(new ByteArrayInputStream(String.join("\n", lines).getBytes(UTF_8)));
    return run(Stream.concat(Stream.of(group), Stream.of(arguments)).toArray(String[]::new));
  }

  private Run ok(String... arguments) {
    return good(run(arguments));
  }

  private Run ok(String group, List<String> lines, String... arguments) {
    return good(run(group, lines, arguments));
  }

  private static Run good(Run run) {
    assertEquals("", run.err);
    assertEquals(0, run.status);
    return run;
  }

  private JsonNode json(String... arguments) throws Exception {
    return AdminClient.JSON.readTree(
        ok(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new)).out);
  }

  private static Run execute(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status =
        Vtgtadm.commandLine()
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Run(status, out.toString(), err.toString());
  }

  private String file(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }
}
