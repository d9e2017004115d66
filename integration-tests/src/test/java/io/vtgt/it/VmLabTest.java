package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/// The Linux kernel's initiator in a virtual machine (`vm-lab/README.md`), a scenario a test, each
/// against a fresh daemon. Slow where the machine is emulated: run by `mvn -Pvm-lab` only.
@Tag("vm-lab")
class VmLabTest {
  private static final Path LAB = Tool.PROJECT.resolve("integration-tests/vm-lab");
  private static final Path RESULTS = Tool.PROJECT.resolve("integration-tests/target/vm-lab");

  /// What `build.sh` makes: 125 MB of packages are fetched for it.
  private static final Path MACHINE =
      Path.of(
          System.getProperty("vtgt.vmlab", Tool.PROJECT.resolve("target/tools/vm-lab").toString()));

  private static final int BUILD_SECONDS = 900;
  private static final int SCENARIO_SECONDS = 1200;
  private static final int ALL_SKIPPED = 77;
  private static final List<String> NEEDED =
      List.of("qemu-system-x86_64", "cpio", "xz", "apt-get", "dpkg-deb");
  private static final List<String> SCENARIOS =
      List.of(
          "basic-rw",
          "digests",
          "chap",
          "fs-ext4",
          "multipath-failover",
          "alua",
          "persistent-reservations",
          "resize",
          "discard",
          "scsi-commands",
          "copy",
          "sanitize",
          "pages",
          "recovery");

  @TestFactory
  Stream<DynamicTest> scenarios() {
    for (String program : NEEDED) {
      assumeTrue(
          Tool.installed(program), program + " is not installed (see vm-lab/README.md, Needs)");
    }
    var built = Tool.run(BUILD_SECONDS, LAB.resolve("build.sh").toString(), MACHINE.toString());
    assumeTrue(built.exit() == 0, () -> "the virtual machine could not be built: " + built);
    return SCENARIOS.stream().map(it -> DynamicTest.dynamicTest(it, () -> run(it)));
  }

  private static void run(String scenario) throws IOException {
    var ran =
        Tool.run(
            SCENARIO_SECONDS + 60,
            Map.of("VTGTD_HTTP_PORT", Integer.toString(DaemonProcess.freePort())),
            LAB.resolve("check.sh").toString(),
            "--dir",
            MACHINE.toString(),
            "--peer",
            LAB.resolve("peers/vtgtd.sh").toString(),
            "--out",
            RESULTS.toString(),
            "--port",
            Integer.toString(freePair()),
            "--timeout",
            Integer.toString(SCENARIO_SECONDS),
            scenario);
    Path tap = RESULTS.resolve(scenario).resolve("results.tap");
    String lines =
        Files.exists(tap)
            ? Files.readAllLines(tap).stream()
                .filter(
                    it -> (!it.startsWith("#") && !it.startsWith("ok")) || it.contains("# SKIP"))
                .collect(Collectors.joining("\n"))
            : "";
    System.out.println(ran.output().strip() + "\n" + lines);
    assumeTrue(ran.exit() != ALL_SKIPPED, () -> "all of it was skipped: " + lines);
    assertEquals(0, ran.exit(), () -> ran + "\n" + lines + "\nmore in " + tap.getParent());
  }

  /// The first of two ports in a row that are free.
  private static int freePair() throws IOException {
    for (int attempt = 0; attempt < 100; attempt++) {
      int port = DaemonProcess.freePort();
      try (var next = new ServerSocket(port + 1, 1, InetAddress.getLoopbackAddress())) {
        return next.getLocalPort() - 1;
      } catch (IOException taken) {
        // the next pair, then
      }
    }
    throw new IOException("no two free ports in a row");
  }
}
