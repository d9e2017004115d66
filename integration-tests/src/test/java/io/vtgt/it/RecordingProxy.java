package io.vtgt.it;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// Stands between initiators and a portal on this machine, passes everything on at once and keeps
/// it in a [Capture].
///
/// One thread does everything, and takes new connections last: an initiator that closes one and
/// then opens another is told to the portal in that order.
final class RecordingProxy implements AutoCloseable {
  private static final int BACKLOG = 64;

  private final Selector selector = Selector.open();
  private final ServerSocketChannel listener;
  private final InetSocketAddress behind;
  private final int portal;
  private final Capture capture;
  private final Thread thread;
  private volatile boolean closed;

  /// @param portalPort where the portal listens, on the loopback
  /// @param portal its number in the capture
  RecordingProxy(int portalPort, int portal, Capture capture) throws IOException {
    var loopback = InetAddress.getLoopbackAddress();
    this.behind = new InetSocketAddress(loopback, portalPort);
    this.portal = portal;
    this.capture = capture;
    listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(loopback, 0), BACKLOG);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    thread = Thread.ofPlatform().daemon().name("recording-proxy").start(this::run);
  }

  /// `127.0.0.1:PORT`.
  String address() {
    return "127.0.0.1:" + listener.socket().getLocalPort();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void run() {
    try (listener) {
      while (!closed) {
        selector.select();
        for (var key : selector.selectedKeys()) {
          if (key.isValid() && key.attachment() instanceof Direction) {
            pass(key);
          }
        }
        for (var key : selector.selectedKeys()) {
          if (key.isValid() && key.isAcceptable()) {
            accept();
          }
        }
        selector.selectedKeys().clear();
      }
      for (var key : selector.keys()) {
        closeQuietly(key.channel());
      }
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() throws IOException {
    SocketChannel initiator = listener.accept();
    SocketChannel target;
    try {
      target = SocketChannel.open(behind);
    } catch (IOException e) {
      closeQuietly(initiator); // the portal does not listen: neither do we
      return;
    }
    var connection = capture.connection(portal);
    new Direction(connection, true, initiator, target).begin();
    new Direction(connection, false, target, initiator).begin();
  }

  /// A key stands for what its channel sends, and for the peer that takes it: each channel reads
  /// for its own direction and writes for the other one.
  private static void pass(SelectionKey key) {
    var direction = (Direction) key.attachment();
    try {
      if (key.isWritable()) {
        direction.opposite().write();
      }
      if (key.isValid() && key.isReadable()) {
        direction.read();
      }
    } catch (IOException e) {
      direction.abandon();
    }
  }

  private static void closeQuietly(Closeable channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone, which is what was wanted.
    }
  }

  /// The bytes from one side to the other. It reads on when all that it has read is written.
  private final class Direction {
    private final Capture.Connection connection;
    private final boolean fromInitiator;
    private final SocketChannel from;
    private final SocketChannel to;
    private final ByteBuffer bytes = ByteBuffer.allocate(Capture.PACKET_BYTES);

    Direction(
        Capture.Connection connection,
        boolean fromInitiator,
        SocketChannel from,
        SocketChannel to) {
      this.connection = connection;
      this.fromInitiator = fromInitiator;
      this.from = from;
      this.to = to;
    }

    void begin() throws IOException {
      from.configureBlocking(false);
      from.setOption(StandardSocketOptions.TCP_NODELAY, true);
      from.register(selector, SelectionKey.OP_READ, this);
    }

    Direction opposite() {
      return (Direction) to.keyFor(selector).attachment();
    }

    void read() throws IOException {
      bytes.clear();
      int length = from.read(bytes);
      if (length < 0) {
        end();
      } else {
        connection.data(fromInitiator, bytes.array(), length);
        bytes.flip();
        write();
      }
    }

    void write() throws IOException {
      to.write(bytes);
      boolean more = bytes.hasRemaining();
      want(to, SelectionKey.OP_WRITE, more);
      want(from, SelectionKey.OP_READ, !more);
    }

    /// An end of the initiator's is passed on: the target may have answers yet. When the target
    /// ends, nobody reads any more.
    private void end() throws IOException {
      connection.end(fromInitiator);
      if (fromInitiator) {
        want(from, SelectionKey.OP_READ, false);
        to.shutdownOutput();
      } else {
        abandon();
      }
    }

    void abandon() {
      closeQuietly(from);
      closeQuietly(to);
    }

    private void want(SocketChannel channel, int operation, boolean wanted) {
      var key = channel.keyFor(selector);
      if (key != null && key.isValid()) {
        int others = key.interestOps() & ~operation;
        key.interestOps(wanted ? others | operation : others);
      }
    }
  }
}
