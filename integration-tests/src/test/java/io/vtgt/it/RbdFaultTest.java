package io.vtgt.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What goes wrong around a Ceph image, under a verifying load, in one daemon that is never started
/// again: no wrong byte, an answer over HTTP at any time, the sense and the event that
/// `docs/rbd.md` promises, and everything works again when the cluster does.
class RbdFaultTest {
  private static final String TARGET = "iqn.2026-11.io.vtgt.it:fault";
  private static final String DOOMED = "iqn.2026-11.io.vtgt.it:doomed";
  private static final String IMAGE = "fault";
  private static final long LOAD_BYTES = 16 << 20;
  private static final int DEADLINE_SECONDS = 3;

  /// In which what is promised has happened, on a machine that is busy.
  private static final int PATIENCE_SECONDS = 60;

  private static final String TIMED_OUT = "b 0801"; // LOGICAL UNIT COMMUNICATION TIME-OUT
  private static final String NO_SPACE = "7 2707"; // SPACE ALLOCATION FAILED WRITE PROTECT
  private static final String BECOMING_READY = "2 0401";
  private static final String INTERVENTION_REQUIRED = "2 0403";

  @TempDir static Path folder;

  private static CephLab lab;
  private static DaemonProcess daemon;
  private static VerifyingLoad load;
  private static Prober prober;

  private int eventsBefore;

  /// Asks for the daemon's health again and again: whatever its stores do, it must answer.
  private static final class Prober implements AutoCloseable {
    private static final int PAUSE_MILLIS = 200, BOUND_SECONDS = 10;

    private final AtomicReference<String> stuck = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile long slowestMillis;

    Prober(DaemonProcess daemon) {
      thread = Thread.ofPlatform().daemon().name("prober").start(() -> run(daemon));
    }

    private void run(DaemonProcess daemon) {
      while (!closed) {
        try {
          long began = System.nanoTime();
          daemon.get("/healthz");
          slowestMillis = Math.max(slowestMillis, (System.nanoTime() - began) / 1_000_000);
          Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
          return;
        } catch (RuntimeException e) {
          stuck.compareAndSet(null, "no answer over HTTP: " + e);
        }
      }
    }

    void check() {
      assertEquals(null, stuck.get());
      assertTrue(slowestMillis < BOUND_SECONDS * 1000, "HTTP took " + slowestMillis + " ms");
    }

