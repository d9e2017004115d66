package io.vtgt.daemon;

import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.HostPort;
import java.util.List;
import java.util.Optional;

/// What the command line says in place of the document, for one run. It is never saved.
///
/// @param portals listened on in place of the document's; empty: the document's
/// @param http where the management interface listens in place of the document's
record Overrides(List<Document.Portal> portals, Optional<String> http) {
  static final Overrides NONE = new Overrides(List.of(), Optional.empty());

  Overrides {
    portals = List.copyOf(portals);
  }

  /// The document as this run serves it.
  Document over(Document document) {
    return new Document(
        document.version(),
        http.map(Document.Http::new).orElse(document.http()),
        portals.isEmpty() ? document.portals() : portals,
        document.accounts(),
        document.discovery(),
        document.login(),
        document.limits(),
        document.targets());
  }

  /// Reads `ADDR:PORT` or `ADDR:PORT,GROUP`, the way discovery prints a portal; without a group it
  /// is 1.
  ///
  /// @return empty when it is neither
  static Optional<Document.Portal> portal(String text) {
    int comma = text.indexOf(',');
    var listen = comma < 0 ? text : text.substring(0, comma);
    var group = comma < 0 ? "1" : text.substring(comma + 1);
    return HostPort.parse(listen).isPresent() && group.matches("[1-9][0-9]{0,4}")
        ? Optional.of(new Document.Portal(Integer.parseInt(group), listen, Optional.empty()))
            .filter(it -> it.group() <= 65535)
        : Optional.empty();
  }
}
