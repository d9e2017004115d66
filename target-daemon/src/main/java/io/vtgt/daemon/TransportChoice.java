package io.vtgt.daemon;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.transport.Transport;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/// What moves the bytes below Vert.x.
///
/// `AUTO` is io_uring where the kernel allows it, because then files and sockets share one ring,
/// else epoll, else NIO. A transport asked for by name is that one or a failed start.
enum TransportChoice {
  AUTO,
  IO_URING,
  EPOLL,
  NIO;

  /// @param vertx runs on `transport`
  record Made(Vertx vertx, TransportChoice transport) {}

  /// Makes a Vert.x with as many event loops as there are processors.
  ///
  /// @throws StartFault when the named transport cannot be had
  Made make() {
    if (this != AUTO) {
      unavailable()
          .ifPresent(
              why -> {
                throw new StartFault(
                    "transport "
                        + this
                        + " is not available: "
                        + why
                        + " (--transport auto takes the best there is)");
              });
      return new Made(build(), this);
    }
    for (var candidate : new TransportChoice[] {IO_URING, EPOLL}) {
      var why = candidate.unavailable();
      if (why.isEmpty()) {
        return new Made(candidate.build(), candidate);
      }
      LoggerFactory.getLogger(TransportChoice.class)
          .info("transport {} is not available: {}", candidate, why.get());
    }
    return new Made(NIO.build(), NIO);
  }

  private Optional<String> unavailable() {
    var transport = transport();
    if (transport == null) {
      return Optional.of("its library is not on the class path");
    }
    if (transport.available()) {
      return Optional.empty();
    }
    var cause = transport.unavailabilityCause();
    return Optional.of(cause == null ? "the system refuses it" : cause.getMessage());
  }

  /// Null where the transport's library is not on the class path.
  private Transport transport() {
    return switch (this) {
      case IO_URING -> Transport.IO_URING;
      case EPOLL -> Transport.EPOLL;
      case NIO -> Transport.NIO;
      case AUTO -> throw new AssertionError("auto is not a transport");
    };
  }

  private Vertx build() {
    var options =
        new VertxOptions()
            .setEventLoopPoolSize(Runtime.getRuntime().availableProcessors())
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setClassPathResolvingEnabled(false)
                    .setFileCachingEnabled(false));
    return Vertx.builder().with(options).withTransport(transport()).build();
  }

  /// As `--transport` spells it.
  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
