package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A unit on a block device: a loop device here, which only root can make.
class BlockDeviceTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:device";
  private static final int SECONDS = 60;
  private static final int BYTES = 32 << 20;
  private static final int MEBIBYTE = 1 << 20;

  @TempDir Path folder;
  private Path image;
  private String device = "";

  @BeforeEach
  void makeDevice() throws IOException {
    image = folder.resolve("device.img");
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    var made = Tool.run(SECONDS, "losetup", "--find", "--show", image.toString());
    assumeTrue(made.exit() == 0, () -> "no loop device can be made here: " + made.output().strip());
    device = made.output().strip();
  }

  @AfterEach
  void removeDevice() {
    if (!device.isEmpty()) {
      Tool.run(SECONDS, "losetup", "--detach", device).wellDone();
    }
  }

  @Test
  void deviceOfADisk_servesItsSizeReadsWritesAndUnmaps() throws IOException {
    try (var daemon =
        DaemonProcess.start(
            folder.resolve("data"),
            """
            version: 1
            http: { listen: "@HTTP@" }
            portals:
              - { group: 1, listen: "@PORTAL@" }
            targets:
              - name: %s
                units:
                  - { lun: 0, store: { kind: file, path: %s } }
            """
                .formatted(TARGET, device))) {
      String disk = daemon.url(TARGET, 0);
      var size = Tool.run(SECONDS, "iscsi-readcapacity16", disk).wellDone();
      assertTrue(size.output().contains(Long.toString(BYTES)), size.toString());
      io(disk, "write -P 0x5a 1M 8M", "flush");
      byte[] written = at(MEBIBYTE);
      byte[] expected = new byte[MEBIBYTE];
      Arrays.fill(expected, (byte) 0x5a);
      assertArrayEquals(expected, written);
      io(disk, "discard 2M 2M", "read -P 0x5a 1M 1M", "read -P 0 2M 2M", "read -P 0x5a 4M 5M");
    }
    assertEquals(BYTES, Files.size(image));
  }

  private static void io(String disk, String... commands) {
    var command = new String[3 + 2 * commands.length + 1];
    command[0] = "qemu-io";
    command[1] = "-d";
    command[2] = "unmap";
    for (int i = 0; i < commands.length; i++) {
      command[3 + 2 * i] = "-c";
      command[4 + 2 * i] = commands[i];
    }
    command[command.length - 1] = disk;
    var ran = Tool.run(SECONDS, command).wellDone();
    assertTrue(!ran.output().contains("Pattern verification failed"), ran.toString());
  }

  /// A mebibyte of what lies below the device.
  private byte[] at(int offset) throws IOException {
    byte[] bytes = new byte[MEBIBYTE];
    try (var file = new RandomAccessFile(image.toFile(), "r")) {
      file.seek(offset);
      file.readFully(bytes);
    }
    return bytes;
  }
}
