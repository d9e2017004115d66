package io.vtgt.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of the program, as the build wrote it.
final class ProgramVersion {
  static final String TEXT = read();

  private ProgramVersion() {}

  private static String read() {
    try (var in = ProgramVersion.class.getResourceAsStream("version.properties")) {
      var properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
