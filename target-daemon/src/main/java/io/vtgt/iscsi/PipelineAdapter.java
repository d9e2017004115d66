package io.vtgt.iscsi;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One accepted socket, as Netty sees it: the only class that touches Vert.x internals.
///
/// The sockets live on Vert.x's own event loops and transport, but in a pipeline that holds nothing
/// except this handler: bytes come in and go out as pooled direct buffers, without the copy that
/// `Buffer` costs. Everything of one socket, its [Events] too, happens on its event loop, with the
/// socket's Vert.x context current.
@SuppressWarnings("FutureReturnValueIgnored") // a write or close that fails ends in channelInactive
final class PipelineAdapter extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(PipelineAdapter.class);

  /// What one read takes at most. More per system call, and larger slices to pass on.
  private static final int MOST_READ_BYTES = 256 * 1024;

  /// Answers queued above the higher mark stop the reading of requests until they are below the
  /// lower one.
  private static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  private static final int ACCEPT_BACKLOG = 1024;

  /// What happens on a socket.
  interface Events {
    /// @param bytes owned by the receiver
    void received(ByteBuf bytes);

    /// Everything that one turn of the event loop read has been handed over.
    void receivedAll();

    /// The peer has taken enough answers, or takes none.
    void writabilityChanged();

    /// The socket is closed, from either side. Once, and nothing follows.
    void closed();

    /// A handler threw: our bug.
    void failed(Throwable bug);
  }

  /// Accepts connections on `address`.
  ///
  /// @param events makes the receiver of each socket's events; called on its event loop
  /// @return the listening socket, to be closed when no more connections are wanted; those accepted
  ///   go on
  static Future<Listener> listen(
      Vertx vertx, InetSocketAddress address, Function<PipelineAdapter, Events> events) {
    var internal = (VertxInternal) vertx;
    var bootstrap =
        new ServerBootstrap()
            .group(internal.acceptorEventLoopGroup(), internal.eventLoopGroup())
            .channelFactory(internal.transport().serverChannelFactory(false))
            .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(2048, 16 * 1024, MOST_READ_BYTES))
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (channel.remoteAddress() == null) { // gone again
                      channel.close();
                      return;
                    }
                    var context =
                        internal.contextBuilder().withEventLoop(channel.eventLoop()).build();
                    var adapter = new PipelineAdapter(channel, context);
                    adapter.events = events.apply(adapter);
                    channel.pipeline().addLast("iscsi", adapter);
                  }
                });
    Promise<Listener> promise = internal.getOrCreateContext().promise();
    bootstrap
        .bind(address)
        .addListener(
            (ChannelFuture bound) -> {
              if (bound.isSuccess()) {
                promise.complete(new Listener(bound.channel()));
              } else {
                promise.fail(
                    new IOException(
                        "cannot listen on %s: %s".formatted(address, bound.cause()),
                        bound.cause()));
              }
            });
    return promise.future();
  }

  /// A socket that accepts connections.
  record Listener(Channel channel) {
    InetSocketAddress address() {
      return (InetSocketAddress) channel.localAddress();
    }

    Future<Void> close() {
      Promise<Void> closed = Promise.promise();
      channel.close().addListener(_ -> closed.complete());
      return closed.future();
    }
  }

  private final Channel channel;
  private final ContextInternal context;

  /// Set before the first event.
  private Events events;

  private PipelineAdapter(Channel channel, ContextInternal context) {
    this.channel = channel;
    this.context = context;
  }

  Context context() {
    return context;
  }

  boolean onEventLoop() {
    return channel.eventLoop().inEventLoop();
  }

  InetSocketAddress remoteAddress() {
    return (InetSocketAddress) channel.remoteAddress();
  }

  InetSocketAddress localAddress() {
    return (InetSocketAddress) channel.localAddress();
  }

  ByteBufAllocator alloc() {
    return channel.alloc();
  }

  boolean writable() {
    return channel.isWritable();
  }

  /// Queues bytes without sending them.
  ///
  /// @param bytes owned by this method
  void write(ByteBuf bytes) {
    channel.write(bytes, channel.voidPromise());
  }

  /// Queues bytes and tells when they have left, or never will.
  ///
  /// @param bytes owned by this method
  void write(ByteBuf bytes, Runnable gone) {
    channel.write(bytes).addListener(_ -> gone.run());
  }

  /// Sends what is queued.
  void flush() {
    channel.flush();
  }

  /// Stops and resumes reading the socket.
  void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  /// Runs `action` after what the event loop is at.
  void later(Runnable action) {
    channel.eventLoop().execute(action);
  }

  /// Runs `action` once, on the event loop.
  ///
  /// @return for [#cancelTimer]
  long setTimer(long delayMillis, Runnable action) {
    return context.setTimer(Math.max(1, delayMillis), _ -> action.run());
  }

  void cancelTimer(long id) {
    context.owner().cancelTimer(id);
  }

  void close() {
    channel.close();
  }

  /// Sends what is queued, then the end of the stream. What the peer still sends is read and
  /// dropped until it closes too, so that no reset of the connection overtakes our last words.
  void endOutput() {
    // Writes complete in order: when this one has, everything queued has left. Ending the output
    // before would drop what io_uring still writes, or what the peer has not yet taken.
    write(Unpooled.EMPTY_BUFFER, this::shutdownOutput);
    flush();
  }

  private void shutdownOutput() {
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    } else {
      channel.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var previous = context.beginDispatch();
    try {
      events.received((ByteBuf) message);
    } catch (RuntimeException | Error bug) {
      events.failed(bug);
    } finally {
      context.endDispatch(previous);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    var previous = context.beginDispatch();
    try {
      events.receivedAll();
    } catch (RuntimeException | Error bug) {
      events.failed(bug);
    } finally {
      context.endDispatch(previous);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    events.writabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    var previous = context.beginDispatch();
    try {
      events.closed();
    } catch (RuntimeException | Error bug) {
      log.error("while closing {}", channel.remoteAddress(), bug);
    } finally {
      context.endDispatch(previous);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("{}: {}", channel.remoteAddress(), cause.getMessage());
      ctx.close();
    } else {
      events.failed(cause);
    }
  }
}
