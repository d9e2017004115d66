package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A unit under layers, a write-back cache the outermost, through the daemon with real clients:
/// what a disk of its own must hold of what it answered, however the daemon ends.
class CachedUnitTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:cached";
  private static final int SECONDS = 60, RUN_SECONDS = 600;
  private static final long LOAD_BYTES = 16 << 20;

  /// Small enough for everything to happen: blocks are given up, and dirty memory runs full.
  private static final String LAYERS =
      "layers: [ { kind: throttle, iops: 20000 }, { kind: cache, mode: write-back, size: 4MiB,"
          + " blockSize: 8KiB, dirtySize: 1MiB, dirtyMillis: 200 } ]";

  /// What has nothing to do with the medium's content is left out, and SANITIZE, which would take
  /// minutes.
  private static final String LEFT_OUT =
      "Sanitize|iSCSI|Reserve6|Prin|Prout|Inquiry|ModeSense|ReportSupported|Multipath|NoMedia";

  @TempDir Path folder;

  /// @param more fields of the unit
  private static String document(String more) {
    return """
    version: 1
    http: { listen: "@HTTP@" }
    portals:
      - { group: 1, listen: "@PORTAL@" }
    targets:
      - name: %s
        units:
          - { lun: 0, store: { kind: file, path: disk.img, size: 64MiB }, %s%s }
    """
        .formatted(TARGET, LAYERS, more);
  }

  private DaemonProcess start(String more) {
    return DaemonProcess.start(folder.resolve("data"), document(more));
  }

  private Path disk() {
    return folder.resolve("data").resolve("disk.img");
  }

  private static VerifyingLoad load(DaemonProcess daemon) {
    return VerifyingLoad.start(daemon.portal, TARGET, LOAD_BYTES, 4, 8, System.nanoTime());
  }

  @Test
  void libiscsiSuite_overAWriteBackCache_noTestFails() throws IOException {
    LibiscsiSuite.assumeFetched();
    try (var daemon = start("")) {
      LibiscsiSuite.check(
          LibiscsiSuite.run("cached", RUN_SECONDS, daemon.url(TARGET, 0), "-s", LEFT_OUT), 100);
    }
  }

  @Test
  void image_convertedThroughTheCache_isTheSameInTheFile() throws IOException {
    Path image = folder.resolve("random.img");
    Tool.run(SECONDS, "dd", "if=/dev/urandom", "of=" + image, "bs=1M", "count=64").wellDone();
    try (var daemon = start("")) {
      String disk = daemon.url(TARGET, 0);
      Tool.run(SECONDS, "qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", "" + image, disk)
          .wellDone();
      Tool.run(SECONDS, "qemu-img", "compare", "-f", "raw", "-F", "raw", "" + image, disk)
          .wellDone();
      assertEquals(0, daemon.terminate(), daemon.log());
    }
    assertEquals(-1, Files.mismatch(image, disk()));
  }

  @Test
  void daemonEnds_whatWasAnsweredIsInTheStore() throws IOException {
    try (var daemon = start("")) {
      try (var load = load(daemon)) {
        for (int i = 0; i < 20; i++) {
          load.awaitProgress("at first", SECONDS);
        }
        load.finish();
        assertEquals(0, daemon.terminate(), daemon.log());
        load.verify(disk());
      }
    }
  }

  /// Each write goes through, whatever layer holds writes back: MODE SELECT need not be sent, it is
  /// how the unit begins.
  @Test
  void daemonIsKilled_withoutAWriteCache_nothingAnsweredIsLost() throws IOException {
    try (var daemon = start(", mode: { writeCache: false }")) {
      try (var load = load(daemon)) {
        for (int i = 0; i < 3; i++) {
          load.awaitProgress("before it is killed", SECONDS);
          daemon.kill();
          daemon.startAgain();
        }
        load.awaitProgress("at last", SECONDS);
        load.finish();
        assertEquals(0, daemon.terminate(), daemon.log());
        load.verify(disk());
      }
    }
  }
}