    @Override
    public void close() {
      closed = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @BeforeAll
  static void start() {
    lab = CephLab.use();
    lab.image(IMAGE, "64M");
    lab.image("doomed", "64M");
    daemon =
        DaemonProcess.start(
            folder.resolve("data"),
            document(unit(TARGET, lab.store(IMAGE, "")) + unit(DOOMED, lab.store("doomed", ""))));
    prober = new Prober(daemon);
    load = VerifyingLoad.start(daemon.portal, TARGET, LOAD_BYTES, 4, 8, 20261121);
    load.awaitProgress("at first", PATIENCE_SECONDS);
  }

  private static String document(String targets) {
    return """
    version: 1
    http: { listen: "@HTTP@" }
    portals:
      - { group: 1, listen: "@PORTAL@" }
    targets:
    """
        + targets;
  }

  private static String unit(String target, String store) {
    return """
      - name: %s
        units:
          - { lun: 0, storeDeadlineSeconds: %d, store: %s }
    """
        .formatted(target, DEADLINE_SECONDS, store);
  }

  @AfterAll
  static void finish() throws IOException {
    try {
      if (load != null) {
        load.finish();
        System.out.println("HTTP answered in " + prober.slowestMillis + " ms at most");
        Path exported = folder.resolve("exported.img");
        lab.rbd("export", "--no-progress", IMAGE, exported.toString()).wellDone();
        load.verify(exported);
      }
    } finally {
      if (load != null) {
        load.close();
        prober.close();
      }
      if (daemon != null) {
        daemon.close();
      }
    }
  }

  @BeforeEach
  void remember() {
    eventsBefore = events().length();
    load.mark();
  }

  @AfterEach
  void recovers() {
    lab.mend();
    load.awaitProgress("when all is mended", PATIENCE_SECONDS);
    DaemonProcess.await(
        "the daemon to say that it is well",
        PATIENCE_SECONDS,
        () -> !daemon.get("/healthz").body().contains(TARGET));
    prober.check();
  }

  @Test
  void osdStopsAndStarts_commandsTimeOutAndThenGoOn() {
    lab.stopOsd();
    load.awaitRefusal(TIMED_OUT, PATIENCE_SECONDS);
    awaitEvent("its store cannot be used");
    lab.startOsd();
    load.awaitProgress("with the OSD", PATIENCE_SECONDS);
    awaitEvent("its store can be used again");
  }

  @Test
  void osdHangs_commandsTimeOutAndThenGoOn() {
    lab.pauseOsd();
    load.awaitRefusal(TIMED_OUT, PATIENCE_SECONDS);
    lab.resumeOsd();
    load.awaitProgress("with the OSD", PATIENCE_SECONDS);
  }

  @Test
  void monStopsAndStarts_nothingHappens() {
    lab.stopMon();
    load.awaitProgress("without a monitor", PATIENCE_SECONDS);
    lab.startMon();
    load.awaitProgress("with the monitor", PATIENCE_SECONDS);
  }

  @Test
  void clusterIsFull_writesFindNoSpaceAndThenGoOn() {
    lab.fill();
    load.awaitRefusal(NO_SPACE, PATIENCE_SECONDS);
    lab.makeRoom();
    load.awaitProgress("with room", PATIENCE_SECONDS);
  }

  @Test
  void clientIsShutOut_comesBackAsANewOne() {
    for (String address : lab.clientsOf(IMAGE)) {
      lab.ceph("osd", "blocklist", "add", address).wellDone();
    }
    load.awaitRefusal(BECOMING_READY, PATIENCE_SECONDS);
    load.awaitProgress("as a new client", PATIENCE_SECONDS);
    awaitEvent("shut this client out");
    awaitEvent("its store can be used again");
  }

  @Test
  void anotherGatewayTakesTheLock_waitsAndGoesOnWhenThatOneIsGone() {
    String taker = lab.store(IMAGE, ", takeOver: always");
    try (var other = DaemonProcess.start(folder.resolve("other"), document(unit(TARGET, taker)));
        var session = NexusSession.login(other.portal, TARGET, "iqn.2026-11.io.vtgt.it:other", 7)) {
      load.awaitRefusal(BECOMING_READY, PATIENCE_SECONDS);
      awaitEvent("is locked by");
      // Beyond what the load uses.
      assertEquals("GOOD", session.write("2a 00 00 01 ff ff 00 00 01 00", new byte[512]));
    }
    load.awaitProgress("when the other gateway is gone", PATIENCE_SECONDS);
    awaitEvent("its store can be used again");
  }

  @Test
  void imageIsRemoved_unitSaysSo_andCanBeTakenAway() {
    String id = idOf("doomed");
    try (var session =
        NexusSession.login(daemon.portal, DOOMED, "iqn.2026-11.io.vtgt.it:doomed", 8)) {
      // Not "rbd rm": that asks the gateway, which has the image open.
      lab.rados("rm", "-p", CephLab.POOL, "rbd_header." + id).wellDone();
      lab.rados("rm", "-p", CephLab.POOL, "rbd_id.doomed").wellDone();
      DaemonProcess.await(
          "a read of what is removed to be refused with " + INTERVENTION_REQUIRED,
          PATIENCE_SECONDS,
          () -> session.read("28 00 00 00 00 00 00 00 01 00", 512).equals(INTERVENTION_REQUIRED));
    }
    awaitEvent("its store cannot be used");
    String removed = "/v1/targets/" + DOOMED;
    assertEquals(200, daemon.delete(removed).statusCode());
  }

  private static String idOf(String image) {
    var told = lab.rbd("info", image).wellDone().output();
    var id = Pattern.compile("id: (\\w+)").matcher(told);
    assertTrue(id.find(), told);
    return id.group(1);
  }

  private void awaitEvent(String words) {
    DaemonProcess.await(
        "an event that says: " + words,
        PATIENCE_SECONDS,
        () -> events().substring(eventsBefore).contains(words));
  }

  private static String events() {
    return daemon.get("/v1/events").body();
  }
}
