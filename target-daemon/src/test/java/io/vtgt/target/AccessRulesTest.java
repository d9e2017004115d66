package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.target.AccessRules.Prefix;
import io.vtgt.target.AccessRules.Rule;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessRulesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # pattern            | name             | matches
          iqn.2026-11.lab:a    | iqn.2026-11.lab:a | true
          iqn.2026-11.lab:a    | iqn.2026-11.lab:b | false
          iqn.2026-11.lab:a    | iqn.2026-11.lab:ab | false
          *                    | iqn.x            | true
          **                   | x                | true
          iqn.*:host?          | iqn.2026:host7   | true
          iqn.*:host?          | iqn.2026:host    | false
          iqn.*:host?          | iqn.2026:host77  | false
          *a*b                 | xaxbxab          | true
          *a*b                 | xaxbxa           | false
          a*                   | a                | true
          ?                    | ''               | false
          *                    | ''               | true
          ''                   | a                | false
          """)
  void names_matchWithWildcards(String pattern, String name, boolean matches) {
    assertEquals(matches, Rule.matches(pattern, name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # prefix    | bits | address          | holds
          10.0.0.0    | 8    | 10.255.1.2       | true
          10.0.0.0    | 8    | 11.0.0.1         | false
          10.0.0.128  | 25   | 10.0.0.129       | true
          10.0.0.128  | 25   | 10.0.0.127       | false
          10.0.0.1    |      | 10.0.0.1         | true
          10.0.0.1    |      | 10.0.0.2         | false
          0.0.0.0     | 0    | 203.0.113.9      | true
          0.0.0.0     | 0    | ::1              | false
          fd00::      | 8    | fdff::1          | true
          fd00::      | 8    | fe80::1          | false
          fd00::      | 7    | fc00::1          | true
          ::1         |      | ::1              | true
          """)
  void addresses_matchByPrefix(String prefix, Integer bits, String address, boolean holds)
      throws UnknownHostException {
    var length = bits == null ? OptionalInt.empty() : OptionalInt.of(bits);
    assertEquals(
        holds,
        new Prefix(InetAddress.getByName(prefix), length).holds(InetAddress.getByName(address)));
  }

  @Test
  void address_mappedIntoIpv6_countsAsTheIpv4AddressItIs() throws UnknownHostException {
    byte[] mapped = new byte[16];
    mapped[10] = mapped[11] = -1;
    mapped[12] = 10;
    var address = Inet6Address.getByAddress(null, mapped, -1);
    var ten = new Prefix(InetAddress.getByName("10.0.0.0"), OptionalInt.of(8));
    assertTrue(ten.holds(address));
    mapped[12] = 11;
    assertFalse(ten.holds(Inet6Address.getByAddress(null, mapped, -1)));
  }

  @Test
  void prefix_longerThanTheAddress_isRefused() throws UnknownHostException {
    InetAddress v4 = InetAddress.getByName("10.0.0.0");
    assertThrows(IllegalArgumentException.class, () -> new Prefix(v4, OptionalInt.of(33)));
    assertThrows(IllegalArgumentException.class, () -> new Prefix(v4, OptionalInt.of(-1)));
  }

  @Test
  void rules_showTheUnitsOfEveryRuleThatMatches() throws UnknownHostException {
    InetAddress inside = InetAddress.getByName("10.0.0.7");
    InetAddress outside = InetAddress.getByName("192.0.2.7");
    var ten = new Prefix(InetAddress.getByName("10.0.0.0"), OptionalInt.of(8));
    var rules =
        new AccessRules(
            List.of(
                new Rule(List.of("*:a"), List.of(), List.of(1)),
                new Rule(List.of("*:a", "*:b"), List.of(ten), List.of(2, 3))));
    assertTrue(rules.shows("x:a", outside, 1));
    assertFalse(rules.shows("x:a", outside, 2));
    assertTrue(rules.shows("x:a", inside, 1));
    assertTrue(rules.shows("x:a", inside, 3));
    assertFalse(rules.shows("x:a", inside, 4));
    assertTrue(rules.admits("x:b", inside));
    assertFalse(rules.admits("x:b", outside));
    assertFalse(rules.admits("x:c", inside));
    assertFalse(new AccessRules(List.of()).admits("x:a", inside));
    assertTrue(AccessRules.EVERYONE.shows("anyone", outside, 77));
  }
}
