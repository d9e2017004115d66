package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.net.InetSocketAddress;
import java.util.function.Function;

/// One portal: accepts connections while it is deployed. The connections spread over all event
/// loops and outlive the portal.
final class PortalVerticle extends VerticleBase {
  private final InetSocketAddress wanted;
  private final Function<PipelineAdapter, PipelineAdapter.Events> connections;
  private PipelineAdapter.Listener listener;

  /// @param connections makes the connection of an accepted socket, on its event loop
  PortalVerticle(
      InetSocketAddress wanted, Function<PipelineAdapter, PipelineAdapter.Events> connections) {
    this.wanted = wanted;
    this.connections = connections;
  }

  @Override
  public Future<?> start() {
    return PipelineAdapter.listen(vertx, wanted, connections).onSuccess(it -> listener = it);
  }

  /// The address bound. After the start only.
  InetSocketAddress address() {
    return listener.address();
  }

  @Override
  public Future<?> stop() {
    return listener.close();
  }
}
