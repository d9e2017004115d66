package io.vtgt.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// Starting and feeding the servers that are compared.
final class Servers {
  private static final int START_SECONDS = 30;

  private Servers() {}

  static Process start(Path log, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  static void run(List<String> command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).inheritIO().start();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + process.exitValue());
    }
  }

  static void awaitPort(int port, Process process) throws IOException, InterruptedException {
    long end = System.nanoTime() + START_SECONDS * 1_000_000_000L;
    while (true) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
        return;
      } catch (IOException notYet) {
        if (!process.isAlive() || System.nanoTime() > end) {
          process.destroyForcibly();
          throw new IOException(
              "no server at port " + port + ": " + process.info().commandLine().orElse("ended"),
              notYet);
        }
        Thread.sleep(50);
      }
    }
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Writes random data, so that no block is a hole and all of it is in the page cache. In blocks
  /// of 4 KiB, as the load will: larger writes make large folios, and then every small write of
  /// either server pays for the file system's walk over the whole folio (ext4 of Linux 6.18: 15 to
  /// 25 µs).
  static void fill(Path image, long bytes) throws IOException {
    if (Files.exists(image) && Files.size(image) == bytes) {
      return;
    }
    var random = new SplittableRandom(1);
    byte[] block = new byte[4096];
    try (var file =
        FileChannel.open(
            image,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (long at = 0; at < bytes; at += block.length) {
        random.nextBytes(block);
        file.write(ByteBuffer.wrap(block));
      }
      file.force(true);
    }
  }

  static Path project() {
    return Path.of(System.getProperty("vtgt.home", "."));
  }

  static void deleteFolder(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
