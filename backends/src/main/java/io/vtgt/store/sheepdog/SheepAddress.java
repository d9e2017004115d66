package io.vtgt.store.sheepdog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where a `sheep` listens.
///
/// @param host name or address, without brackets
record SheepAddress(String host, int port) {
  static final int DEFAULT_PORT = 7000;

  static final String SYNTAX =
      "host[:port], several with commas between them or as a list; IPv6 as [::1]:7000";

  /// @param value text, or a list of texts
  /// @return empty when any of it is no address
  static Optional<List<SheepAddress>> parseAll(Object value) {
    List<SheepAddress> addresses = new ArrayList<>();
    List<?> parts = value instanceof List<?> list ? list : List.of(value);
    for (Object part : parts) {
      if (!(part instanceof String text)) {
        return Optional.empty();
      }
      for (String each : text.split(",", -1)) {
        Optional<SheepAddress> address = parse(each.strip());
        if (address.isEmpty()) {
          return Optional.empty();
        }
        addresses.add(address.get());
      }
    }
    return addresses.isEmpty() ? Optional.empty() : Optional.of(addresses);
  }

  private static Optional<SheepAddress> parse(String text) {
    String host = text;
    String port = "";
    int bracket = text.indexOf(']');
    if (text.startsWith("[") && bracket > 0) {
      host = text.substring(1, bracket);
      port = text.substring(bracket + 1);
      if (!port.isEmpty() && !port.startsWith(":")) {
        return Optional.empty();
      }
    } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
      host = text.substring(0, text.indexOf(':'));
      port = text.substring(text.indexOf(':'));
    }
    if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || c == '[' || c == ']')) {
      return Optional.empty();
    }
    if (port.isEmpty()) {
      return Optional.of(new SheepAddress(host, DEFAULT_PORT));
    }
    try {
      int number = Integer.parseInt(port.substring(1));
      return number < 1 || number > 65535
          ? Optional.empty()
          : Optional.of(new SheepAddress(host, number));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
