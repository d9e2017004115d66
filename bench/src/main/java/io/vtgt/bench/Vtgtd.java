package io.vtgt.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// vtgtd as `bin/vtgtd` starts it.
final class Vtgtd implements AutoCloseable {
  private static final String PREFIX = "iqn.2026-11.io.vtgt.bench:vtgt-";

  private final Process process;
  private final int port = Servers.freePort();

  /// @param targets of the document; see [#target]
  Vtgtd(Path folder, String targets) throws IOException, InterruptedException {
    Path document = folder.resolve("vtgtd.yaml");
    Files.writeString(
        document,
        """
        version: 1
        http: { listen: "127.0.0.1:%d" }
        portals:
          - { group: 1, listen: "127.0.0.1:%d" }
        targets:
        %s\
        """
            .formatted(Servers.freePort(), port, targets));
    process =
        Servers.start(
            folder.resolve("vtgtd.log"),
            List.of(
                Servers.project().resolve("bin/vtgtd").toString(),
                "--config",
                document.toString(),
                "--data",
                folder.resolve("vtgtd-data").toString()));
    Servers.awaitPort(port, process);
  }

  /// A target with one unit, for the document.
  static String target(String name, String store) {
    return """
      - name: %s%s
        units:
          - { lun: 1, store: %s }
    """
        .formatted(PREFIX, name, store);
  }

  /// `null` and `file`.
  static String standardTargets(Path image) {
    return target("null", "{ kind: \"null\", size: 1TiB }")
        + target("file", "{ kind: file, path: \"" + image + "\" }");
  }

  Generator.Subject subject(String store) {
    return new Generator.Subject(
        "vtgtd",
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        PREFIX + store,
        1,
        process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
