package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The first screen of the README: one command starts a target, real initiators read and write its
/// disk.
class FirstDiskTest {
  private static final int IMAGE_MEBIBYTES = 64;
  private static final String CHAP_TARGET = "iqn.2026-11.io.vtgt.it:chap";
  private static final String SECRET = "a-secret-of-23-characters".substring(0, 23);

  @TempDir Path folder;

  @Test
  void defaultDisk_isListed() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      var listed = Tool.run(20, "iscsi-ls", "-s", "iscsi://" + daemon.portalAddress()).wellDone();
      assertTrue(listed.output().contains("Target:iqn."), listed.toString());
      assertTrue(listed.output().contains("Lun:0"), listed.toString());
      assertTrue(listed.output().contains("DIRECT_ACCESS"), listed.toString());
    }
  }

  @Test
  void randomImage_writtenAndReadBack_isTheSame() throws IOException {
    Path image = randomImage();
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      copyAndCompare(image, disk(daemon, targetOf(daemon), ""));
    }
  }

  @Test
  void randomImage_withHeaderDigests_isTheSame() throws IOException {
    Path image = randomImage();
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      copyAndCompare(image, disk(daemon, targetOf(daemon), ",header-digest=crc32c"));
    }
  }

  @Test
  void randomImage_behindChap_isTheSame_andAWrongSecretIsRefused() throws IOException {
    Path image = randomImage();
    try (var daemon = DaemonProcess.start(folder.resolve("data"), chapDocument())) {
      String disk = disk(daemon, CHAP_TARGET, ",user=alice,password-secret=secret");
      copyAndCompare(image, disk, "--object", "secret,id=secret,data=" + SECRET);

      var wrong =
          Tool.run(
              60,
              "qemu-img",
              "info",
              "--object",
              "secret,id=secret,data=not-the-secret-at-all",
              "--image-opts",
              disk);
      assertNotEquals(0, wrong.exit(), wrong.toString());
      var none = Tool.run(60, "iscsi-inq", daemon.url(CHAP_TARGET, 0));
      assertNotEquals(0, none.exit(), none.toString());
    }
  }

  /// `qemu-img convert` onto the disk, `qemu-img compare` back.
  private static void copyAndCompare(Path image, String disk, String... objects) {
    var convert = new ArrayList<String>(List.of("qemu-img", "convert", "-n"));
    convert.addAll(List.of(objects));
    convert.addAll(List.of("-f", "raw", "--target-image-opts", image.toString(), disk));
    Tool.run(300, convert.toArray(String[]::new)).wellDone();

    var compare = new ArrayList<String>(List.of("qemu-img", "compare"));
    compare.addAll(List.of(objects));
    // The disk is longer than the image; beyond it there are zeroes, which compare takes as equal.
    compare.addAll(List.of("--image-opts", "driver=file,filename=" + image, disk));
    var compared = Tool.run(300, compare.toArray(String[]::new)).wellDone();
    assertTrue(compared.output().contains("Images are identical"), compared.toString());
  }

  private static String disk(DaemonProcess daemon, String target, String more) {
    return "driver=iscsi,transport=tcp,portal="
        + daemon.portalAddress()
        + ",target="
        + target
        + ",lun=0"
        + more;
  }

  /// The name that discovery tells.
  private static String targetOf(DaemonProcess daemon) {
    var listed = Tool.run(20, "iscsi-ls", "iscsi://" + daemon.portalAddress()).wellDone().output();
    int from = listed.indexOf("iqn.");
    return listed.substring(from, listed.indexOf(' ', from));
  }

  private Path randomImage() throws IOException {
    Path image = folder.resolve("random.img");
    var random = new Random(20261121);
    byte[] mebibyte = new byte[1 << 20];
    try (var out = Files.newOutputStream(image)) {
      for (int i = 0; i < IMAGE_MEBIBYTES; i++) {
        random.nextBytes(mebibyte);
        out.write(mebibyte);
      }
    }
    assertEquals((long) IMAGE_MEBIBYTES << 20, Files.size(image));
    return image;
  }

  private static String chapDocument() {
    return """
    version: 1
    http: { listen: "@HTTP@" }
    portals:
      - { group: 1, listen: "@PORTAL@" }
    accounts:
      - { name: alice, secret: %s }
    targets:
      - name: %s
        authentication: { accounts: [alice] }
        units:
          - lun: 0
            store: { kind: file, path: chap.img, size: 128MiB }
    """
        .formatted(SECRET, CHAP_TARGET);
  }
}
