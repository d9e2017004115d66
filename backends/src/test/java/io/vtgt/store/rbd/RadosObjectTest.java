package io.vtgt.store.rbd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.store.StoreFault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Two clients and one object of a real cluster, as the restricted user `gateway`.
class RadosObjectTest {
  private static final Duration LONG = Duration.ofMinutes(10), PATIENCE = Duration.ofSeconds(30);

  private final String name = "object-" + UUID.randomUUID();
  private Client one;
  private Client other;

  /// A connection of its own.
  private final class Client implements AutoCloseable {
    final Cluster cluster;
    final Cluster.Pool pool;
    final RadosObject object;

    Client(CephLab lab, String owner) {
      cluster =
          Clusters.connect(
              new ClusterOptions(
                  "ceph",
                  "gateway",
                  Optional.of(lab.conf()),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  Map.of(),
                  owner));
      pool = cluster.pool("rbd", "");
      object = new RadosObject(pool, name);
    }

    @Override
    public void close() {
      pool.close();
      cluster.release();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    CephLab lab = CephLab.get();
    one = new Client(lab, "one");
    other = new Client(lab, "other");
  }

  @AfterEach
  void disconnect() {
    if (one != null) {
      one.object.remove();
      one.close();
      other.close();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void values_changedFromTheVersionRead_areSeenByTheOther() throws Exception {
    assertEquals(Optional.empty(), one.object.read());
    one.object.change(
        OptionalLong.empty(),
        Map.of("a", bytes("1"), "b", bytes(""), "c\u00e9", bytes("3")),
        List.of());

    var seen = other.object.read().orElseThrow();
    assertEquals(List.of("a", "b", "c\u00e9"), List.copyOf(seen.values().keySet()));
    assertEquals("1", new String(seen.values().get("a"), UTF_8));
    assertEquals(0, seen.values().get("b").length);
    long next =
        other.object.change(
            OptionalLong.of(seen.version()), Map.of("a", bytes("2")), List.of("b", "missing"));
    assertTrue(next > seen.version());

    var then = one.object.read().orElseThrow();
    assertEquals(next, then.version());
    assertEquals(List.of("a", "c\u00e9"), List.copyOf(then.values().keySet()));
  }

  @Test
  void change_ofAnOldVersion_changesNothing() throws Exception {
    long first = one.object.change(OptionalLong.empty(), Map.of("a", bytes("1")), List.of());
    other.object.change(OptionalLong.of(first), Map.of("a", bytes("2")), List.of());
    assertThrows(
        RadosObject.ChangedMeanwhile.class,
        () -> one.object.change(OptionalLong.of(first), Map.of("a", bytes("3")), List.of()));
    assertThrows(
        RadosObject.ChangedMeanwhile.class,
        () -> one.object.change(OptionalLong.empty(), Map.of("a", bytes("4")), List.of()));
    assertEquals("2", new String(one.object.read().orElseThrow().values().get("a"), UTF_8));

    other.object.remove();
    assertThrows(
        RadosObject.ChangedMeanwhile.class,
        () -> one.object.change(OptionalLong.of(first + 1), Map.of("a", bytes("5")), List.of()));
  }

  @Test
  void lock_heldByOne_isRefusedToTheOtherUntilBroken() throws Exception {
    assertTrue(one.object.lock("leader", "first", "it is me", Duration.ZERO));
    assertTrue(one.object.lock("leader", "first", "it is me", Duration.ZERO), "it is ours already");
    assertFalse(other.object.lock("leader", "second", "me too", Duration.ZERO));

    var holder = other.object.lockers("leader").getFirst();
    assertEquals("first", holder.cookie());
    assertTrue(Cluster.sameClient(holder.address(), one.cluster.address()), holder.address());
    assertTrue(other.object.breakLock("leader", holder));
    assertFalse(other.object.breakLock("leader", holder), "it is not there any more");
    assertTrue(other.object.lock("leader", "second", "me too", Duration.ofSeconds(60)));
    assertFalse(one.object.unlock("leader", "first"));
    assertTrue(other.object.unlock("leader", "second"));
    assertEquals(List.of(), one.object.lockers("leader"));
  }

  @Test
  void notification_reachesEveryWatcherBeforeItReturns() throws Exception {
    one.object.change(OptionalLong.empty(), Map.of(), List.of());
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (var _ = one.object.watch(data -> heard.add("one " + new String(data, UTF_8)), () -> {});
        var _ =
            other.object.watch(data -> heard.add("other " + new String(data, UTF_8)), () -> {})) {
      assertTrue(other.object.notifyWatchers(bytes("changed"), PATIENCE));
      var both = List.of(heard.remove(), heard.remove());
      assertEquals(List.of("one changed", "other changed"), both.stream().sorted().toList());
    }
    assertTrue(other.object.notifyWatchers(bytes("again"), PATIENCE));
    assertEquals(0, heard.size(), "nobody watches any more");
  }

  @Test
  void blocklistedClient_canChangeNothingAndHearsThatItsWatchIsBroken() throws Exception {
    long version = one.object.change(OptionalLong.empty(), Map.of("a", bytes("1")), List.of());
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    var watch = one.object.watch(_ -> {}, () -> heard.add("broken"));
    other.cluster.blocklist(one.cluster.address(), LONG);
    var fault =
        assertThrows(
            StoreFault.class,
            () -> one.object.change(OptionalLong.of(version), Map.of("a", bytes("2")), List.of()));
    assertEquals(StoreFault.Kind.UNAVAILABLE, fault.kind());
    assertEquals("1", new String(other.object.read().orElseThrow().values().get("a"), UTF_8));
    assertEquals("broken", heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    watch.close();
    other.object.remove();
    one.close();
    one = new Client(CephLab.get(), "one again");
  }

  @Test
  void object_thatIsNotThere_cannotBeWatched() {
    var fault = assertThrows(StoreFault.class, () -> one.object.watch(_ -> {}, () -> {}));
    assertTrue(fault.getMessage().contains(name), fault.getMessage());
  }
}
