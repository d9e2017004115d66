package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Bad input costs what it must and nothing more, and says why.
class BadStartTest {
  @TempDir Path folder;

  @Test
  void portalInUse_stopsTheStartWithASentence() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      var started = start("--portal", address, "--http", "127.0.0.1:" + DaemonProcess.freePort());
      assertEquals(1, started.exit(), started.toString());
      assertTrue(started.output().contains(address), started.toString());
      assertTrue(started.output().contains("in use"), started.toString());
    }
  }

  @Test
  void badDocument_namesLineFieldAndWhatIsAllowed() throws IOException {
    Path document = folder.resolve("bad.yaml");
    Files.writeString(
        document,
        """
        version: 1
        portals:
          - { group: 1, listen: "127.0.0.1:0" }
        targets:
          - name: iqn.2026-11.io.vtgt.it:bad
            units:
              - lun: 0
                blocksize: 512
                store: { kind: file, path: x.img }
        """);
    var started = start("--config", document.toString());
    assertNotEquals(0, started.exit(), started.toString());
    assertTrue(started.output().contains("line 8"), started.toString());
    assertTrue(started.output().contains("blocksize"), started.toString());
    assertTrue(started.output().contains("blockSize"), started.toString());
  }

  @Test
  void unknownOption_isAUsageError() {
    var started = start("--prtal", "127.0.0.1:0");
    assertEquals(2, started.exit(), started.toString());
    assertTrue(started.output().contains("--portal"), started.toString());
  }

  @Test
  void garbageConnection_costsThatConnectionOnly() throws IOException {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      var random = new Random(7);
      for (int round = 0; round < 20; round++) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), daemon.portal)) {
          byte[] garbage = new byte[1 + random.nextInt(10_000)];
          random.nextBytes(garbage);
          socket.getOutputStream().write(garbage);
        } catch (IOException closed) {
          // That is what garbage may cost.
        }
      }
      Tool.run(20, "iscsi-ls", "-s", "iscsi://" + daemon.portalAddress()).wellDone();
    }
  }

  private Tool start(String... options) {
    var command = new String[options.length + 3];
    command[0] = Tool.PROJECT.resolve("bin/vtgtd").toString();
    command[1] = "--data";
    command[2] = folder.resolve("data").toString();
    System.arraycopy(options, 0, command, 3, options.length);
    return Tool.run(60, command);
  }
}
