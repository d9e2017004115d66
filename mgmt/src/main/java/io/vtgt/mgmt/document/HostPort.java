package io.vtgt.mgmt.document;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/// A host and a TCP port as the document writes them: `10.0.0.1:3260`, `[fd00::1]:3260`, `*:3260`,
/// and where names are allowed `gateway.example:3260`. Nothing is ever looked up.
///
/// @param host without brackets; `*` is every address of the machine
/// @param port 0 to 65535
public record HostPort(String host, int port) {
  private static final Pattern V4 = Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}");
  private static final Pattern NAME =
      Pattern.compile(
          "(?=.{1,253}$)(?!\\d+(\\.\\d+)*$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
              + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");
  private static final Pattern SHAPE =
      Pattern.compile("(?:\\[(?<v6>[^\\]]*)\\]|(?<other>[^:\\[\\]]*)):(?<port>\\d{1,5})");

  /// @return empty when `text` is not an IP address, or `*`, with a port
  public static Optional<HostPort> parse(String text) {
    return parseAny(text).filter(it -> !it.isName());
  }

  /// As [#parse], but the host may be a DNS name too.
  static Optional<HostPort> parseAny(String text) {
    var match = SHAPE.matcher(text);
    if (!match.matches() || Integer.parseInt(match.group("port")) > 65535) {
      return Optional.empty();
    }
    int port = Integer.parseInt(match.group("port"));
    if (match.group("v6") != null) {
      var v6 = match.group("v6");
      return isV6(v6) ? Optional.of(new HostPort(v6, port)) : Optional.empty();
    }
    var host = match.group("other");
    return host.equals("*") || isV4(host) || NAME.matcher(host).matches()
        ? Optional.of(new HostPort(host, port))
        : Optional.empty();
  }

  /// Whether it stands for every address of the machine: `*`, `0.0.0.0` or `::`.
  public boolean wildcard() {
    return host.equals("*") || literal(host).filter(InetAddress::isAnyLocalAddress).isPresent();
  }

  /// Whether both cannot be listened on at once: one address, or a wildcard that takes in the
  /// other. A wildcard of IPv6 takes in IPv4 as well, as dual-stack sockets do.
  boolean collidesWith(HostPort other) {
    return port == other.port
        && port != 0
        && (wildcard() || other.wildcard() || literal(host).equals(literal(other.host)));
  }

  private boolean isName() {
    return !host.equals("*") && !isV4(host) && !isV6(host);
  }

  static boolean isV4(String text) {
    return V4.matcher(text).matches() && literal(text).isPresent();
  }

  /// A scope (`fe80::1%eth0`) is allowed; whether there is such an interface is not asked.
  static boolean isV6(String text) {
    int scope = text.indexOf('%');
    var address = scope < 0 ? text : text.substring(0, scope);
    return address.contains(":") && scope != text.length() - 1 && literal(address).isPresent();
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      int scope = text.indexOf('%');
      return Optional.of(InetAddress.ofLiteral(scope < 0 ? text : text.substring(0, scope)));
    } catch (IllegalArgumentException notAnAddress) {
      return Optional.empty();
    }
  }

  /// As the document writes it.
  @Override
  public String toString() {
    return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
  }
}
