package io.vtgt.store.sheepdog;

import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.store.StoreFault;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way to the cluster: a few connections to one `sheep`, out of several that could serve. When
/// one of them is lost all of them are given up, so that "the link is lost" has one meaning.
/// Belongs to the store's event loop.
final class SheepLink {
  private static final Logger LOG = LoggerFactory.getLogger(SheepLink.class);

  private final VertxInternal vertx;
  private final EventLoop loop;
  private final List<SheepAddress> addresses;
  private final int connectionCount;
  private final Timing timing;
  private final Consumer<String> onLost;

  // Touched on the event loop only.
  private List<SheepConnection> connections = List.of();
  private int current;
  private boolean closed;

  /// @param addresses tried in turn
  /// @param onLost told when a link that stood is lost; whoever waits for an answer hears after it
  SheepLink(
      VertxInternal vertx,
      EventLoop loop,
      List<SheepAddress> addresses,
      int connectionCount,
      Timing timing,
      Consumer<String> onLost) {
    this.vertx = vertx;
    this.loop = loop;
    this.addresses = addresses;
    this.connectionCount = connectionCount;
    this.timing = timing;
    this.onLost = onLost;
  }

  boolean connected() {
    return !connections.isEmpty();
  }

  /// Tries every address once, beginning with the one that served last.
  ///
  /// @return fails with `UNAVAILABLE` when none takes the connection
  Future<Void> connect() {
    assert !connected();
    return connect(0, new ArrayList<>());
  }

  private Future<Void> connect(int tried, List<String> reasons) {
    if (closed) {
      return Future.failedFuture(new StoreFault(StoreFault.Kind.CLOSED, "the store is closed"));
    }
    if (tried == addresses.size()) {
      return Future.failedFuture(
          new StoreFault(
              StoreFault.Kind.UNAVAILABLE, "no sheep answers: " + String.join("; ", reasons)));
    }
    SheepAddress address = addresses.get(current);
    return open(address)
        .transform(
            opened -> {
              if (opened.succeeded()) {
                return Future.succeededFuture();
              }
              reasons.add(address + ": " + opened.cause().getMessage());
              next();
              return connect(tried + 1, reasons);
            });
  }

  /// The connections to one `sheep`, or none of them.
  private Future<Void> open(SheepAddress address) {
    Promise<Void> opened = Promise.promise();
    vertx
        .nameResolver()
        .resolve(loop, address.host())
        .addListener(
            resolved -> {
              if (resolved.isSuccess()) {
                var at =
                    new InetSocketAddress(
                        ((InetSocketAddress) resolved.getNow()).getAddress(), address.port());
                openMore(at, new ArrayList<>()).onComplete(opened);
              } else {
                opened.fail(resolved.cause());
              }
            });
    return opened.future();
  }

  private Future<Void> openMore(InetSocketAddress address, List<SheepConnection> made) {
    var own = new SheepConnection[1];
    return SheepConnection.connect(vertx, loop, address, timing, () -> lost(own[0], address))
        .transform(
            connected -> {
              if (connected.failed() || closed) {
                made.forEach(connection -> connection.close("another one could not be made"));
                if (connected.succeeded()) {
                  connected.result().close("the store is closed");
                }
                return Future.failedFuture(
                    connected.failed()
                        ? connected.cause()
                        : new StoreFault(StoreFault.Kind.CLOSED, "the store is closed"));
              }
              own[0] = connected.result();
              made.add(own[0]);
              if (made.size() < connectionCount) {
                return openMore(address, made);
              }
              for (SheepConnection connection : made) {
                if (connection.lost()) {
                  made.forEach(each -> each.close("another one was lost"));
                  return Future.failedFuture(new LinkLost("the connection was lost again", false));
                }
              }
              if (connected()) { // another attempt was faster
                made.forEach(each -> each.close("there is a link already"));
                return Future.succeededFuture();
              }
              connections = List.copyOf(made);
              return Future.succeededFuture();
            });
  }

  private void lost(SheepConnection connection, InetSocketAddress address) {
    if (connection != null && connections.contains(connection)) {
      drop(address + " ended the connection");
    }
  }

  /// Gives the link up; [#connect] begins with the same `sheep` again.
  void drop(String why) {
    if (connections.isEmpty()) {
      return;
    }
    List<SheepConnection> ended = connections;
    connections = List.of();
    LOG.info("{}", why);
    onLost.accept(why);
    ended.forEach(connection -> connection.close(why));
  }

  /// The `sheep` to begin with next time is the one after this.
  void next() {
    current = (current + 1) % addresses.size();
  }

  /// Sends once.
  ///
  /// @param request its data is borrowed until the answer is there
  /// @return fails with [LinkLost] only
  Future<SheepResponse> send(SheepRequest request) {
    SheepConnection idlest = null;
    for (SheepConnection connection : connections) {
      if (idlest == null || connection.load() < idlest.load()) {
        idlest = connection;
      }
    }
    return idlest == null
        ? Future.failedFuture(new LinkLost("no sheep is connected", false))
        : idlest.send(request);
  }

  /// Sends, and sends again for as long as the answer is to try later.
  ///
  /// @param request its data is borrowed until the answer is there
  /// @param deadline of the last attempt, nanoseconds
  /// @return the answer, which may still be one to retry; fails with [LinkLost], also when the
  ///   `sheep` says that it ends
  Future<SheepResponse> ask(SheepRequest request, long deadline) {
    return ask(request, deadline, 1, connections);
  }

  private Future<SheepResponse> ask(
      SheepRequest request, long deadline, int attempt, List<SheepConnection> link) {
    if (!link.equals(connections)) {
      return Future.failedFuture(new LinkLost("the link was lost", false));
    }
    return send(request)
        .compose(
            response ->
                switch (response.result().consequence) {
                  case RETRY -> {
                    if (Timing.passed(deadline)) {
                      yield Future.succeededFuture(response);
                    }
                    yield pause(timing.pause(attempt))
                        .compose(_ -> ask(request, deadline, attempt + 1, link));
                  }
                  case RECONNECT -> Future.failedFuture(leave(request, response));
                  case DONE, RELOAD, MISSING, NO_SPACE, FAILS -> Future.succeededFuture(response);
                });
  }

  /// Gives the link up for what a `sheep` answered, in favour of the next one.
  LinkLost leave(SheepRequest request, SheepResponse response) {
    String why = request + ": " + response.result().words;
    next();
    drop(why);
    return new LinkLost(why, false);
  }

  /// Completes after a while.
  Future<Void> pause(long millis) {
    Promise<Void> over = Promise.promise();
    var _ = loop.schedule(() -> over.complete(), millis, TimeUnit.MILLISECONDS);
    return over.future();
  }

  void close() {
    closed = true;
    List<SheepConnection> ended = connections;
    connections = List.of();
    ended.forEach(connection -> connection.close("the store is closed"));
  }
}
