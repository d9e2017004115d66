package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vtgt.it.Conformance.Outcome;
import io.vtgt.it.Conformance.Result;
import io.vtgt.it.Conformance.Store;
import io.vtgt.it.Conformance.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// libiscsi 1.20's conformance suite, one process per test, on five kinds of unit on each of two
/// stores, and on a Ceph image where there is Ceph, all on one daemon. What passes on the wire is
/// kept and read by tshark.
class ConformanceTest {
  private static final Path DOCUMENT = Tool.PROJECT.resolve("docs/conformance.md");
  private static final String BEGIN = "<!-- printed by ConformanceTest -->\n";
  private static final String BEGIN_CEPH =
      "<!-- printed by ConformanceTest where there is Ceph -->\n";
  private static final String END = "<!-- end of what is printed -->\n";
  private static final String PREFIX = "iqn.2026-11.io.vtgt.it:";
  private static final int RUN_SECONDS = 900;

  /// Sanitize.Reset sleeps for a minute when it finds that the sanitize goes on.
  private static final String TEST_SECONDS = "150";

  /// The test programs mostly wait, for the daemon and for timers of their own.
  private static final int RUNS_AT_ONCE = 6;

  private static final String NO_ENCRYPTION =
      "a cryptographic erase changes the key that what is stored was encrypted with (SBC-4,"
          + " Sanitize operations), and no store encrypts";

  /// Why a test is skipped on every unit. A row that is not needed any more fails as well.
  private static final Map<String, String> REASONS =
      Map.of(
          "Sanitize.CryptoErase",
          NO_ENCRYPTION,
          "Sanitize.Readonly",
          "looks for CRYPTOGRAPHIC ERASE first; " + NO_ENCRYPTION,
          "Sanitize.Reservations",
          "looks for CRYPTOGRAPHIC ERASE first; " + NO_ENCRYPTION);

  @TempDir static Path folder;

  private static Conformance conformance;

  /// By run; empty without tshark.
  private static final Map<String, Dissection> DISSECTIONS = new ConcurrentSkipListMap<>();

  /// The suite on one unit.
  private record Run(Store store, Unit unit) {
    String name() {
      return store.kind + "-" + unit.word();
    }

    /// The size is what Sanitize.Reset needs: SANITIZE takes 32 MiB a second at most, and is to go
    /// on for longer than the test sleeps.
    String document() {
      String chap = unit == Unit.CHAP ? "\n    authentication: { accounts: [alice] }" : "";
      return """
        - name: %s%s%s
          units:
            - { lun: 0, store: %s, %s }
      """
          .formatted(PREFIX, name(), chap, medium(), unit.fields);
    }

    private String medium() {
      return switch (store) {
        case FILE -> "{ kind: file, size: 256MiB, path: %s.img }".formatted(name());
        case MEMORY -> "{ kind: memory, size: 256MiB }";
        case RBD -> {
          CephLab.use().image(name(), "256M");
          yield CephLab.use().store(name(), "");
        }
      };
    }

    Path capture() {
      return LibiscsiSuite.FOLDER.resolve(name() + ".pcap.gz");
    }

    /// Through proxies to both portals, which write the capture.
    List<Outcome> go(DaemonProcess daemon) throws IOException {
      List<LibiscsiSuite.Line> lines;
      try (var capture = new Capture(capture());
          var first = new RecordingProxy(daemon.portal, 1, capture);
          var second = new RecordingProxy(daemon.secondPortal, 2, capture)) {
        lines =
            LibiscsiSuite.run(
                name(),
                RUN_SECONDS,
                url(first),
                "-t",
                TEST_SECONDS,
                "-f",
                unit.only,
                "-m",
                url(second));
      }
      if (Tool.installed("tshark")) {
        DISSECTIONS.put(name(), Dissection.of(capture()));
      }
      var outcomes = new ArrayList<Outcome>();
      for (var line : lines) {
        String test = line.test().substring(line.test().indexOf('.') + 1);
        outcomes.add(new Outcome(store, unit, test, Result.valueOf(line.status()), line.reason()));
      }
      return outcomes;
    }

