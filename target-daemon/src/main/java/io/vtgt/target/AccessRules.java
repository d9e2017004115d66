package io.vtgt.target;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// Who may log in to a target, and which units they see. Immutable.
///
/// @param rules an initiator sees the units of every rule that matches it. None: nobody.
public record AccessRules(List<Rule> rules) {

  /// Matches when one of the name patterns AND one of the address prefixes match.
  ///
  /// @param initiators names with `*` and `?`; empty matches every name
  /// @param addresses prefixes; empty matches every address
  /// @param luns unit numbers; empty is all units
  public record Rule(List<String> initiators, List<Prefix> addresses, List<Integer> luns) {
    public Rule {
      initiators = List.copyOf(initiators);
      addresses = List.copyOf(addresses);
      luns = List.copyOf(luns);
    }

    boolean matches(String initiatorName, InetAddress address) {
      return (initiators.isEmpty()
              || initiators.stream().anyMatch(pattern -> matches(pattern, initiatorName)))
          && (addresses.isEmpty() || addresses.stream().anyMatch(prefix -> prefix.holds(address)));
    }

    /// Walks both once, going back only to the last `*`: linear for names, and never exponential.
    static boolean matches(String pattern, String name) {
      int p = 0;
      int star = -1;
      int resume = 0;
      for (int n = 0; n < name.length(); ) {
        char wanted = p < pattern.length() ? pattern.charAt(p) : 0;
        if (wanted == '*') {
          star = p++;
          resume = n;
        } else if (p < pattern.length() && (wanted == '?' || wanted == name.charAt(n))) {
          p++;
          n++;
        } else if (star >= 0) {
          p = star + 1;
          n = ++resume;
        } else {
          return false;
        }
      }
      while (p < pattern.length() && pattern.charAt(p) == '*') {
        p++;
      }
      return p == pattern.length();
    }
  }

  /// An address prefix.
  ///
  /// @param bits 0 to 32 (IPv4) or 128 (IPv6); empty is the whole address
  public record Prefix(InetAddress address, OptionalInt bits) {
    public Prefix {
      int most = address.getAddress().length * 8;
      if (bits.isPresent() && (bits.getAsInt() < 0 || bits.getAsInt() > most)) {
        throw new IllegalArgumentException(
            "prefix of " + bits.getAsInt() + " bits, allowed are 0 to " + most);
      }
    }

    /// True for an address of the same family whose first bits are the same. An IPv4 address that
    /// came through an IPv6 socket (IPv4-mapped, `::ffff:a.b.c.d`) counts as the IPv4 address it
    /// is.
    public boolean holds(InetAddress candidate) {
      byte[] wanted = address.getAddress();
      byte[] got = unmapped(candidate.getAddress());
      if (wanted.length != got.length) {
        return false;
      }
      int left = bits.orElse(wanted.length * 8);
      for (int at = 0; left > 0; at++, left -= 8) {
        int mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
        if (((wanted[at] ^ got[at]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }

    private static byte[] unmapped(byte[] address) {
      boolean mapped = address.length == 16 && address[10] == -1 && address[11] == -1;
      for (int at = 0; mapped && at < 10; at++) {
        mapped = address[at] == 0;
      }
      return mapped ? Arrays.copyOfRange(address, 12, 16) : address;
    }
  }

  public static final AccessRules EVERYONE =
      new AccessRules(List.of(new Rule(List.of(), List.of(), List.of())));

  public AccessRules {
    rules = List.copyOf(rules);
  }

  /// May this initiator log in at all?
  public boolean admits(String initiatorName, InetAddress address) {
    return rules.stream().anyMatch(rule -> rule.matches(initiatorName, address));
  }

  /// May this initiator see unit `lun`?
  public boolean shows(String initiatorName, InetAddress address, int lun) {
    return rules.stream()
        .anyMatch(
            rule ->
                (rule.luns().isEmpty() || rule.luns().contains(lun))
                    && rule.matches(initiatorName, address));
  }
}
