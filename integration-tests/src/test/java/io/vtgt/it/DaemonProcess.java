package io.vtgt.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// A `vtgtd` of its own, started by `bin/vtgtd` as a person starts it, on free loopback ports.
final class DaemonProcess implements AutoCloseable {
  private static final int START_SECONDS = 60;

  final Path data;
  final int portal = freePort();
  final int secondPortal = freePort();
  final int http = freePort();
  private final Path log;
  private final List<String> options;
  private Process process;

  private DaemonProcess(Path data, List<String> options) {
    this.data = data;
    this.log = data.resolveSibling(data.getFileName() + ".log");
    this.options = options;
  }

  /// Starts on the embedded default document and waits until it serves.
  static DaemonProcess start(Path data) {
    return new DaemonProcess(data, List.of()).startAgain();
  }

  /// Starts on a document; `@PORTAL@`, `@PORTAL2@`, `@PORTAL6@` (IPv6) and `@HTTP@` in it stand for
  /// this daemon's addresses.
  static DaemonProcess start(Path data, String document) {
    Path file = data.resolveSibling(data.getFileName() + ".yaml");
    var daemon = new DaemonProcess(data, List.of("--config", file.toString()));
    try {
      Files.writeString(
          file,
          document
              .replace("@PORTAL@", "127.0.0.1:" + daemon.portal)
              .replace("@PORTAL6@", "[::1]:" + daemon.portal)
              .replace("@PORTAL2@", "127.0.0.1:" + daemon.secondPortal)
              .replace("@HTTP@", "127.0.0.1:" + daemon.http));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return daemon.startAgain();
  }

  /// Starts it (again) with the same data, document and ports.
  DaemonProcess startAgain() {
    var command = new ArrayList<String>();
    command.add(Tool.PROJECT.resolve("bin/vtgtd").toString());
    command.addAll(List.of("--data", data.toString()));
    if (options.isEmpty()) {
      command.addAll(List.of("--portal", "127.0.0.1:" + portal, "--http", "127.0.0.1:" + http));
    }
    command.addAll(options);
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("VTGT_JAVA_OPTS", "-ea -Dio.netty.leakDetection.level=paranoid");
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      await("the daemon to serve", START_SECONDS, () -> healthy() || !process.isAlive());
    } catch (AssertionError late) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw late;
    }
    if (!process.isAlive()) {
      throw new AssertionError("vtgtd ended with " + process.exitValue() + "\n" + log());
    }
    return this;
  }

  String portalAddress() {
    return "127.0.0.1:" + portal;
  }

  /// `iscsi://127.0.0.1:PORT/TARGET/LUN`, with `user%secret@` where there is one.
  String url(String target, int lun) {
    return "iscsi://" + portalAddress() + "/" + target + "/" + lun;
  }

  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  HttpResponse<String> put(String path, String contentType, String body) {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", contentType)
            .PUT(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpResponse<String> delete(String path) {
    return send(HttpRequest.newBuilder(uri(path)).DELETE().build());
  }

  /// kill -9.
  void kill() {
    process.destroyForcibly();
    waitForEnd();
  }

  /// SIGTERM.
  ///
  /// @return the exit status
  int terminate() {
    process.destroy();
    return waitForEnd();
  }

  boolean alive() {
    return process.isAlive();
  }

  /// Everything it said so far.
  String log() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Ends it in order and fails when the leak detector or an assertion had something to say.
  @Override
  public void close() {
    if (process.isAlive()) {
      terminate();
    }
    String said = log();
    if (said.contains("LEAK:") || said.contains("AssertionError")) {
      throw new AssertionError("the daemon's log tells of a leak or a failed assertion:\n" + said);
    }
  }

  static void await(String what, int seconds, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + seconds + " s in vain for " + what);
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int waitForEnd() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the daemon did not end within 30 s\n" + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private boolean healthy() {
    try (var client = HttpClient.newHttpClient()) {
      return client
              .send(
                  HttpRequest.newBuilder(uri("/healthz")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> send(HttpRequest request) {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + http + path);
  }
}
