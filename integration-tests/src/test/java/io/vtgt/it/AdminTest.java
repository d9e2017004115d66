package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/vtgtadm` changes what a running daemon serves, and initiators see it.
class AdminTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:admin";
  private static final int SECONDS = 60;
  private static final int NO_DAEMON = 3;
  private static final int NOT_FOUND = 4;
  private static final int IN_THE_WAY = 5;
  private static final int REFUSED = 6;

  @TempDir Path folder;

  @Test
  void targetUnitAndPortal_addedAndRemoved_areWhatInitiatorsSee() {
    // With the option --portal the portals of the document would not count.
    String document =
        """
        version: 1
        http: { listen: "@HTTP@" }
        portals:
          - { group: 1, listen: "@PORTAL@" }
        """;
    try (var daemon = DaemonProcess.start(folder.resolve("data"), document)) {
      admin(daemon, "health").wellDone();
      admin(daemon, "target", "add", TARGET, "--file", "a.img", "--size", "64MiB").wellDone();
      admin(daemon, "unit", "add", TARGET, "--lun", "3", "--store", "memory", "-o", "size=32MiB")
          .wellDone();
      var seen = listed(daemon.portalAddress());
      assertTrue(seen.contains(TARGET), seen);
      assertTrue(seen.contains("Lun:0"), seen);
      assertTrue(seen.contains("Lun:3"), seen);
      var units = admin(daemon, "unit", "list").wellDone().output();
      assertTrue(units.contains("32 MiB"), units);
      assertTrue(admin(daemon, "unit", "show", TARGET, "3").wellDone().output().contains("naa"));

      String second = "127.0.0.1:" + daemon.secondPortal;
      admin(daemon, "portal", "add", second).wellDone();
      assertTrue(listed(second).contains(TARGET));
      assertTrue(admin(daemon, "portal", "list").wellDone().output().contains(second));
      admin(daemon, "portal", "remove", second).wellDone();
      assertFalse(Tool.run(SECONDS, "iscsi-ls", "iscsi://" + second).exit() == 0);

      admin(daemon, "unit", "remove", TARGET, "3").wellDone();
      assertFalse(listed(daemon.portalAddress()).contains("Lun:3"));
      admin(daemon, "target", "remove", TARGET).wellDone();
      assertFalse(listed(daemon.portalAddress()).contains(TARGET));
      assertTrue(Files.exists(daemon.data.resolve("a.img")), "the image stays");
    }
  }

  @Test
  void account_added_isAskedForAtLogin() throws IOException {
    Path secret = folder.resolve("secret");
    Files.writeString(secret, "a-secret-of-carol\n");
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      Tool.run(
              SECONDS,
              "sh",
              "-c",
              "exec \"$0\" --url \"$1\" account add carol < \"$2\"",
              program(),
              url(daemon),
              secret.toString())
          .wellDone();
      admin(daemon, "target", "add", TARGET, "--chap", "carol", "--file", "a.img", "--size", "8MiB")
          .wellDone();
      String path = daemon.portalAddress() + "/" + TARGET + "/0";
      Tool.run(SECONDS, "iscsi-inq", "iscsi://carol%a-secret-of-carol@" + path).wellDone();
      assertFalse(Tool.run(SECONDS, "iscsi-inq", "iscsi://" + path).exit() == 0);
      assertEquals(IN_THE_WAY, admin(daemon, "account", "remove", "carol").exit());
      admin(daemon, "target", "remove", TARGET).wellDone();
      admin(daemon, "account", "remove", "carol").wellDone();
    }
  }

  @Test
  void exportedDocument_appliedAfterItWasChanged_isInForceAgain() throws IOException {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      String before = admin(daemon, "export", "--secrets").wellDone().output();
      Path file = folder.resolve("before.yaml");
      Files.writeString(file, before);
      admin(daemon, "target", "add", TARGET, "--file", "a.img", "--size", "8MiB").wellDone();
      assertTrue(
          admin(daemon, "apply", "--dry-run", file.toString())
              .wellDone()
              .output()
              .contains(TARGET));
      assertTrue(listed(daemon.portalAddress()).contains(TARGET));
      admin(daemon, "apply", file.toString()).wellDone();
      assertFalse(listed(daemon.portalAddress()).contains(TARGET));
      assertEquals(before, admin(daemon, "export", "--secrets").wellDone().output());
    }
  }

  @Test
  void refusals_haveTheirExitStatus() throws IOException {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      assertEquals(NOT_FOUND, admin(daemon, "target", "show", "iqn.2026-11.none:none").exit());
      admin(daemon, "target", "add", TARGET, "--file", "a.img", "--size", "8MiB").wellDone();
      assertEquals(
          IN_THE_WAY,
          admin(daemon, "target", "add", TARGET, "--file", "b.img", "--size", "8MiB").exit());
      Path wrong = folder.resolve("wrong.yaml");
      Files.writeString(wrong, "version: 1\nportals: 7\n");
      assertEquals(REFUSED, admin(daemon, "apply", wrong.toString()).exit());
      daemon.terminate();
      assertEquals(NO_DAEMON, admin(daemon, "show").exit());
    }
  }

  private static Tool admin(DaemonProcess daemon, String... verb) {
    var command = new String[verb.length + 3];
    command[0] = program();
    command[1] = "--url";
    command[2] = url(daemon);
    System.arraycopy(verb, 0, command, 3, verb.length);
    return Tool.run(SECONDS, command);
  }

  private static String program() {
    return Tool.PROJECT.resolve("bin/vtgtadm").toString();
  }

  private static String url(DaemonProcess daemon) {
    return "http://127.0.0.1:" + daemon.http;
  }

  private static String listed(String address) {
    return Tool.run(SECONDS, "iscsi-ls", "-s", "iscsi://" + address).wellDone().output();
  }
}
