package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.Target;
import io.vtgt.target.UnitDirectory;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What an initiator finds beyond its own target when it copies.
class GatewayUnitsTest {
  private static final String HOST = "iqn.2026-11.test:host", OWN = "iqn.2026-11.test:own";

  private static final Document DOCUMENT =
      DocumentFormat.YAML
          .read(
              """
              version: 1
              accounts:
                - {name: in, secret: secret-of-the-host}
              targets:
                - {name: "iqn.2026-11.test:own"}
                - {name: "iqn.2026-11.test:open"}
                - {name: "iqn.2026-11.test:behind", portalGroups: [2]}
                - name: "iqn.2026-11.test:masked"
                  access:
                    - {initiators: ["iqn.2026-11.test:host"], addresses: [10.0.0.0/8], luns: [0]}
                    - {initiators: ["iqn.2026-11.test:guest"]}
                - name: "iqn.2026-11.test:chap"
                  authentication: {accounts: [in]}
                - name: "iqn.2026-11.test:moved"
                  redirect: {address: "10.0.0.9:3260", permanent: true}
              """,
              Document.class)
          .orElseThrow();

  private final ScsiFixture fixture = new ScsiFixture();
  private final Map<String, LogicalUnit> units = new HashMap<>();
  private final Map<String, Target> targets = new HashMap<>();
  private final GatewayUnits directory = new GatewayUnits(this::running);
  private Running running = Running.nothingOf(DOCUMENT);

  GatewayUnitsTest() {
    for (var entry : DOCUMENT.targets()) {
      var target = new Target(entry.name());
      target.accessRules(GatewayView.accessRules(entry.access()));
      for (int lun = 0; lun < 2; lun++) {
        LogicalUnit unit = fixture.unit(ScsiFixture.PROFILE, new MemoryStore(1 << 20));
        target.addUnit(lun, unit);
        units.put(entry.name() + "/" + lun, unit);
      }
      targets.put(entry.name(), target);
      running = running.with(new ServedTarget(entry, target, new TreeMap<>()));
    }
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private Running running() {
    return running;
  }

  private Nexus login(String target, String initiator, String address) {
    var nexus =
        new Nexus(
            new Nexus.Id(initiator, 7, target, 1),
            InetAddress.ofLiteral(address),
            fixture.context(),
            new ScsiFixture.FakeTransport());
    targets.get(target).attach(nexus);
    return nexus;
  }

  private List<UnitDirectory.Way> find(Nexus nexus, String unit) {
    LogicalUnit wanted = units.get("iqn.2026-11.test:" + unit);
    return directory.find(candidate -> candidate == wanted, nexus);
  }

  @Test
  void unitsOfItsOwnTarget_areFoundAsItself() {
    Nexus host = login(OWN, HOST, "10.0.0.5");
    assertEquals(
        List.of(new UnitDirectory.Way(units.get(OWN + "/1"), host.id())), find(host, "own/1"));
  }

  @Test
  void openTarget_isFoundWithoutASession_asTheInitiatorWouldBeThere() {
    Nexus host = login(OWN, HOST, "10.0.0.5");
    var as = new Nexus.Id(HOST, 7, "iqn.2026-11.test:open", 1);
    assertEquals(
        List.of(new UnitDirectory.Way(units.get("iqn.2026-11.test:open/0"), as)),
        find(host, "open/0"));
  }

  @Test
  void targetsThatWouldNotLetItIn_areNotFound() {
    Nexus host = login(OWN, HOST, "10.0.0.5");
    for (String unit : List.of("behind/0", "chap/0", "moved/0", "masked/1")) {
      assertEquals(List.of(), find(host, unit), unit);
    }
    assertEquals(1, find(host, "masked/0").size());
    Nexus elsewhere = login(OWN, HOST, "192.0.2.5");
    assertEquals(List.of(), find(elsewhere, "masked/0"));
    Nexus guest = login(OWN, "iqn.2026-11.test:guest", "192.0.2.5");
    assertEquals(1, find(guest, "masked/1").size());
  }

  @Test
  void sessionAtTheOtherTarget_proves_butOnlyFromTheSameAddress() {
    Nexus host = login(OWN, HOST, "10.0.0.5");
    Nexus there = login("iqn.2026-11.test:chap", HOST, "10.0.0.5");
    assertEquals(
        List.of(new UnitDirectory.Way(units.get("iqn.2026-11.test:chap/0"), there.id())),
        find(host, "chap/0"));
    Nexus impostor = login(OWN, HOST, "10.0.0.6");
    assertEquals(List.of(), find(impostor, "chap/0"));
    assertEquals(List.of(), find(login(OWN, "iqn.2026-11.test:x", "10.0.0.5"), "chap/0"));
  }
}
