package io.vtgt.mgmt.document;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DiffTest {

  @Test
  void randomDocuments_changesApplied_leadFromOneToTheOther() {
    for (long seed = 0; seed < 2000; seed++) {
      var random = new Random(seed);
      var current = ownMedia(new RandomDocuments(random).document(), random);
      var wanted = ownMedia(new RandomDocuments(random).document(), random);
      var changes = Diff.of(current, wanted);
      try {
        assertEquals(
            Fold.sorted(wanted), Fold.sorted(Fold.apply(current, changes)), "seed " + seed);
      } catch (IllegalStateException e) {
        throw new AssertionError(
            "seed " + seed + " " + changes.stream().map(Change::describe).toList(), e);
      }
    }
  }

  @Test
  void documentInAnotherOrder_compared_isTheSame() {
    for (long seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var document = new RandomDocuments(random).document();
      var shuffled =
          document
              .withTargets(
                  shuffled(
                      document.targets().stream()
                          .map(it -> it.withUnits(shuffled(it.units(), random)))
                          .toList(),
                      random))
              .withPortals(shuffled(document.portals(), random));
      assertEquals(List.of(), Diff.of(document, shuffled), "seed " + seed);
    }
  }

  @Test
  void swappedMedia_compared_areClosedBeforeTheyAreOpened() {
    assertChanges(
        "targets: [{name: iqn.2026-11.a.b, units: [{lun: 0, store: {kind: file, path: a}}, {lun: 1,"
            + " store: {kind: file, path: b}}, {lun: 2, store: {kind: file, path: c}}]}]",
        "targets: [{name: iqn.2026-11.a.b, units: [{lun: 0, store: {kind: file, path: b, size: 1}},"
            + " {lun: 1, store: {kind: file, path: a}}, {lun: 2, thin: false, store: {kind: file,"
            + " path: c}}]}]",
        "remove unit 0 of iqn.2026-11.a.b",
        "remove unit 1 of iqn.2026-11.a.b",
        "change thin of unit 2 of iqn.2026-11.a.b",
        "add unit 0 to iqn.2026-11.a.b",
        "add unit 1 to iqn.2026-11.a.b");
  }

  @Test
  void thousandsOfMediaMoved_compared_areClosedBeforeAnyIsOpened() {
    var current = manyUnits(0);
    var wanted = manyUnits(1);
    var changes = Diff.of(current, wanted);
    var kinds = changes.stream().map(Object::getClass).distinct().toList();
    assertEquals(List.of(Change.RemoveUnit.class, Change.AddUnit.class), kinds);
    assertEquals(3000, changes.size());
  }

  private static Document manyUnits(int shift) {
    var yaml = new StringBuilder("targets:\n- name: iqn.2026-11.a.b\n  units:\n");
    for (int i = 0; i < 1500; i++) {
      yaml.append(
          "  - {lun: %d, store: {kind: file, path: /%d}}\n".formatted(i, (i + shift) % 1500));
    }
    return read(yaml.toString());
  }

  @Test
  void unitNarrowedAndTargetRenamed_compared_nothingIsSeenThatMustNotBe() {
    assertChanges(
        """
        portals: [{listen: 127.0.0.1:3260}, {listen: 127.0.0.2:3260}]
        targets: [{name: iqn.2026-11.a.b}, {name: iqn.2026-11.a.old, units: [{lun: 0, store: {kind: file, path: x}}]}]
        """,
        """
        portals: [{listen: "*:3260"}, {listen: 127.0.0.3:3261}]
        accounts: [{name: a, secret: secret-secret}]
        targets:
          - {name: iqn.2026-11.a.new, units: [{lun: 0, store: {kind: file, path: x}}]}
          - {name: iqn.2026-11.a.b, authentication: {accounts: [a]}, units: [{lun: 4, store: {kind: file, path: y}}]}
        """,
        "update accounts",
        "remove target iqn.2026-11.a.old",
        "update target iqn.2026-11.a.b",
        "add unit 4 to iqn.2026-11.a.b",
        "add target iqn.2026-11.a.new",
        "remove portal 127.0.0.1:3260",
        "remove portal 127.0.0.2:3260",
        "add portal *:3260 (group 1)",
        "add portal 127.0.0.3:3261 (group 1)");
  }

  @Test
  void portalMoved_compared_theNewOneComesBeforeTheOldOneGoes() {
    assertChanges(
        "portals: [{listen: 127.0.0.1:3260}]",
        "portals: [{listen: 127.0.0.1:3261}]",
        "add portal 127.0.0.1:3261 (group 1)",
        "remove portal 127.0.0.1:3260");
  }

  @Test
  void settingsChanged_compared_areEachToldOnce() {
    assertChanges(
        "version: 1",
        "{http: {listen: 127.0.0.1:1}, limits: {sessions: 2}, login: {commandWindow: 3}, discovery:"
            + " {authentication: {algorithms: [MD5]}}}",
        "update the management address (with the next start)",
        "update limits",
        "update login settings",
        "update discovery");
  }

  @Test
  void unitWithOtherSettings_compared_isReopenedOnlyWhereItMustBe() {
    assertChanges(
        """
        targets:
          - name: iqn.2026-11.a.b
            units:
              - {lun: 0, store: {kind: file, path: a, size: 1GiB}}
              - {lun: 1, store: {kind: file, path: b, size: 1GiB}}
              - {lun: 2, store: {kind: file, path: c, size: 1GiB}}
              - {lun: 3, store: {kind: file, path: d, size: 1GiB}}
              - {lun: 4, store: {kind: file, path: e, size: 1GiB}}
        """,
        """
        targets:
          - name: iqn.2026-11.a.b
            units:
              - {lun: 0, store: {kind: file, path: a, size: 2GiB}, readOnly: true, mode: {writeCache: false}, identity: {vendor: ACME}}
              - {lun: 1, store: {kind: file, path: b, size: 1GiB}, blockSize: 4096, online: false}
              - {lun: 2, store: {kind: file, path: c}}
              - {lun: 3, store: {kind: file, path: d, size: 2GiB}, identity: {naa: 52004567ba64678d}}
              - {lun: 4, store: {kind: file, path: e, size: 3GiB}}
        """,
        "change readOnly, mode.writeCache, identity.vendor of unit 0 of iqn.2026-11.a.b",
        "change store.size of unit 2 of iqn.2026-11.a.b",
        "reopen unit 1 of iqn.2026-11.a.b",
        "reopen unit 3 of iqn.2026-11.a.b",
        "resize unit 0 of iqn.2026-11.a.b to 2GiB",
        "resize unit 3 of iqn.2026-11.a.b to 2GiB",
        "resize unit 4 of iqn.2026-11.a.b to 3GiB");
  }

  private static void assertChanges(String current, String wanted, String... expected) {
    var changes = Diff.of(read(current), read(wanted));
    assertEquals(List.of(expected), changes.stream().map(Change::describe).toList());
    Fold.apply(
        read(current), changes.stream().filter(it -> !(it instanceof Change.AddPortal)).toList());
  }

  private static Document read(String yaml) {
    return DocumentFormat.YAML
        .readValid(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .orElseThrow();
  }

  private static <T> List<T> shuffled(List<T> list, Random random) {
    var copy = new ArrayList<>(list);
    Collections.shuffle(copy, random);
    return copy;
  }

  /// The document with a medium of its own for each unit, out of a world so small that media move
  /// from unit to unit between two documents.
  private static Document ownMedia(Document document, Random random) {
    var paths = new ArrayList<String>();
    for (int i = 0; i < 30; i++) {
      paths.add("/disks/" + i);
    }
    Collections.shuffle(paths.subList(0, 12), random);
    return document.withTargets(
        document.targets().stream()
            .map(
                target ->
                    target.withUnits(
                        target.units().stream()
                            .map(unit -> withPath(unit, paths.removeFirst()))
                            .toList()))
            .toList());
  }

  private static Document.Unit withPath(Document.Unit unit, String path) {
    return unit.withStore(Map.of("kind", "file", "path", path));
  }
}
