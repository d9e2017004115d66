package io.vtgt.mgmt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of vtgt, as the build wrote it: `vtgtd` and `vtgtadm` tell the same.
public final class ProgramVersion {
  /// Such as `1.0.0`; with `-SNAPSHOT` between releases.
  public static final String TEXT = read();

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
