package io.vtgt.store.rbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A real Ceph cluster for the tests of one virtual machine, made by `ceph-lab.sh` when the first
/// test asks for it, and removed when the machine ends. Where Ceph is not installed the test is
/// skipped.
///
/// System properties: `vtgt.cephLab` is the script, `vtgt.cephLab.folder` a cluster that is up
/// already and stays up.
final class CephLab {
  private static final int PATIENCE_SECONDS = 120;
  private static CephLab running;

  private final Path script;
  private final Path folder;

  private CephLab(Path script, Path folder) {
    this.script = script;
    this.folder = folder;
  }

  /// The one cluster of this test run.
  static synchronized CephLab get() throws IOException, InterruptedException {
    if (running == null) {
      Path script =
          Path.of(System.getProperty("vtgt.cephLab", "../integration-tests/ceph-lab/ceph-lab.sh"))
              .toAbsolutePath()
              .normalize();
      assumeTrue(Files.exists(script), "there is no " + script);
      assumeTrue(onPath("ceph-mon"), "ceph-mon is not installed");
      String given = System.getProperty("vtgt.cephLab.folder");
      if (given != null) {
        running = new CephLab(script, Path.of(given));
      } else {
        running = new CephLab(script, Files.createTempDirectory("vtgt-ceph"));
        CephLab started = running;
        Runtime.getRuntime().addShutdownHook(new Thread(started::down));
        started.lab("up", "--no-install");
      }
    }
    return running;
  }

  private static boolean onPath(String program) {
    String path = System.getenv("PATH") + ":/usr/sbin:/sbin";
    return Arrays.stream(path.split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private void down() {
    try {
      lab("down", "--wipe");
    } catch (IOException | InterruptedException | AssertionError e) {
      System.err.println(e);
    }
  }

  Path conf() {
    return folder.resolve("ceph.conf");
  }

  Path keyring(String user) {
    return folder.resolve("ceph.client." + user + ".keyring");
  }

  /// Runs the lab's script: `lab("osd-stop", "0")`.
  String lab(String command, String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(script.toString(), command, folder.toString()));
    line.addAll(List.of(arguments));
    return run(line);
  }

  /// Runs `rbd` as the cluster's administrator.
  String rbd(String... arguments) throws IOException, InterruptedException {
    return lab("rbd", arguments);
  }

  /// Runs `ceph` as the cluster's administrator.
  String ceph(String... arguments) throws IOException, InterruptedException {
    return lab("ceph", arguments);
  }

  private static String run(List<String> line) throws IOException, InterruptedException {
    Path output = Files.createTempFile("vtgt-ceph", ".out");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      String text = Files.readString(output);
      assertEquals(0, process.waitFor(), line + ": " + text);
      return text;
    } finally {
      Files.delete(output);
    }
  }
}
