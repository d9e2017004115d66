package io.vtgt.daemon;

import io.vtgt.mgmt.document.HostPort;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/// Addresses as the document and the sessions write them, as the network wants them.
final class Addresses {
  private Addresses() {}

  /// What to bind for `ADDR:PORT`, `[v6]:PORT` or `*:PORT`.
  ///
  /// @param text has passed [io.vtgt.mgmt.document.Validation]
  static InetSocketAddress toBind(String text) {
    var address = HostPort.parse(text).orElseThrow();
    return new InetSocketAddress(
        address.host().equals("*") ? everyAddress() : literal(address.host()), address.port());
  }

  /// `::` takes in IPv4 as well, but not on a machine without IPv6.
  private static InetAddress everyAddress() {
    try {
      boolean v6 =
          NetworkInterface.networkInterfaces()
              .flatMap(NetworkInterface::inetAddresses)
              .anyMatch(Inet6Address.class::isInstance);
      return InetAddress.ofLiteral(v6 ? "::" : "0.0.0.0");
    } catch (SocketException _) {
      return InetAddress.ofLiteral("0.0.0.0");
    }
  }

  /// The address in `ADDR:PORT`, `[v6]:PORT`, or an address without a port.
  static InetAddress host(String text) {
    return HostPort.parse(text)
        .map(it -> literal(it.host()))
        .orElseGet(() -> literal(text.replace("[", "").replace("]", "")));
  }

  /// The same for somebody on this machine: a wildcard is reached on the loopback.
  static String reachable(String text) {
    return HostPort.parse(text)
        .filter(HostPort::wildcard)
        .map(it -> (it.host().contains(":") ? "[::1]:" : "127.0.0.1:") + it.port())
        .orElse(text);
  }

  /// An IP address, with an interface where it has a scope (`fe80::1%eth0`).
  private static InetAddress literal(String text) {
    return InetAddress.ofLiteral(text);
  }
}
