package io.vtgt.store.sheepdog;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// One socket to one `sheep`: frames go out in one write per turn of the event loop, answers come
/// in any order and find their request by its id.
///
/// It lives on Vert.x's event loop and transport, but in a pipeline that holds nothing except this
/// handler: data goes out without a copy, and comes in with one, into a buffer of its own.
/// Everything happens on that loop, completion of futures too.
///
/// Nothing is believed about what comes: an answer with an id that nobody waits for, of another
/// operation, or with more data than was asked for ends the connection. With an answer due and
/// nothing heard the `sheep` is asked for a sign of life; when none comes the connection ends.
final class SheepConnection extends ChannelInboundHandlerAdapter {
  /// What may be under way at once; more waits here.
  private static final int MOST_UNDER_WAY = 128;

  private static final long MOST_BYTES_UNDER_WAY = 32 << 20;

  /// What one read of the socket takes at most.
  private static final int MOST_READ_BYTES = 256 << 10;

  private final EventLoop loop;
  private final Timing timing;
  private final String peer;
  private final Runnable onLost;

  // All of it: touched on the event loop only.
  private final IntObjectHashMap<Exchange> underWay = new IntObjectHashMap<>();
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
  private final ByteBuf header = Unpooled.buffer(SheepRequest.HEADER_LENGTH);
  private Channel channel;
  private int lastId;
  private long bytesUnderWay;
  private boolean flushing;
  private boolean lost;

  // The answer whose data is coming.
  private Exchange receiving;
  private SheepResponse response;
  private ByteBuf body;

  private long heard = System.nanoTime();
  private boolean probing;
  private ScheduledFuture<?> watch;

  /// A request and who waits for its answer.
  private static final class Exchange {
    final SheepRequest request;
    final Promise<SheepResponse> promise = Promise.promise();

    Exchange(SheepRequest request) {
      this.request = request;
    }

    long bytes() {
      return request.length();
    }
  }

  private SheepConnection(EventLoop loop, Timing timing, String peer, Runnable onLost) {
    this.loop = loop;
    this.timing = timing;
    this.peer = peer;
    this.onLost = onLost;
  }