    private String url(RecordingProxy proxy) {
      return "iscsi://" + unit.user + proxy.address() + "/" + PREFIX + name() + "/0";
    }
  }

  @BeforeAll
  static void runAll() throws IOException, InterruptedException, ExecutionException {
    LibiscsiSuite.assumeFetched();
    var runs = new ArrayList<Run>();
    var document =
        new StringBuilder(
            """
            version: 1
            http: { listen: "@HTTP@" }
            portals:
              - { group: 1, listen: "@PORTAL@" }
              - { group: 2, listen: "@PORTAL2@" }
            accounts:
              - { name: alice, secret: secret0123456 }
            targets:
            """);
    for (var store : Store.values()) {
      if (store == Store.RBD && !CephLab.installed()) {
        continue;
      }
      for (var unit : store.units()) {
        var run = new Run(store, unit);
        runs.add(run);
        document.append(run.document());
      }
    }
    var outcomes = new ArrayList<Outcome>();
    try (var daemon = DaemonProcess.start(folder.resolve("data"), document.toString());
        var pool = Executors.newFixedThreadPool(RUNS_AT_ONCE)) {
      var results = new ArrayList<Future<List<Outcome>>>();
      runs.forEach(run -> results.add(pool.submit(() -> run.go(daemon))));
      for (var result : results) {
        outcomes.addAll(result.get());
      }
    }
    conformance = new Conformance(outcomes);
  }

  @Test
  void noTestFails_onAnyUnit() {
    assertEquals(List.of(), conformance.failures());
  }

  @Test
  void whatIsSkippedEverywhere_hasAReason() {
    var skipped = new TreeSet<String>();
    for (var store : new Store[] {Store.FILE, Store.MEMORY}) {
      skipped.addAll(conformance.skippedEverywhere(store));
    }
    assertEquals(new TreeSet<>(REASONS.keySet()), skipped);
  }

  @Test
  void document_saysWhatTheRunSaid() throws IOException {
    documentSays(BEGIN, conformance.on(Store.FILE, Store.MEMORY).markdown(REASONS));
  }

  @Test
  void document_saysWhatTheRunOnCephSaid() throws IOException {
    CephLab.use();
    documentSays(BEGIN_CEPH, conformance.on(Store.RBD).differences(conformance));
  }

  private static void documentSays(String beginning, String tables) throws IOException {
    String text = Files.readString(DOCUMENT);
    int begin = text.indexOf(beginning) + beginning.length();
    int end = text.indexOf(END, begin);
    assertTrue(
        begin >= beginning.length() && end >= begin, DOCUMENT + " has no place for the tables");
    String printed = "\n" + tables + "\n";
    if (Boolean.getBoolean("vtgt.writeDocs")) {
      Files.writeString(DOCUMENT, text.substring(0, begin) + printed + text.substring(end));
    } else {
      assertEquals(
          printed,
          text.substring(begin, end),
          DOCUMENT + " says otherwise; -Dtest=ConformanceTest -Dvtgt.writeDocs=true writes it");
    }
  }

  @Test
  void tshark_findsNoFaultInWhatTheTargetSent() {
    assumeTrue(Tool.installed("tshark"), "tshark is not installed (bin/test installs it)");
    var faults = new ArrayList<String>();
    DISSECTIONS.forEach(
        (run, dissection) -> {
          System.out.printf(
              "%s: tshark read %d PDUs; %d times it read past an allocation length,"
                  + " %d faults are the initiator's%n",
              run, dissection.pdus(), dissection.cutShort(), dissection.initiatorFaults());
          assertTrue(dissection.pdus() > 0, run + ": no iSCSI was captured");
          dissection.faults().forEach(it -> faults.add(run + ": " + it));
        });
    assertEquals(List.of(), faults);
  }
}
