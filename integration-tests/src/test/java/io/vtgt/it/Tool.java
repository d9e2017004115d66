package io.vtgt.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs a client program to its end and keeps what it said.
///
/// @param exit status; -1 when it was ended because it took too long
/// @param output of both streams
record Tool(List<String> command, int exit, String output) {

  /// The top folder of the project, wherever Maven was started.
  static final Path PROJECT = projectFolder();

  /// Runs a program; skips the test when it is not installed.
  static Tool run(long seconds, String... command) {
    return run(seconds, Map.of(), command);
  }

  static Tool run(long seconds, Map<String, String> environment, String... command) {
    try {
      Path said = Files.createTempFile("vtgt-it", ".out");
      try {
        int exit = run(said, seconds, environment, command);
        return new Tool(List.of(command), exit, text(Files.readAllBytes(said)));
      } finally {
        Files.delete(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What was said: some programs print binary fields as they are, and then a byte is a character.
  private static String text(byte[] said) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(said)).toString();
    } catch (CharacterCodingException e) {
      return new String(said, StandardCharsets.ISO_8859_1);
    }
  }

  /// Runs a program that says much; fails when it does not end well.
  ///
  /// @param said where both its streams go
  static void runInto(Path said, long seconds, String... command) {
    int exit = run(said, seconds, Map.of(), command);
    if (exit != 0) {
      throw new AssertionError(new Tool(List.of(command), exit, "(see " + said + ")"));
    }
  }

  private static int run(
      Path said, long seconds, Map<String, String> environment, String... command) {
    assumeTrue(installed(command[0]), command[0] + " is not installed (bin/test installs it)");
    try {
      var builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.environment().putAll(environment);
      Process process = builder.start();
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      return ended ? process.exitValue() : -1;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static boolean installed(String program) {
    if (program.contains("/")) {
      return Files.isExecutable(Path.of(program));
    }
    for (String folder : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /// This, when it ended well; otherwise an error with everything it said.
  Tool wellDone() {
    if (exit != 0) {
      throw new AssertionError(this);
    }
    return this;
  }

  @Override
  public String toString() {
    return String.join(" ", command) + "\nexit " + exit + "\n" + output;
  }

  private static Path projectFolder() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(folder.resolve("bin/vtgtd"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new AssertionError("not started inside the project");
      }
    }
    return folder;
  }
}
