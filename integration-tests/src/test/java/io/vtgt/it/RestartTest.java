package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What was configured and what was flushed is there again, however the daemon ended.
class RestartTest {
  private static final int FLAT_SPACE = 0x4000;
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:restart";

  @TempDir Path folder;

  @Test
  void configuredByHttp_thenKilled_startsWithTheSameTargetsUnitsAndIdentities() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      var added =
          daemon.post(
              "/v1/targets",
              """
              {"name": "%s", "units": [
                {"lun": 0, "store": {"kind": "file", "path": "a.img", "size": "64MiB"}},
                {"lun": 300, "store": {"kind": "file", "path": "b.img", "size": "32MiB"}}]}\
              """
                  .formatted(TARGET));
      assertEquals(2, added.statusCode() / 100, added.body());
      String config = daemon.get("/v1/config").body();
      String inquiry = identification(daemon, 0) + identification(daemon, 300);
      assertTrue(config.contains(TARGET), config);

      daemon.kill();
      daemon.startAgain();

      assertEquals(config, daemon.get("/v1/config").body());
      assertEquals(inquiry, identification(daemon, 0) + identification(daemon, 300));
    }
  }

  @Test
  void flushedData_survivesKill() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      assertEquals(
          2,
          daemon
                  .post(
                      "/v1/targets",
                      """
                      {"name": "%s", "units": [
                        {"lun": 0, "store": {"kind": "file", "path": "a.img", "size": "64MiB"}}]}\
                      """
                          .formatted(TARGET))
                  .statusCode()
              / 100);
      String disk = daemon.url(TARGET, 0);
      Tool.run(60, "qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 8M", "-c", "flush", disk)
          .wellDone();
      daemon.kill();
      daemon.startAgain();
      var read = Tool.run(60, "qemu-io", "-f", "raw", "-c", "read -P 0x5a 1M 8M", disk).wellDone();
      assertTrue(!read.output().contains("Pattern verification failed"), read.toString());
    }
  }

  @Test
  void sigterm_endsWithZero() {
    try (var daemon = DaemonProcess.start(folder.resolve("data"))) {
      assertEquals(0, daemon.terminate(), daemon.log());
    }
  }

  /// VPD page 83h as iscsi-inq prints it. Units from 256 on are addressed in the flat space form,
  /// which libiscsi wants spelled out (SAM-5, Flat space addressing method).
  private static String identification(DaemonProcess daemon, int lun) {
    return Tool.run(
            20,
            "iscsi-inq",
            "-e",
            "1",
            "-c",
            "131",
            daemon.url(TARGET, lun < 256 ? lun : FLAT_SPACE | lun))
        .wellDone()
        .output();
  }
}