  /// @param onLost called once when a connection that was made ends, unless by [#close]
  /// @return fails when nobody answers there in time
  @SuppressWarnings("FutureReturnValueIgnored") // the listener tells
  static Future<SheepConnection> connect(
      VertxInternal vertx,
      EventLoop loop,
      InetSocketAddress address,
      Timing timing,
      Runnable onLost) {
    var connection = new SheepConnection(loop, timing, address.toString(), onLost);
    Promise<SheepConnection> made = Promise.promise();
    new Bootstrap()
        .group(loop)
        .channelFactory(vertx.transport().channelFactory(false))
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timing.connect())
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .option(
            ChannelOption.RECVBUF_ALLOCATOR,
            new AdaptiveRecvByteBufAllocator(2048, 16 << 10, MOST_READ_BYTES))
        .handler(connection)
        .connect(address)
        .addListener(
            (ChannelFuture connected) -> {
              Channel channel = connected.channel();
              if (connected.isSuccess() && channel.localAddress().equals(channel.remoteAddress())) {
                // on loopback, where nobody listens and the port is one of those given to clients
                connection.end("it was connected to itself", false);
                made.fail(new IOException("connected to itself"));
              } else if (connected.isSuccess()) {
                made.complete(connection);
              } else {
                connection.lost = true; // nobody has it
                made.fail(connected.cause());
              }
            });
    return made.future();
  }

  /// Sends when there is room.
  ///
  /// @param request its data is borrowed until the answer is there
  /// @return fails with [LinkLost]
  Future<SheepResponse> send(SheepRequest request) {
    assert loop.inEventLoop();
    var exchange = new Exchange(request);
    if (lost) {
      exchange.promise.fail(new LinkLost("the connection to " + peer + " is closed", false));
    } else if (waiting.isEmpty() && hasRoom(exchange)) {
      begin(exchange);
    } else {
      waiting.add(exchange);
    }
    return exchange.promise.future();
  }

  /// Whether it has ended.
  boolean lost() {
    return lost;
  }

  /// How many requests have no answer yet.
  int load() {
    return underWay.size() + waiting.size();
  }

  /// Ends it; what has no answer fails.
  void close(String why) {
    end(why, false);
  }

  private boolean hasRoom(Exchange exchange) {
    return underWay.isEmpty()
        || (underWay.size() < MOST_UNDER_WAY
            && bytesUnderWay + exchange.bytes() <= MOST_BYTES_UNDER_WAY);
  }

  private void begin(Exchange exchange) {
    if (underWay.isEmpty()) {
      heard = System.nanoTime(); // the silence begins with the first question
      probing = false;
    }
    do {
      lastId++;
    } while (underWay.containsKey(lastId));
    underWay.put(lastId, exchange);
    bytesUnderWay += exchange.bytes();
    SheepRequest request = exchange.request;
    ByteBuf head = PooledByteBufAllocator.DEFAULT.directBuffer(SheepRequest.HEADER_LENGTH);
    request.encode(head, lastId);
    var _ = channel.write(head, channel.voidPromise());
    if (request.data().isReadable()) {
      var _ = channel.write(request.data().retainedDuplicate(), channel.voidPromise());
    }
    if (!flushing) {
      flushing = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    channel.flush();
  }

  // --- what Netty tells

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    long period = Math.max(1, timing.probe() / 2);
    watch = loop.scheduleWithFixedDelay(this::listen, period, period, TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      heard = System.nanoTime();
      probing = false;
      while (bytes.isReadable() && !lost) {
        if (receiving == null) {
          receiveHeader(bytes);
        } else {
          receiveBody(bytes);
        }
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(peer + " closed the connection", true);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end("the connection to " + peer + ": " + cause.getMessage(), true);
  }

  // --- receiving

  private void receiveHeader(ByteBuf bytes) {
    bytes.readBytes(
        header,
        Math.min(bytes.readableBytes(), SheepRequest.HEADER_LENGTH - header.readableBytes()));
    if (header.readableBytes() < SheepRequest.HEADER_LENGTH) {
      return;
    }
    int id = header.getIntLE(SheepResponse.ID);
    int opcode = header.getUnsignedByte(SheepResponse.OPCODE);
    long length = header.getUnsignedIntLE(SheepResponse.DATA_LENGTH);
    Exchange exchange = underWay.get(id);
    if (exchange == null || exchange.request.opcode().code != opcode) {
      end("%s answered what nobody asked (id %d, opcode 0x%02x)".formatted(peer, id, opcode), true);
      return;
    }
    if (length > exchange.request.wantedLength()) {
      end("%s answered %s with %d bytes of data".formatted(peer, exchange.request, length), true);
      return;
    }
    response = SheepResponse.decode(header);
    receiving = exchange;
    underWay.remove(id);
    header.clear();
    if (length == 0) {
      received();
    } else {
      body = PooledByteBufAllocator.DEFAULT.directBuffer((int) length, (int) length);
    }
  }

  private void receiveBody(ByteBuf bytes) {
    bytes.readBytes(body, Math.min(bytes.readableBytes(), body.writableBytes()));
    if (!body.isWritable()) {
      response = response.withData(body);
      body = null;
      received();
    }
  }

  private void received() {
    Exchange exchange = receiving;
    SheepResponse answer = response;
    receiving = null;
    response = null;
    bytesUnderWay -= exchange.bytes();
    while (!waiting.isEmpty() && hasRoom(waiting.peek())) {
      begin(waiting.poll());
    }
    if (answer.data().isReadable() && !answer.succeeded()) {
      answer.data().release(); // of no use
      answer = answer.withData(Unpooled.EMPTY_BUFFER);
    }
    exchange.promise.complete(answer);
  }

  // --- the end

  /// Twice in the time after which a sign of life is asked for.
  private void listen() {
    if (underWay.isEmpty() && receiving == null) {
      return;
    }
    long silent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heard);
    if (silent >= timing.silence()) {
      end(peer + " has said nothing for " + silent + " ms", true);
    } else if (silent >= timing.probe() && !probing) {
      probing = true;
      begin(new Exchange(SheepRequest.probe()));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // closing it is all there is to do
  private void end(String why, boolean tell) {
    if (lost) {
      return;
    }
    lost = true;
    if (watch != null) {
      watch.cancel(false);
    }
    channel.close();
    if (body != null) {
      body.release();
      body = null;
    }
    List<Exchange> sent = new ArrayList<>(underWay.values());
    if (receiving != null) {
      sent.add(receiving);
      receiving = null;
    }
    List<Exchange> unsent = new ArrayList<>(waiting);
    underWay.clear();
    waiting.clear();
    if (tell) {
      onLost.run(); // before those hear who would send again
    }
    sent.forEach(exchange -> exchange.promise.fail(new LinkLost(why, true)));
    unsent.forEach(exchange -> exchange.promise.fail(new LinkLost(why, false)));
  }
}
