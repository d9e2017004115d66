package io.vtgt.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Debian's tgtd on a control port and a portal of its own.
final class Tgtd implements AutoCloseable {
  private static final String PREFIX = "iqn.2026-11.io.vtgt.bench:tgt-";

  private final Process process;
  private final int port = Servers.freePort();
  private final String control = String.valueOf(20_000 + ProcessHandle.current().pid() % 10_000);

  Tgtd(Path folder) throws IOException, InterruptedException {
    process =
        Servers.start(
            folder.resolve("tgtd.log"),
            List.of("tgtd", "-f", "-C", control, "--iscsi", "portal=127.0.0.1:" + port));
    Servers.awaitPort(port, process);
  }

  /// With units of the types null, rdwr and aio.
  ///
  /// @param span bytes of the file of the last two
  static Tgtd standard(Path folder, long span) throws IOException, InterruptedException {
    var tgtd = new Tgtd(folder);
    Path image = folder.resolve("tgtd.img");
    Servers.fill(image, span);
    tgtd.unit(1, "null", "null", "dummy");
    tgtd.unit(2, "file", "rdwr", image.toString());
    tgtd.unit(3, "aio", "aio", image.toString());
    return tgtd;
  }

  Generator.Subject subject(String store) {
    return new Generator.Subject(
        "tgtd",
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        PREFIX + store,
        1,
        process.pid());
  }

  /// A target with one unit.
  ///
  /// @param more further words of tgtadm
  void unit(int tid, String name, String type, String path, String... more)
      throws IOException, InterruptedException {
    String t = String.valueOf(tid);
    tgtadm("target", "new", "--tid", t, "-T", PREFIX + name);
    var words = new ArrayList<>(List.of("--tid", t, "--lun", "1", "-b", path, "--bstype", type));
    words.addAll(List.of(more));
    tgtadm("logicalunit", "new", words.toArray(String[]::new));
    tgtadm("target", "bind", "--tid", t, "-I", "ALL");
  }

  private void tgtadm(String mode, String operation, String... words)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("tgtadm", "-C", control, "--lld", "iscsi"));
    command.addAll(List.of("--mode", mode, "--op", operation));
    command.addAll(List.of(words));
    Servers.run(command);
  }

  @Override
  public void close() {
    // tgtd ignores SIGTERM.
    process.destroyForcibly().onExit().join();
  }
}
