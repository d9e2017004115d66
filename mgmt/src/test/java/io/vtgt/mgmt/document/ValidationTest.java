package io.vtgt.mgmt.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationTest {

  @Test
  void randomDocuments_checked_areRight() {
    for (long seed = 0; seed < 500; seed++) {
      assertEquals(
          List.of(),
          Validation.check(new RandomDocuments(new Random(seed)).document()),
          "seed " + seed);
    }
  }

  @Test
  void accessStates_thatContradict_areAllTold() {
    assertViolations(
        """
        portals: [{group: 1, listen: 127.0.0.1:3260}, {group: 2, listen: 127.0.0.1:3261}]
        targets:
          - name: iqn.2026-11.test:a
            portalGroups: [1]
            alua:
              mode: impliict
              groups: [{group: 3}, {group: 2}, {group: 1, state: asleep}, {group: 1, luns: [0, 1]}, {group: 1, luns: [2, 1]}, {group: 1}]
          - name: iqn.2026-11.test:b
            alua: {mode: off, groups: [{group: 1, luns: [99999]}]}
        """,
        """
        /targets/0/alua/mode: "impliict" (did you mean "implicit"?); allowed are off, implicit, explicit, both
        /targets/0/alua/groups/0/group: there is no portal of group 3
        /targets/0/alua/groups/1/group: the target is not reached through group 2, only through [1]
        /targets/0/alua/groups/2/state: "asleep"; allowed are active-optimized, active-non-optimized, standby, unavailable, offline
        /targets/0/alua/groups/4: of group 1 and the same units something is said already
        /targets/0/alua/groups/5: of group 1 and the same units something is said already
        /targets/1/alua/groups/0: mode is off: nothing can be said of groups
        /targets/1/alua/groups/0/luns/0: 99999; 0 to 16383 are allowed
        """);
  }

  @Test
  void oneMistakeOfEachKind_checked_areAllTold() {
    assertViolations(
        """
        version: 2
        http: {listen: localhost:9260}
        portals:
          - {group: 0, listen: 127.0.0.1}
          - {listen: 127.0.0.1:3260, advertise: "*:3260"}
          - {listen: "[::]:3260"}
        accounts:
          - {name: a, secret: short}
          - {name: a, secret: long enough secret}
          - {name: b, secret: long enough secret}
        discovery: {authentication: {accounts: [c], mutual: d, algorithms: [sha256, MD5, MD5]}}
        login: {keys: {0x: 1, MaxBurstLength: ''}, loginTimeoutSeconds: 0, nopIntervalSeconds: -1, nopTimeoutSeconds: 0, commandWindow: 0}
        limits: {sessions: 0, dataBudgetBytes: 1, storeDeadlineSeconds: 0}
        targets:
          - name: tgt
            alias: ''
            portalGroups: [1, 9, 1]
            access: [{initiators: [''], addresses: [10.0.0.1/8, host, 10.0.0.0/33], luns: [-1]}]
            authentication: {accounts: [b], mutual: b}
            redirect: {address: '0.0.0.0:3260'}
            units:
              - {lun: 16384, store: {}, layers: [{kind: 5}], blockSize: 1024}
              - {lun: 1, name: 'a b', store: {kind: x}, physicalBlockSize: 3000, maxCompareAndWriteBlocks: 256, rotationRate: 2}
              - {lun: 1, name: u, store: {kind: x}, identity: {uuid: 1, naa: 1, serial: '', vendor: too long a vendor, product: "\\t", revision: 00001}}
              - {lun: 2, name: u, store: {kind: x}, lowestAlignedBlock: 1, optimalTransferBlocks: -1, optimalTransferGranularityBlocks: 65536, storeDeadlineSeconds: 3601, thinThreshold: {usedPercent: 100, freeBytes: -1}, identity: {naa: 52004567BA64678D, scsiId: ''}}
              - {lun: 3, store: {kind: x}, blockSize: 4096, physicalBlockSize: 512, identity: {naa: 52004567ba64678d}}
          - {name: eui.02004567A425678D}
          - {name: EUI.02004567a425678d}
        """,
        """
        /version: 2; this program reads version 1
        /http/listen: "localhost:9260" is no address with a port; allowed are 10.0.0.1:3260, [fd00::1]:3260, *:3260 (names are not looked up)
        /portals/0/group: 0; 1 to 65535 are allowed
        /portals/0/listen: "127.0.0.1" is no address with a port; allowed are 10.0.0.1:3260, [fd00::1]:3260, *:3260 (names are not looked up)
        /portals/1/advertise: "*:3260"; ADDRESS:PORT, [IPv6]:PORT or NAME:PORT that initiators can reach is allowed
        /portals/2/listen: [::]:3260 collides with 127.0.0.1:3260 of another portal
        /accounts/0/secret: a secret of 5 bytes; 12 to 255 are allowed
        /accounts/1/name: "a" is in the list already
        /discovery/authentication/accounts/0: there is no account "c" (did you mean "a"?)
        /discovery/authentication/mutual: there is no account "d" (did you mean "a"?)
        /discovery/authentication/algorithms/0: "sha256" (did you mean "SHA-256"?); allowed are SHA3-256, SHA-256, SHA-1, MD5
        /discovery/authentication/algorithms/2: "MD5" is in the list already
        /login/keys/0x: "0x" is no key of a login
        /login/keys/MaxBurstLength: a value of 0 bytes; 1 to 255 are allowed
        /login/loginTimeoutSeconds: 0; 1 to 3600 are allowed
        /login/nopIntervalSeconds: -1; 0 to 86400 are allowed
        /login/nopTimeoutSeconds: 0; 1 to 86400 are allowed
        /login/commandWindow: 0; 1 to 1024 are allowed
        /limits/sessions: 0; 1 to 65535 are allowed
        /limits/dataBudgetBytes: 1; 1048576 to 1099511627776 are allowed
        /limits/storeDeadlineSeconds: 0; 1 to 3600 are allowed
        /targets/0/name: "tgt" is no iSCSI name; allowed are iqn.YYYY-MM.REVERSED-DOMAIN[:TEXT], eui. and 16 hex digits, naa. and 16 or 32 hex digits
        /targets/0/alias: an alias of 0 bytes; 1 to 255 are allowed
        /targets/0/portalGroups/1: there is no portal of group 9
        /targets/0/portalGroups/2: 1 is in the list already
        /targets/0/access/0/initiators/0: ""; an iSCSI name, in which * and ? stand for others, is allowed
        /targets/0/access/0/addresses/0: "10.0.0.1/8" has bits after the first 8; the network is 10.0.0.0/8
        /targets/0/access/0/addresses/1: "host" is no address; allowed are 192.0.2.7, 10.0.0.0/8, fd00::1, fd00::/8
        /targets/0/access/0/addresses/2: "10.0.0.0/33" has 33 bits; 0 to 32 are allowed
        /targets/0/access/0/luns/0: -1; 0 to 16383 are allowed
        /targets/0/authentication/mutual: has the secret of "b", with which initiators prove themselves; the two must differ
        /targets/0/redirect/address: "0.0.0.0:3260"; ADDRESS:PORT, [IPv6]:PORT or NAME:PORT that initiators can reach is allowed
        /targets/0/units/0/lun: 16384; 0 to 16383 are allowed
        /targets/0/units/0/store/kind: a store needs a kind, such as kind: file
        /targets/0/units/0/layers/0/kind: a layer needs a kind, such as kind: file
        /targets/0/units/0/blockSize: 1024; 512 or 4096 are allowed
        /targets/0/units/1/name: "a b"; 1 to 128 printable characters without spaces are allowed
        /targets/0/units/1/physicalBlockSize: 3000; a power of two from 512 to 16777216 is allowed
        /targets/0/units/1/maxCompareAndWriteBlocks: 256; 0 to 255 are allowed
        /targets/0/units/1/rotationRate: 2; 0 (not reported), 1 (not rotating) or 1025 to 65534 revolutions a minute are allowed
        /targets/0/units/2/identity/uuid: "1" is no UUID of 36 characters
        /targets/0/units/2/identity/naa: "1"; 16 hex digits that begin with 2, 3 or 5, or 32 that begin with 6 are allowed
        /targets/0/units/2/identity/serial: ""; 1 to 36 printable ASCII characters are allowed
        /targets/0/units/2/identity/vendor: "too long a vendor"; 1 to 8 printable ASCII characters are allowed
        /targets/0/units/2/identity/product: "\t"; 1 to 16 printable ASCII characters are allowed
        /targets/0/units/2/identity/revision: "00001"; 1 to 4 printable ASCII characters are allowed
        /targets/0/units/3/lowestAlignedBlock: 1; 0 to 0 are allowed
        /targets/0/units/3/optimalTransferBlocks: -1; 0 to 2147483647 are allowed
        /targets/0/units/3/optimalTransferGranularityBlocks: 65536; 0 to 65535 are allowed
        /targets/0/units/3/storeDeadlineSeconds: 3601; 0 to 3600 are allowed
        /targets/0/units/3/thinThreshold/usedPercent: 100; 0 to 99 are allowed
        /targets/0/units/3/thinThreshold/freeBytes: -1; 0 to 9223372036854775807 are allowed
        /targets/0/units/3/identity/scsiId: ""; 1 to 36 printable ASCII characters are allowed
        /targets/0/units/4/physicalBlockSize: 512; a power of two from 4096 to 134217728 is allowed
        /targets/0/units/2/lun: 1 is in the list already
        /targets/2/name: "eui.02004567a425678d" is in the list already
        /targets/0/units/3/name: "u" is that of unit 1 of tgt already
        /targets/0/units/4/identity/naa: "52004567ba64678d" is that of unit 2 of tgt already
        """);
  }

  @Test
  void mutualWithoutAccounts_checked_isWrong() {
    assertViolations(
        "{accounts: [{name: a, secret: long enough secret}], discovery: {authentication: {mutual:"
            + " a}}}",
        "/discovery/authentication/mutual: the target proves itself only to initiators that do;"
            + " accounts is empty\n");
  }

  @Test
  void portalAtTheManagementAddress_checked_isWrong() {
    assertViolations(
        "portals: [{listen: '*:9260'}]",
        "/portals/0/listen: *:9260 collides with 127.0.0.1:9260 of the management interface\n");
  }

  @Test
  void anySecret_inAWrongDocument_isNeverTold() {
    var told =
        Validation.check(
                read(
                    "{accounts: [{name: a, secret: hush}, {name: b, secret: hush}, {name: b,"
                        + " secret: hush}], discovery: {authentication: {accounts: [a, c], mutual:"
                        + " b}}}"))
            .toString();
    assertTrue(!told.isEmpty() && !told.contains("hush"), told);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "iqn.2001-04.com.example",
        "iqn.2001-04.com.example:storage:diskarrays-sn-a8675309",
        "iqn.1993-08.org.debian:01:5d3f",
        "eui.02004567A425678D",
        "naa.52004567BA64678D",
        "naa.62004567BA64678D0123456789ABCDEF",
        "iqn.2001-04.com.example:\u4e2d\u6587"
      })
  void goodName_checked_isRight(String name) {
    assertEquals(Optional.empty(), IscsiName.fault(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "iqn",
        "iqn.2001.com",
        "iqn.2001-13.com.example",
        "iqn.2001-04.",
        "iqn.2001-04.:x",
        "iqn.2001-04.Com.example",
        "iqn.2001-04.com.example:a_b",
        "iqn.2001-04.com.example:a b",
        "iqn.2001-04.com.example:a/b",
        "eui.1",
        "eui.02004567A425678G",
        "naa.1234567",
        "iqn.2001-04.com.example:\uff21"
      })
  void badName_checked_isWrong(String name) {
    assertTrue(IscsiName.fault(name).isPresent());
  }

  @Test
  void nameOf223Bytes_checked_isTheLongest() {
    var name = "iqn.2001-04.com.example:";
    name += "x".repeat(223 - name.length());
    assertTrue(IscsiName.fault(name).isEmpty());
    assertTrue(IscsiName.fault(name + "x").isPresent());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          127.0.0.1:3260   | false
          0.0.0.0:0        | true
          *:65535          | true
          [::]:3260        | true
          [::1]:3260       | false
          [fe80::1%eth0]:1 | false
          [::ffff:10.0.0.1]:1 | false
          """)
  void goodAddress_parsed_isPrintedAsWritten(String text, boolean wildcard) {
    var parsed = HostPort.parse(text).orElseThrow();
    assertEquals(text, parsed.toString());
    assertEquals(wildcard, parsed.wildcard());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.1:3260",
        "127.0.0.256:1",
        "::1:3260",
        "[::1]",
        "[127.0.0.1]:1",
        "[:::]:1",
        "[::1%]:1",
        "localhost:1",
        "[*]:1",
        "1.2.3.4:1:2",
        "127.0.0.1:+1",
        "1:1"
      })
  void badAddress_parsed_isNone(String text) {
    assertEquals(Optional.empty(), HostPort.parse(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0        | 0
          512      | 512
          512B     | 512
          4K       | 4096
          4KiB     | 4096
          1.5 GiB  | 1610612736
          7E       | 8070450532247928832
          9223372036854775807 | 9223372036854775807
          """)
  void goodSize_parsed_isBytes(String text, long bytes) {
    assertEquals(bytes, ByteSize.parse(text).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "1kb",
        "1GB",
        "8E",
        "1.3KiB",
        "9223372036854775808",
        "1 ",
        "KiB",
        "0x10",
        "1e3"
      })
  void badSize_parsed_isNone(String text) {
    assertTrue(ByteSize.parse(text).isEmpty());
  }

  private static void assertViolations(String yaml, String expected) {
    var violations = Validation.check(read(yaml));
    assertEquals(
        expected,
        String.join(
            "", violations.stream().map(it -> it.pointer() + ": " + it.message() + "\n").toList()));
  }

  private static Document read(String yaml) {
    return DocumentFormat.YAML.read(yaml, Document.class).orElseThrow();
  }
}
