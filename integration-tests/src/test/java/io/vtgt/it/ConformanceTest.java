package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// libiscsi 1.20's conformance suite, one process per test, on five kinds of unit. No test fails on
/// any of them; what is skipped everywhere has its reason in `docs/conformance.md`.
class ConformanceTest {
  private static final Path PROGRAM =
      Tool.PROJECT.resolve("target/tools/libiscsi-1.20/iscsi-test-cu");
  private static final String PREFIX = "iqn.2026-11.io.vtgt.it:";
  private static final int RUN_SECONDS = 600;
  private static final int LEAST_PASSED = 200;

  private static final String DOCUMENT =
      """
      version: 1
      http: { listen: "@HTTP@" }
      portals:
        - { group: 1, listen: "@PORTAL@" }
      accounts:
        - { name: alice, secret: secret0123456 }
      targets:
        - name: %1$sthin
          units:
            - lun: 0
              store: { kind: file, path: thin.img, size: 256MiB }
        - name: %1$sthick
          units:
            - lun: 0
              thin: false
              store: { kind: file, path: thick.img, size: 256MiB }
        - name: %1$sremovable
          units:
            - lun: 0
              removable: true
              store: { kind: file, path: removable.img, size: 256MiB }
        - name: %1$sreadonly
          units:
            - lun: 0
              readOnly: true
              store: { kind: file, path: readonly.img, size: 256MiB }
        - name: %1$schap
          authentication: { accounts: [alice] }
          units:
            - lun: 0
              store: { kind: file, path: chap.img, size: 256MiB }
      """
          .formatted(PREFIX);

  @TempDir Path folder;

  /// One run of the suite.
  ///
  /// @param only tests that match this expression
  private record Run(String unit, String user, String only) {}

  @Test
  void noTestFails_onAnyUnit() throws IOException {
    assumeTrue(
        Files.isExecutable(PROGRAM), PROGRAM + " is not there (bin/test fetches it with apt)");
    var passed = new TreeSet<String>();
    var skipped = new TreeMap<String, String>();
    var failed = new TreeSet<String>();
    try (var daemon = DaemonProcess.start(folder.resolve("data"), DOCUMENT)) {
      for (var run :
          List.of(
              new Run("thin", "", "."),
              new Run("thick", "", "."),
              new Run("removable", "", "."),
              new Run("readonly", "", "ReadOnly"),
              new Run("chap", "alice%secret0123456@", "."))) {
        Path results = folder.resolve(run.unit() + ".tsv");
        String url =
            "iscsi://" + run.user() + daemon.portalAddress() + "/" + PREFIX + run.unit() + "/0";
        var ran =
            Tool.run(
                RUN_SECONDS,
                Tool.PROJECT.resolve("integration-tests/libiscsi/run-libiscsi.sh").toString(),
                "-q",
                "-a",
                "-b",
                PROGRAM.toString(),
                "-f",
                run.only(),
                "-o",
                results.toString(),
                url);
        System.out.println(run.unit() + ": " + ran.output().strip());
        for (String line : Files.readAllLines(results)) {
          String[] fields = line.split("\t", -1);
          switch (fields[0]) {
            case "PASS" -> passed.add(fields[1]);
            case "SKIP" -> skipped.put(fields[1], fields[3]);
            case "FAIL" -> failed.add(run.unit() + ": " + fields[1] + ": " + fields[3]);
            default -> {}
          }
        }
      }
    }
    assertEquals(List.of(), List.copyOf(failed));
    assertTrue(passed.size() >= LEAST_PASSED, passed.size() + " tests passed");
    skipped.keySet().removeAll(passed);
    String documented = Files.readString(Tool.PROJECT.resolve("docs/conformance.md"));
    for (var skip : skipped.entrySet()) {
      String name = skip.getKey().substring(skip.getKey().indexOf('.') + 1);
      assertTrue(
          documented.contains("| " + name + " |"),
          name + " is skipped (" + skip.getValue() + ") without a reason in docs/conformance.md");
    }
  }
}
