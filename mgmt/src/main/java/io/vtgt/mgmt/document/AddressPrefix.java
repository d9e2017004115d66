package io.vtgt.mgmt.document;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/// Ranges of IP addresses as access rules write them: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`.
final class AddressPrefix {
  private static final Pattern SHAPE = Pattern.compile("(?<address>[^/%]+)(/(?<bits>\\d{1,3}))?");

  private AddressPrefix() {}

  /// What is wrong with a prefix; empty when nothing is.
  static Optional<String> fault(String text) {
    var match = SHAPE.matcher(text);
    if (!match.matches() || !isAddress(match.group("address"))) {
      return Optional.of(
          "\"" + text + "\" is no address; allowed are 192.0.2.7, 10.0.0.0/8, fd00::1, fd00::/8");
    }
    if (match.group("bits") == null) {
      return Optional.empty();
    }
    var address = InetAddress.ofLiteral(match.group("address")).getAddress();
    int bits = Integer.parseInt(match.group("bits"));
    if (bits > address.length * 8) {
      return Optional.of(
          "\"" + text + "\" has " + bits + " bits; 0 to " + address.length * 8 + " are allowed");
    }
    var network = masked(address, bits);
    return Arrays.equals(network, address)
        ? Optional.empty()
        : Optional.of(
            "\""
                + text
                + "\" has bits after the first "
                + bits
                + "; the network is "
                + print(network)
                + "/"
                + bits);
  }

  private static boolean isAddress(String text) {
    return HostPort.isV4(text) || HostPort.isV6(text);
  }

  private static byte[] masked(byte[] address, int bits) {
    var network = address.clone();
    for (int i = 0; i < network.length; i++) {
      int kept = Math.clamp(bits - i * 8, 0, 8);
      network[i] &= (byte) (0xFF00 >> kept);
    }
    return network;
  }

  private static String print(byte[] address) {
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
