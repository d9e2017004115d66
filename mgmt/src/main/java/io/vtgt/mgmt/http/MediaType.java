package io.vtgt.mgmt.http;

import io.vtgt.mgmt.document.DocumentFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Names of the two formats on the wire. YAML's own name is young (RFC 9512), its elder ones are
/// understood.
final class MediaType {
  private static final List<String> JSON = List.of("application/json", "text/json");
  private static final List<String> YAML =
      List.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml");

  private MediaType() {}

  static Optional<DocumentFormat> format(String mediaType) {
    var name = mediaType.toLowerCase(Locale.ROOT);
    if (JSON.contains(name) || name.endsWith("+json")) {
      return Optional.of(DocumentFormat.JSON);
    }
    return YAML.contains(name) ? Optional.of(DocumentFormat.YAML) : Optional.empty();
  }

  /// The Content-Type of an answer.
  static String name(DocumentFormat format, boolean problem) {
    return switch (format) {
      case JSON -> problem ? "application/problem+json" : "application/json";
      case YAML -> problem ? "application/problem+yaml" : "application/yaml";
    };
  }
}
