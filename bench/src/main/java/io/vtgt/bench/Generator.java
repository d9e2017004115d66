package io.vtgt.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// A closed-loop load generator: one event loop that keeps every session's queue full. Commands
/// that the answers of one socket read make possible go out in one system call.
final class Generator implements AutoCloseable {
  private static final int MOST_READ_BYTES = 1 << 20;

  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  /// What is loaded.
  ///
  /// @param pid whose CPU is counted
  record Subject(String name, InetSocketAddress portal, String target, int lun, long pid) {}

  /// Runs one workload.
  ///
  /// @param span bytes of the unit that are used, from its start
  Figures run(Subject subject, Workload workload, long span, long warmUpMillis, long millis)
      throws Exception {
    var sessions = new ArrayList<BenchInitiator>();
    var channels = new ArrayList<Channel>();
    try {
      for (int i = 0; i < workload.sessions(); i++) {
        var initiator = new BenchInitiator(subject.target(), subject.lun(), workload, span, i);
        channels.add(connect(subject.portal(), initiator));
        sessions.add(initiator);
      }
      for (var session : sessions) {
        session.loggedIn().get(10, TimeUnit.SECONDS);
      }
      sessions.forEach(BenchInitiator::begin);
      Thread.sleep(warmUpMillis);

      var target = new ProcessClock(subject.pid());
      var own = new ProcessClock(ProcessHandle.current().pid());
      onLoop(() -> sessions.forEach(BenchInitiator::reset));
      long began = System.nanoTime();
      long targetBegan = target.cpuMicros(), ownBegan = own.cpuMicros();
      Thread.sleep(millis);
      long nanos = System.nanoTime() - began;
      double targetCpu = target.cpuMicros() - targetBegan, ownCpu = own.cpuMicros() - ownBegan;
      var times = new Histogram(3);
      onLoop(() -> sessions.forEach(session -> times.add(session.times())));

      var failed = sessions.stream().flatMap(s -> s.failure().stream()).findFirst();
      if (failed.isPresent()) {
        throw new IllegalStateException(
            subject.name() + ": " + workload.label() + ": " + failed.get());
      }
      long operations = times.getTotalCount();
      double seconds = nanos / 1e9;
      return new Figures(
          operations,
          operations / seconds,
          operations * (double) workload.transferBytes() / seconds / (1 << 20),
          times.getValueAtPercentile(99) / 1e3,
          targetCpu / operations,
          ownCpu / operations);
    } finally {
      sessions.forEach(BenchInitiator::stop);
      for (Channel channel : channels) {
        channel.close().sync();
      }
    }
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Channel connect(InetSocketAddress portal, BenchInitiator initiator)
      throws InterruptedException {
    return new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(initiator);
              }
            })
        .connect(portal)
        .sync()
        .channel();
  }

  private void onLoop(Runnable action) throws Exception {
    var done = new CompletableFuture<Void>();
    loop.execute(
        () -> {
          action.run();
          done.complete(null);
        });
    done.get(10, TimeUnit.SECONDS);
  }

  static List<Workload> standardWorkloads() {
    var all = new ArrayList<Workload>();
    for (boolean write : new boolean[] {false, true}) {
      for (int sessions : new int[] {1, 4}) {
        for (int depth : new int[] {1, 32}) {
          all.add(new Workload(write, 4096, true, depth, sessions));
        }
      }
      all.add(new Workload(write, 256 << 10, false, 8, 1));
    }
    return all;
  }
}
