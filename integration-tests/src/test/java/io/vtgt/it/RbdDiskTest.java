package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk on a Ceph image, as real initiators and Ceph's own tools see it. The daemon's key has the
/// caps `profile rbd` and no other.
class RbdDiskTest {
  private static final int IMAGE_MEBIBYTES = 256;
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:rbd";
  private static final String INITIATOR = "iqn.2026-11.io.vtgt.it:disk";

  /// In which a size that was changed outside shows inside.
  private static final int RESIZE_BOUND_SECONDS = 2;

  private static final String READ_CAPACITY = "25 00 00 00 00 00 00 00 00 00";
  private static final String CAPACITY_DATA_HAS_CHANGED = "6 2a09";

  @TempDir Path folder;

  private CephLab lab;
  private DaemonProcess daemon;

  @BeforeEach
  void start() {
    lab = CephLab.use();
    lab.image("disk", IMAGE_MEBIBYTES + "M");
    daemon =
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
                  - { lun: 0, thin: true, store: %s }
            """
                .formatted(TARGET, lab.store("disk", "")));
  }

  @AfterEach
  void stop() {
    if (daemon != null) {
      daemon.close();
    }
  }

  @Test
  void image_convertedOntoTheDisk_isTheSameToQemuAndToCeph() throws IOException {
    Path image = randomImage(1);
    convert(image);
    compare(image);

    Path exported = folder.resolve("exported.img");
    lab.rbd("export", "--no-progress", "disk", exported.toString()).wellDone();
    assertEquals(-1, Files.mismatch(image, exported));
  }

  @Test
  void imageResizedOutside_initiatorsAreToldWithinTwoSeconds() {
    try (var session = NexusSession.login(daemon.portal, TARGET, INITIATOR, 1)) {
      assertEquals(capacity(IMAGE_MEBIBYTES), session.read(READ_CAPACITY, 8));
      resize(session, IMAGE_MEBIBYTES + 64);
      String lastBlock = "2a 00 %08x 00 00 01 00";
      assertEquals(
          "GOOD",
          session.write(lastBlock.formatted(((IMAGE_MEBIBYTES + 64) << 11) - 1), new byte[512]));
      resize(session, IMAGE_MEBIBYTES, "--allow-shrink");
      assertEquals(
          "5 2100", // LOGICAL BLOCK ADDRESS OUT OF RANGE
          session.write(lastBlock.formatted(((IMAGE_MEBIBYTES + 64) << 11) - 1), new byte[512]));
    }
  }

  private void resize(NexusSession session, int mebibytes, String... more) {
    var words = new ArrayList<>(List.of("--no-progress", "disk"));
    words.addAll(List.of("--size", mebibytes + "M"));
    words.addAll(List.of(more));
    lab.rbd("resize", words.toArray(String[]::new)).wellDone();
    long began = System.nanoTime();
    DaemonProcess.await(
        "CAPACITY DATA HAS CHANGED after a resize to " + mebibytes + " MiB",
        RESIZE_BOUND_SECONDS,
        () ->
            session.run("00 00 00 00 00 00").equals("UNIT ATTENTION")
                && session.sense().equals(CAPACITY_DATA_HAS_CHANGED));
    assertEquals(capacity(mebibytes), session.read(READ_CAPACITY, 8));
    System.out.printf(
        "rbd resize to %d MiB shows inside %d ms after it ended%n",
        mebibytes, (System.nanoTime() - began) / 1_000_000);
  }

  /// What READ CAPACITY (10) says.
  private static String capacity(int mebibytes) {
    return "GOOD %08x%08x".formatted((mebibytes << 11) - 1, 512);
  }

  @Test
  void snapshotOverwrittenAndRolledBack_isWhatItWas() throws IOException {
    Path before = randomImage(2);
    convert(before);
    String unit = "/v1/targets/" + TARGET + "/units/0/snapshots";
    must(201, daemon.post(unit, "{\"name\": \"before\"}"));
    convert(randomImage(3));
    must(204, daemon.post(unit + "/before/rollback", ""));
    compare(before);
  }

  private static void must(int status, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
  }

  private void convert(Path image) {
    Tool.run(
            300,
            "qemu-img",
            "convert",
            "-n",
            "-f",
            "raw",
            "-O",
            "raw",
            image.toString(),
            daemon.url(TARGET, 0))
        .wellDone();
  }

  private void compare(Path image) {
    var compared =
        Tool.run(
                300,
                "qemu-img",
                "compare",
                "-f",
                "raw",
                "-F",
                "raw",
                image.toString(),
                daemon.url(TARGET, 0))
            .wellDone();
    assertTrue(compared.output().contains("Images are identical"), compared.toString());
  }

  private Path randomImage(long seed) throws IOException {
    Path image = folder.resolve("random-" + seed + ".img");
    var random = new Random(seed);
    byte[] mebibyte = new byte[1 << 20];
    try (var out = Files.newOutputStream(image)) {
      for (int i = 0; i < IMAGE_MEBIBYTES; i++) {
        random.nextBytes(mebibyte);
        out.write(mebibyte);
      }
    }
    return image;
  }
}
