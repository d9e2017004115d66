package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// libiscsi 1.20's conformance suite, one process per test, against one unit.
final class LibiscsiSuite {
  /// Results, and captures: for a look at what went wrong.
  static final Path FOLDER = Tool.PROJECT.resolve("integration-tests/target/conformance");

  private static final Path PROGRAM =
      Tool.PROJECT.resolve("target/tools/libiscsi-1.20/iscsi-test-cu");
  private static final Path SCRIPT =
      Tool.PROJECT.resolve("integration-tests/libiscsi/run-libiscsi.sh");

  /// What became of one test.
  ///
  /// @param status PASS, FAIL or SKIP
  record Line(String status, String test, String reason) {}

  private LibiscsiSuite() {}

  /// Skips the test where the suite is not there.
  static void assumeFetched() throws IOException {
    assumeTrue(
        Files.isExecutable(PROGRAM), PROGRAM + " is not there (bin/test fetches it with apt)");
    Files.createDirectories(FOLDER);
  }

  /// @param name of the file of results, and of the run in what is printed
  /// @param options further ones of `run-libiscsi.sh`
  static List<Line> run(String name, int seconds, String url, String... options)
      throws IOException {
    Path results = FOLDER.resolve(name + ".tsv");
    var command = new ArrayList<>(List.of(SCRIPT.toString(), "-q", "-a"));
    command.addAll(List.of("-b", PROGRAM.toString(), "-o", results.toString()));
    Collections.addAll(command, options);
    command.add(url);
    var ran = Tool.run(seconds, command.toArray(String[]::new));
    System.out.println(name + ": " + ran.output().strip());
    return Files.readAllLines(results).stream()
        .map(line -> line.split("\t", -1))
        .filter(fields -> !fields[0].equals("status"))
        .map(fields -> new Line(fields[0], fields[1], fields[3]))
        .toList();
  }

  /// No test failed, and more than so many passed.
  static void check(List<Line> lines, int passedBeyond) {
    assertEquals(List.of(), lines.stream().filter(it -> it.status().equals("FAIL")).toList());
    long passed = lines.stream().filter(it -> it.status().equals("PASS")).count();
    assertTrue(passed > passedBeyond, passed + " passed, in " + FOLDER);
  }
}
