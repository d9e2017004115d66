package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Persistent reservations with APTPL and a daemon that is killed: the owner is the owner,
/// everybody else conflicts.
class ReservationSurvivalTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:survival";
  private static final String OWNER = "iqn.2026-11.it:owner", OTHER = "iqn.2026-11.it:other";
  private static final long ISID = 0x400001370001L, OTHER_ISID = 0x400001370002L;
  private static final String WRITE = "2a 00 00 00 00 00 00 00 01 00",
      READ = "28 00 00 00 00 00 00 00 01 00";
  private static final String CONFLICT = "RESERVATION CONFLICT";
  private static final int REGISTER = 0, RESERVE = 1, RELEASE = 2, BLOCK = 512;

  private enum Aptpl {
    ON,
    OFF
  }

  @TempDir Path folder;

  private final int secondPortal = DaemonProcess.freePort();

  @ParameterizedTest
  @CsvSource({"1, true", "6, false"}) // Write Exclusive; Exclusive Access, Registrants Only
  void reservation_daemonKilled_isEnforcedAndReleasedByItsOwner(int type, boolean othersRead) {
    try (var daemon = start()) {
      try (var owner = session(daemon, OWNER, ISID)) {
        assertEquals("GOOD", out(owner, REGISTER, 0, 0, 0xabc, Aptpl.ON));
        assertEquals("GOOD", out(owner, RESERVE, type, 0xabc, 0, Aptpl.OFF));
      }
      killAndStart(daemon);

      try (var other = session(daemon, OTHER, ISID);
          var stranger = session(daemon, OWNER, OTHER_ISID)) { // the same name from another port
        assertEquals(CONFLICT, write(other));
        assertEquals(CONFLICT, write(stranger));
        assertEquals(othersRead, !other.read(READ, BLOCK).equals(CONFLICT));
        try (var owner = session(daemon, OWNER, ISID)) {
          assertEquals("00000000", generation(owner));
          assertEquals("GOOD", write(owner));
          assertEquals("GOOD", out(owner, RELEASE, type, 0xabc, 0, Aptpl.OFF));
        }
        assertEquals("GOOD", write(other));
      }
      killAndStart(daemon);

      try (var other = session(daemon, OTHER, ISID)) {
        assertEquals("GOOD", write(other));
        assertEquals("GOOD 00000000000000080000000000000abc", keys(other), "still registered");
      }
    }
  }

  @Test
  void registrationWithoutAptpl_daemonKilled_everythingIsGone() {
    try (var daemon = start()) {
      try (var owner = session(daemon, OWNER, ISID);
          var other = session(daemon, OTHER, ISID)) {
        assertEquals("GOOD", out(owner, REGISTER, 0, 0, 1, Aptpl.ON));
        assertEquals("GOOD", out(owner, RESERVE, 1, 1, 0, Aptpl.OFF));
        assertEquals("GOOD", out(other, REGISTER, 0, 0, 2, Aptpl.OFF));
        assertEquals(CONFLICT, write(other));
      }
      killAndStart(daemon);

      try (var other = session(daemon, OTHER, ISID)) {
        assertEquals("GOOD", write(other));
        assertEquals("GOOD 0000000000000000", keys(other));
      }
    }
  }

  @Test
  void targetRemovedAndAddedAgain_reservationStands() {
    String target =
        """
        {"name": "%s", "units": [
          {"lun": 0, "store": {"kind": "file", "path": "again.img", "size": "16MiB"}}]}\
        """
            .formatted(TARGET);
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      assertEquals(2, daemon.post("/v1/targets", target).statusCode() / 100);
      try (var owner = session(daemon, OWNER, ISID)) {
        assertEquals("GOOD", out(owner, REGISTER, 0, 0, 1, Aptpl.ON));
        assertEquals("GOOD", out(owner, RESERVE, 1, 1, 0, Aptpl.OFF));
      }
      assertEquals(2, daemon.delete("/v1/targets/" + TARGET).statusCode() / 100);
      assertEquals(2, daemon.post("/v1/targets", target).statusCode() / 100);
      try (var other = session(daemon, OTHER, ISID);
          var owner = session(daemon, OWNER, ISID)) {
        assertEquals(CONFLICT, write(other));
        assertEquals("GOOD", write(owner));
      }
    }
  }

  @Test
  void allTargetPorts_registersThroughEveryPortalGroup() {
    try (var daemon = start()) {
      try (var owner = session(daemon, OWNER, ISID)) {
        var list = list(0, 7, 0x04 | 0x01); // ALL_TG_PT, APTPL
        assertEquals("GOOD", owner.write("5f 00 00 00 00 00 00 00 18 00", list));
        assertEquals("GOOD", out(owner, RESERVE, 6, 7, 0, Aptpl.OFF));
      }
      killAndStart(daemon);

      try (var second = NexusSession.login(secondPortal, TARGET, OWNER, ISID);
          var other = NexusSession.login(secondPortal, TARGET, OTHER, ISID)) {
        assertEquals("GOOD", write(second));
        assertEquals(CONFLICT, write(other));
      }
    }
  }

  private DaemonProcess start() {
    return DaemonProcess.start(
        folder.resolve("data"),
        """
        version: 1
        http: { listen: "@HTTP@" }
        portals:
          - { group: 1, listen: "@PORTAL@" }
          - { group: 2, listen: "127.0.0.1:%d" }
        targets:
          - name: %s
            units:
              - lun: 0
                store: { kind: file, path: disk.img, size: 16MiB }
        """
            .formatted(secondPortal, TARGET));
  }

  private static void killAndStart(DaemonProcess daemon) {
    daemon.kill();
    daemon.startAgain();
  }

  private static NexusSession session(DaemonProcess daemon, String initiator, long isid) {
    return NexusSession.login(daemon.portal, TARGET, initiator, isid);
  }

  private static String out(
      NexusSession session, int action, int type, long key, long newKey, Aptpl aptpl) {
    return session.write(
        "5f %02x %02x 00 00 00 00 00 18 00".formatted(action, type),
        list(key, newKey, aptpl == Aptpl.ON ? 0x01 : 0));
  }

  private static byte[] list(long key, long newKey, int flags) {
    return ByteBuffer.allocate(24).putLong(key).putLong(newKey).putInt(0).put((byte) flags).array();
  }

  private static String write(NexusSession session) {
    return session.write(WRITE, new byte[BLOCK]);
  }

  private static String keys(NexusSession session) {
    return session.read("5e 00 00 00 00 00 00 01 00 00", 256);
  }

  private static String generation(NexusSession session) {
    return keys(session).substring("GOOD ".length(), "GOOD ".length() + 8);
  }
}
