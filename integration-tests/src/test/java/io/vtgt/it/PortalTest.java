package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Discovery that asks for CHAP, and a portal with an IPv6 address.
class PortalTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:portal";
  private static final int SECONDS = 60;

  @TempDir Path folder;

  @Test
  void discoveryBehindChap_tellsTargetsToThoseWhoKnowTheSecretOnly() {
    try (var daemon =
        DaemonProcess.start(
            folder.resolve("data"),
            """
            version: 1
            http: { listen: "@HTTP@" }
            portals:
              - { group: 1, listen: "@PORTAL@" }
            accounts:
              - { name: finder, secret: secret-of-finder }
            discovery:
              authentication: { accounts: [finder] }
            targets:
              - name: %s
                units:
                  - { lun: 0, store: { kind: memory, size: 8MiB } }
            """
                .formatted(TARGET))) {
      var right =
          Tool.run(SECONDS, "iscsi-ls", "iscsi://finder%secret-of-finder@" + daemon.portalAddress())
              .wellDone();
      assertTrue(right.output().contains(TARGET), right.toString());
      for (String who : new String[] {"", "finder%secret-of-others@", "other%secret-of-finder@"}) {
        var wrong = Tool.run(SECONDS, "iscsi-ls", "iscsi://" + who + daemon.portalAddress());
        assertNotEquals(0, wrong.exit(), wrong.toString());
        assertFalse(wrong.output().contains(TARGET), wrong.toString());
      }
      // A session with the target itself is another matter: this one asks for nothing.
      Tool.run(SECONDS, "iscsi-inq", daemon.url(TARGET, 0)).wellDone();
    }
  }

  @Test
  void ipv6Portal_isDiscoveredAndServes() {
    assumeTrue(hasIpv6Loopback(), "this machine has no ::1");
    try (var daemon =
        DaemonProcess.start(
            folder.resolve("data"),
            """
            version: 1
            http: { listen: "@HTTP@" }
            portals:
              - { group: 1, listen: "@PORTAL6@" }
            targets:
              - name: %s
                units:
                  - { lun: 0, store: { kind: memory, size: 8MiB } }
            """
                .formatted(TARGET))) {
      String address = "[::1]:" + daemon.portal;
      var listed = Tool.run(SECONDS, "iscsi-ls", "-s", "iscsi://" + address).wellDone();
      assertTrue(listed.output().contains(TARGET + " Portal:" + address), listed.toString());
      String disk = "iscsi://" + address + "/" + TARGET + "/0";
      var io =
          Tool.run(
                  SECONDS,
                  "qemu-io",
                  "-f",
                  "raw",
                  "-c",
                  "write -P 7 64k 1M",
                  "-c",
                  "read -P 7 64k 1M",
                  disk)
              .wellDone();
      assertFalse(io.output().contains("Pattern verification failed"), io.toString());
    }
  }

  private static boolean hasIpv6Loopback() {
    try (var _ = new ServerSocket(0, 1, InetAddress.ofLiteral("::1"))) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
