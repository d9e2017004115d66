package io.vtgt.target;

import java.net.InetAddress;
import java.util.List;
import java.util.OptionalInt;

/// Who may log in to a target, and which units they see. Immutable.
///
/// @param rules tried in order; an initiator sees the units of every rule that matches it. None:
///   nobody.
public record AccessRules(List<Rule> rules) {

  /// Matches when one of the name patterns AND one of the address prefixes match.
  ///
  /// @param initiators names with `*` and `?`; empty matches every name
  /// @param addresses prefixes; empty matches every address
  /// @param luns unit numbers; empty is all units
  public record Rule(List<String> initiators, List<Prefix> addresses, List<Integer> luns) {}

  /// An address prefix.
  ///
  /// @param bits 0 to 32 (IPv4) or 128 (IPv6); empty is the whole address
  public record Prefix(InetAddress address, OptionalInt bits) {}

  public static final AccessRules EVERYONE =
      new AccessRules(List.of(new Rule(List.of(), List.of(), List.of())));

  /// May this initiator log in at all?
  public boolean admits(String initiatorName, InetAddress address) {
    throw new UnsupportedOperationException();
  }

  /// May this initiator see unit `lun`?
  public boolean shows(String initiatorName, InetAddress address, int lun) {
    throw new UnsupportedOperationException();
  }
}
