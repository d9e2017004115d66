package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/vtgtadm` takes snapshots of a unit that is served, and rolls back to them.
class SnapshotTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:snapshot";
  private static final String UNIT = TARGET + "/0";
  private static final String HOST = "iqn.2026-11.io.vtgt.it:host";
  private static final String DOCUMENT =
      """
      version: 1
      http: { listen: "@HTTP@" }
      portals:
        - { group: 1, listen: "@PORTAL@" }
      targets:
        - name: iqn.2026-11.io.vtgt.it:snapshot
          units:
            - { lun: 0, store: { kind: memory, size: 8MiB } }
            - { lun: 1, store: { kind: "null", size: 8MiB } }
      """;

  private static final int SECONDS = 60;
  private static final int NOT_FOUND = 4;
  private static final int IN_THE_WAY = 5;
  private static final int BLOCK_BYTES = 512;
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00";
  private static final String READ = "28 00 00 00 00 07 00 00 01 00";
  private static final String WRITE = "2a 00 00 00 00 07 00 00 01 00";
  private static final String READ_CAPACITY = "25 00 00 00 00 00 00 00 00 00";

  @TempDir Path folder;

  @Test
  void snapshot_rolledBackUnderASession_isWhatTheInitiatorReadsAfterItIsTold() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"), DOCUMENT)) {
      try (var host = NexusSession.login(daemon.portal, TARGET, HOST, 1)) {
        assertEquals("GOOD", host.write(WRITE, block(1)));
        admin(daemon, "snapshot", "create", UNIT, "one").wellDone();
        assertEquals("GOOD", host.write(WRITE, block(2)));
        admin(daemon, "unit", "resize", UNIT, "16MiB").wellDone();
        assertEquals("UNIT ATTENTION", host.run(TEST_UNIT_READY));
        assertEquals("GOOD 00007fff00000200", host.read(READ_CAPACITY, 8));

        var refused = admin(daemon, "snapshot", "rollback", UNIT, "one");
        assertEquals(IN_THE_WAY, refused.exit());
        assertTrue(refused.output().contains("1 session sees it"), refused.toString());
        assertEquals(read(2), host.read(READ, BLOCK_BYTES));

        admin(daemon, "snapshot", "rollback", UNIT, "one", "--force").wellDone();
        assertEquals("UNIT ATTENTION", host.run(TEST_UNIT_READY), "the medium may have changed");
        assertEquals("UNIT ATTENTION", host.run(TEST_UNIT_READY), "so has its size");
        assertEquals("GOOD", host.run(TEST_UNIT_READY));
        assertEquals("GOOD 00003fff00000200", host.read(READ_CAPACITY, 8));
        assertEquals(read(1), host.read(READ, BLOCK_BYTES));
        assertEquals("GOOD", host.write(WRITE, block(3)));
      }
      var events = admin(daemon, "events").wellDone().output();
      assertTrue(events.contains("it is as it was at snapshot one"), events);

      admin(daemon, "snapshot", "protect", UNIT, "one").wellDone();
      assertEquals(IN_THE_WAY, admin(daemon, "snapshot", "remove", UNIT, "one").exit());
      var list = admin(daemon, "snapshot", "list", UNIT).wellDone().output();
      assertTrue(list.matches("(?s).*\none +8 MiB +\\S+Z +yes\n.*"), list);
      admin(daemon, "snapshot", "unprotect", UNIT, "one").wellDone();
      admin(daemon, "snapshot", "remove", UNIT, "one").wellDone();
      assertEquals(NOT_FOUND, admin(daemon, "snapshot", "rollback", UNIT, "one").exit());
    }
  }

  @Test
  void snapshotsAndImages_whereThereAreNone_areRefusedInWords() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"), DOCUMENT)) {
      var none = admin(daemon, "snapshot", "create", TARGET + "/1", "one");
      assertEquals(IN_THE_WAY, none.exit());
      assertTrue(none.output().contains("its store has none"), none.toString());
      assertEquals(NOT_FOUND, admin(daemon, "snapshot", "list", TARGET + "/2").exit());
      var images = admin(daemon, "image", "list", "--store", "memory");
      assertEquals(IN_THE_WAY, images.exit());
      assertTrue(images.output().contains("made and removed elsewhere"), images.toString());
    }
  }

  private static byte[] block(int value) {
    var block = new byte[BLOCK_BYTES];
    Arrays.fill(block, (byte) value);
    return block;
  }

  private static String read(int value) {
    return "GOOD " + HexFormat.of().formatHex(block(value));
  }

  private static Tool admin(DaemonProcess daemon, String... verb) {
    var command = new String[verb.length + 3];
    command[0] = Tool.PROJECT.resolve("bin/vtgtadm").toString();
    command[1] = "--url";
    command[2] = "http://127.0.0.1:" + daemon.http;
    System.arraycopy(verb, 0, command, 3, verb.length);
    return Tool.run(SECONDS, command);
  }
}
