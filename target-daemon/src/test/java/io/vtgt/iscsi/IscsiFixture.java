package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.transport.Transport;
import io.vtgt.iscsi.login.LoginPolicy;
import io.vtgt.target.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/// A service on a loopback port in front of a [FakeTarget], open to everybody.
@SuppressWarnings("try") // it is closed by test methods that may be interrupted
final class IscsiFixture implements Gateway, AutoCloseable {
  final Vertx vertx = Vertx.builder().withTransport(transport()).build();
  final FakeTarget target = new FakeTarget();

  /// What the gateway offers in a login.
  final Map<String, String> offers = new HashMap<>();

  volatile Settings settings = new Settings(10_000, 0, 1000, 32, 64L << 20, 100);

  /// What becomes of everybody who logs in.
  volatile LoginPolicy.Admission admission =
      new LoginPolicy.Admitted(Optional.empty(), Optional.empty());

  volatile List<Discovered> discovered =
      List.of(new Discovered(FakeTarget.NAME, List.of("127.0.0.1:3260,1")));

  /// Targets beside [#target], by name.
  final Map<String, TargetPort> others = new ConcurrentHashMap<>();

  final IscsiService service =
      new IscsiService(
          vertx,
          this,
          name ->
              name.equals(FakeTarget.NAME)
                  ? Optional.of(target)
                  : Optional.ofNullable(others.get(name)));
  InetSocketAddress portal;
  private final List<TestInitiator> initiators = new ArrayList<>();

  /// That of the system property `transport` (nio, epoll, io_uring), or the one the daemon prefers.
  private static Transport transport() {
    var wanted =
        switch (System.getProperty("transport", "epoll")) {
          case "nio" -> Transport.NIO;
          case "io_uring" -> Transport.IO_URING;
          default -> Transport.EPOLL;
        };
    return wanted != null && wanted.available() ? wanted : Transport.NIO;
  }

  IscsiFixture listen() throws Exception {
    portal = await(service.listen(1, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    return this;
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  TestInitiator loggedIn(String... keysAndValues) throws IOException {
    var keys = new HashMap<String, String>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      keys.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return mine(TestInitiator.loggedIn(portal, FakeTarget.NAME, keys));
  }

  /// Not logged in.
  TestInitiator connected() throws IOException {
    return mine(new TestInitiator(portal));
  }

  /// Logs in to any target under any name, with what RFC 7144 knows.
  TestInitiator loggedIn(String name, String target, long isid) throws IOException {
    var initiator = connected();
    var response = initiator.login(name, target, isid, 0, 1, Map.of("iSCSIProtocolLevel", "2"));
    if (response.status() != 0) {
      throw new AssertionError("login: 0x%04x".formatted(response.status()));
    }
    return initiator;
  }

  private TestInitiator mine(TestInitiator initiator) {
    initiators.add(initiator);
    return initiator;
  }

  @Override
  public LoginPolicy loginPolicy() {
    return new LoginPolicy() {
      @Override
      public Admission admit(Visitor visitor) {
        return admission;
      }

      @Override
      public Map<String, String> offers() {
        return offers;
      }
    };
  }

  @Override
  public Optional<Target> target(String name) {
    throw new AssertionError("the service has its own way to targets here");
  }

  @Override
  public List<Discovered> discover(
      String initiatorName, InetAddress initiator, InetSocketAddress cameTo) {
    return discovered;
  }

  @Override
  public Settings settings() {
    return settings;
  }

  /// Sessions whose tasks are all over have left the table.
  void awaitNoSessions() throws InterruptedException {
    for (int i = 0; !service.sessions().isEmpty(); i++) {
      if (i > 2000) {
        throw new AssertionError("sessions are left: " + service.sessions());
      }
      Thread.sleep(5);
    }
  }

  @Override
  public void close() throws Exception {
    for (var initiator : initiators) {
      initiator.close();
    }
    target.held.forEach(held -> held.tryComplete(FakeTarget.aborted()));
    await(service.shutdown(0));
    awaitNoSessions();
    long used = service.dataBudget().usedBytes();
    await(vertx.close());
    target.medium.release();
    if (used != 0) {
      throw new AssertionError("bytes of the data budget were not given back: " + used);
    }
    LoggerFactory.getLogger(IscsiFixture.class).debug("closed");
  }
}
