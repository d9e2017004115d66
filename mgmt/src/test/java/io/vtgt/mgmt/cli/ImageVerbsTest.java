package io.vtgt.mgmt.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.http.FakeDaemon;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `vtgtadm snapshot …` and `vtgtadm image …` over the real interface.
class ImageVerbsTest {
  private static final String A = "iqn.2026-11.com.example:a";
  private static final String UNIT = A + "/0";

  private FakeDaemon daemon;

  @BeforeEach
  void start() throws Exception {
    daemon =
        new FakeDaemon(
            DocumentFormat.YAML
                .readValid(
                    """
                    targets:
                      - name: iqn.2026-11.com.example:a
                        units: [{lun: 0, store: {kind: memory, size: 1GiB}}]
                    """
                        .getBytes(UTF_8))
                .orElseThrow());
  }

  @AfterEach
  void stop() throws Exception {
    daemon.close();
  }

  private record Run(int status, String out, String err) {}

  private Run run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status =
        Vtgtadm.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(
                Stream.concat(
                        Stream.of("--url", "http://" + daemon.address()), Stream.of(arguments))
                    .toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }

  private String ok(String... arguments) {
    var run = run(arguments);
    assertEquals("", run.err);
    assertEquals(0, run.status);
    return run.out;
  }

  private List<String> actions() {
    return daemon.actions();
  }

  @Test
  void snapshot_takenListedProtectedRolledBackRemoved_isTold() {
    assertEquals("no snapshots\n", ok("snapshot", "list", UNIT));
    assertEquals("snapshot a taken\n", ok("snapshot", "create", UNIT, "a"));
    assertEquals("snapshot a is protected\n", ok("snapshot", "protect", UNIT, "a"));
    assertEquals(
        """
        SNAPSHOT  SIZE   TAKEN                 PROTECTED
        a         1 MiB  2026-11-21T00:00:00Z  yes
        """,
        ok("snapshot", "list", UNIT));
    assertEquals(ExitCode.CONFLICT, run("snapshot", "remove", UNIT, "a").status);
    ok("snapshot", "unprotect", UNIT, "a");
    var seen = run("snapshot", "rollback", UNIT, "a");
    assertEquals(ExitCode.CONFLICT, seen.status);
    assertEquals("vtgtadm: 1 session sees it\n", seen.err);
    assertEquals(UNIT + " is as it was at a\n", ok("snapshot", "rollback", UNIT, "a", "--force"));
    ok("snapshot", "remove", UNIT, "a");
    assertEquals(ExitCode.NOT_FOUND, run("snapshot", "remove", UNIT, "a").status);
  }

  @Test
  void image_madeClonedShownRemovedRestored_isTold() {
    assertEquals("no images\n", ok("image", "list", "-o", "pool=p"));
    assertEquals("list in rbd{pool=p}", actions().getLast());
    ok("image", "create", "db", "1GiB", "-o", "pool=p", "-o", "order=23");
    assertEquals("create db{order=23, size=1GiB} in rbd{pool=p}", actions().getLast());
    assertEquals("IMAGE  UNITS\ndb     t/0\n", ok("image", "list"));
    assertEquals("image copy is a clone of db@a\n", ok("image", "clone", "db@a", "copy"));
    assertEquals("create copy{parent=db@a} in rbd{}", actions().getLast());
    var info = ok("image", "info", "copy");
    assertTrue(info.contains("parent    db@a\n"), info);
    assertTrue(info.contains("features  layering\n"), info);
    assertEquals("image copy is in the trash\n", ok("image", "remove", "copy"));
    assertTrue(ok("image", "trash").contains("id-of-copy  copy "), "the trash");
    ok("image", "restore", "id-of-copy", "-o", "pool=p");
    assertEquals("the trash is empty\n", ok("image", "trash"));
  }

  @Test
  void image_removedForGood_isNamedOnceMore() {
    ok("image", "create", "db", "1GiB");
    assertEquals(ExitCode.CONFLICT, run("image", "remove", "db", "--for-good", "bd").status);
    assertEquals("image db is removed for good\n", ok("image", "remove", "db", "--for-good", "db"));
    assertEquals("remove db for good in rbd{}", actions().getLast());
  }

  @Test
  void unit_takenOver_isAskedOfTheDaemon() {
    assertEquals("the medium is ours\n", ok("unit", "take-over", UNIT));
    assertEquals("take-over 0", actions().getLast());
  }

  @Test
  void unit_addedWithItsImage_hasBoth() {
    ok(
        "unit",
        "add",
        A,
        "--store",
        "rbd",
        "-o",
        "image=db",
        "-o",
        "pool=p",
        "--create",
        "--size",
        "1GiB",
        "-o",
        "order=22");
    assertEquals("create db{order=22, size=1GiB} in rbd{pool=p}", actions().getLast());
    assertEquals(
        "{kind=rbd, image=db, pool=p}",
        daemon.document().targets().getFirst().units().get(1).store().toString());
  }

  @Test
  void target_addedWithAUnitAndItsImage_hasAll() {
    ok(
        "target",
        "add",
        "iqn.2026-11.com.example:b",
        "--store",
        "rbd",
        "-o",
        "image=db",
        "--create",
        "--size",
        "1GiB");
    assertEquals("create db{size=1GiB} in rbd{}", actions().getLast());
    assertEquals(
        "{kind=rbd, image=db}",
        daemon.document().targets().get(1).units().getFirst().store().toString());
  }

  @Test
  void unit_refusedAfterItsImageWasMade_tellsThatItStays() {
    var run =
        run(
            "unit",
            "add",
            A,
            "--lun",
            "0",
            "--store",
            "rbd",
            "-o",
            "image=db",
            "--create",
            "--size",
            "1GiB");
    assertEquals(ExitCode.CONFLICT, run.status);
    assertTrue(run.err.endsWith("\nThe image db was made, and stays.\n"), run.err);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unit add " + A + " --store rbd --create --size 1GiB",
        "unit add " + A + " --file x --create --size 1GiB",
        "snapshot create " + A + " a",
        "snapshot create " + UNIT,
        "snapshot",
        "image",
        "image create db"
      })
  void commandLine_thatIsWrong_isStatus2AndMakesNothing(String line) {
    assertEquals(ExitCode.USAGE, run(line.split(" ", -1)).status);
    assertFalse(actions().stream().anyMatch(it -> it.startsWith("create")), actions().toString());
  }

  @Test
  void imagesOfAKind_madeElsewhere_areRefused() {
    assertEquals(ExitCode.CONFLICT, run("image", "create", "db", "1GiB", "--store", "file").status);
    assertEquals(ExitCode.NOT_FOUND, run("image", "create", "db", "1GiB", "--store", "x").status);
  }
}
