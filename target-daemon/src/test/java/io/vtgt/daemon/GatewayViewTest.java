package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.daemon.Running.BoundPortal;
import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.iscsi.Gateway;
import io.vtgt.iscsi.login.ChapAlgorithm;
import io.vtgt.iscsi.login.LoginPolicy;
import io.vtgt.iscsi.login.LoginPolicy.Admitted;
import io.vtgt.iscsi.login.LoginPolicy.Redirected;
import io.vtgt.iscsi.login.LoginPolicy.Refused;
import io.vtgt.iscsi.login.LoginStatus;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.target.Target;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayViewTest {
  private static final String HOST = "iqn.2026-11.test:host", OPEN = "iqn.2026-11.test:open";

  private static final Document DOCUMENT =
      DocumentFormat.YAML
          .read(
              """
              version: 1
              portals:
                - {group: 1, listen: "10.0.0.1:3260"}
                - {group: 2, listen: "10.0.0.2:3260"}
              accounts:
                - {name: in, secret: secret-of-the-host}
                - {name: out, secret: secret-of-the-target}
              discovery:
                authentication: {accounts: [in]}
              login:
                commandWindow: 65535
              targets:
                - {name: "iqn.2026-11.test:open", alias: open to all}
                - {name: "iqn.2026-11.test:second", portalGroups: [2]}
                - name: "iqn.2026-11.test:masked"
                  access:
                    - {initiators: ["iqn.2026-11.test:host"], addresses: [10.0.0.0/8]}
                - name: "iqn.2026-11.test:chap"
                  authentication: {accounts: [in], mutual: out, algorithms: [SHA-256, MD5]}
                - name: "iqn.2026-11.test:moved"
                  redirect: {address: "10.0.0.9:3260", permanent: true}
              """,
              Document.class)
          .orElseThrow();

  private static GatewayView view(BoundPortal... portals) {
    var running = Running.nothingOf(DOCUMENT);
    for (var portal : portals) {
      running = running.with(portal);
    }
    for (var entry : DOCUMENT.targets()) {
      var target = new Target(entry.name());
      target.accessRules(GatewayView.accessRules(entry.access()));
      running = running.with(new ServedTarget(entry, target, new TreeMap<>()));
    }
    var now = running;
    return new GatewayView(() -> now);
  }

  private static BoundPortal portal(int group, String listen, String advertise, int boundPort) {
    var address = Addresses.toBind(listen).getAddress();
    return new BoundPortal(
        new Document.Portal(group, listen, Optional.ofNullable(advertise)),
        new InetSocketAddress(address, boundPort));
  }

  private static LoginPolicy.Admission admit(String initiator, String from, String target) {
    return view()
        .admit(
            new LoginPolicy.Visitor(
                initiator, InetAddress.ofLiteral(from), Optional.of(target), 1));
  }

  @Test
  void admit_openTarget_admittedWithItsAlias() {
    var admitted = assertInstanceOf(Admitted.class, admit(HOST, "192.0.2.1", OPEN));
    assertEquals(Optional.of("open to all"), admitted.targetAlias());
    assertEquals(Optional.empty(), admitted.chap());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # initiator             | from      | target                     | status
          iqn.2026-11.test:host   | 10.1.1.1  | iqn.2026-11.test:none      | NOT_FOUND
          iqn.2026-11.test:host   | 10.1.1.1  | iqn.2026-11.test:second    | NOT_FOUND
          iqn.2026-11.test:host   | 192.0.2.1 | iqn.2026-11.test:masked    | AUTHORIZATION_FAILURE
          iqn.2026-11.test:other  | 10.1.1.1  | iqn.2026-11.test:masked    | AUTHORIZATION_FAILURE
          """)
  void admit_notAllowed_isRefused(
      String initiator, String from, String target, LoginStatus status) {
    assertEquals(status, assertInstanceOf(Refused.class, admit(initiator, from, target)).status());
  }

  @Test
  void admit_ruleMatches_admitted() {
    assertInstanceOf(Admitted.class, admit(HOST, "10.1.1.1", "iqn.2026-11.test:masked"));
  }

  @Test
  void admit_chapTarget_asksForItsAccountsOnly() {
    var admitted =
        assertInstanceOf(Admitted.class, admit(HOST, "10.1.1.1", "iqn.2026-11.test:chap"));
    var chap = admitted.chap().orElseThrow();
    assertEquals(List.of("in"), List.copyOf(chap.accounts().keySet()));
    assertArrayEquals(
        "secret-of-the-host".getBytes(StandardCharsets.UTF_8), chap.accounts().get("in"));
    assertEquals("out", chap.mutual().orElseThrow().name());
    assertEquals(List.of(ChapAlgorithm.SHA_256, ChapAlgorithm.MD5), chap.algorithms());
  }

  @Test
  void admit_redirectedTarget_isSentOn() {
    assertEquals(
        new Redirected("10.0.0.9:3260", true), admit(HOST, "10.1.1.1", "iqn.2026-11.test:moved"));
  }

  @Test
  void admit_discovery_asksForTheDiscoveryAccounts() {
    var visitor =
        new LoginPolicy.Visitor(HOST, InetAddress.ofLiteral("10.1.1.1"), Optional.empty(), 1);
    var chap = assertInstanceOf(Admitted.class, view().admit(visitor)).chap().orElseThrow();
    assertEquals(4, chap.algorithms().size());
  }

  @Test
  void settings_commandWindow_staysWithinWhatASessionHolds() {
    assertEquals(1024, view().settings().commandWindow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          # listen       | bound | advertise       | came to    | told
          10.0.0.1:3260  | 3260  | -               | 10.0.0.1   | 10.0.0.1:3260,7
          10.0.0.1:0     | 4711  | -               | 10.0.0.1   | 10.0.0.1:4711,7
          10.0.0.1:3260  | 3260  | 192.0.2.1:860   | 10.0.0.1   | 192.0.2.1:860,7
          0.0.0.0:3260   | 3260  | -               | 10.0.0.3   | 10.0.0.3:3260,7
          0.0.0.0:3260   | 3260  | -               | fd00::3    | -
          [::]:3260      | 3260  | -               | fd00::3    | [fd00::3]:3260,7
          [::]:3260      | 3260  | -               | 10.0.0.3   | 10.0.0.3:3260,7
          [fd00::1]:3260 | 3260  | -               | fd00::1    | [fd00::1]:3260,7
          127.0.0.1:3260 | 3260  | -               | 127.0.0.1  | 127.0.0.1:3260,7
          127.0.0.1:3260 | 3260  | -               | 10.0.0.1   | -
          """)
  void discover_portal_isToldAsTheInitiatorReachesIt(
      String listen, int bound, String advertise, String cameTo, String told) {
    var addresses =
        view(portal(7, listen, advertise, bound))
            .discover(
                HOST,
                InetAddress.ofLiteral("10.1.1.1"),
                new InetSocketAddress(InetAddress.ofLiteral(cameTo), 3260))
            .stream()
            .filter(it -> it.targetName().equals(OPEN))
            .flatMap(it -> it.addresses().stream())
            .toList();
    assertEquals(told == null ? List.of() : List.of(told), addresses);
  }

  @Test
  void discover_maskedTargetsAndOtherGroups_areLeftOut() {
    var names =
        view(portal(1, "10.0.0.1:3260", null, 3260))
            .discover(
                "iqn.2026-11.test:stranger",
                InetAddress.ofLiteral("10.1.1.1"),
                new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 3260))
            .stream()
            .map(Gateway.Discovered::targetName)
            .toList();
    assertTrue(names.contains(OPEN), names.toString());
    assertTrue(!names.contains("iqn.2026-11.test:masked"), names.toString());
    assertTrue(!names.contains("iqn.2026-11.test:second"), names.toString());
  }
}
