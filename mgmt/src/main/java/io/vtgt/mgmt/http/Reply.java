package io.vtgt.mgmt.http;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// An answer, not written down yet.
///
/// @param body a record, or a list or map of them
record Reply(int status, Optional<Object> body, Map<String, String> headers) {

  static Reply ok(Object body) {
    return new Reply(200, Optional.of(body), Map.of());
  }

  static Reply noContent() {
    return new Reply(204, Optional.empty(), Map.of());
  }

  Reply with(String header, String value) {
    var more = new HashMap<>(headers);
    more.put(header, value);
    return new Reply(status, body, Map.copyOf(more));
  }

  Reply withStatus(int status) {
    return new Reply(status, body, headers);
  }

  /// @param version of the document, see [io.vtgt.mgmt.TargetAdmin.Versioned]
  Reply withEtag(String version) {
    return with("ETag", "\"" + version + "\"");
  }
}
