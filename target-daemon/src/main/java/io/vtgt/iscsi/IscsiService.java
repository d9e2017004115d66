package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/// The iSCSI side of the daemon: portals and the sessions that came through them.
public final class IscsiService {

  public IscsiService(Vertx vertx, Gateway gateway) {}

  /// Binds a portal, on every event loop.
  ///
  /// @return the address bound (the port where 0 was asked); fails with the reason when it cannot
  ///   be bound
  public Future<InetSocketAddress> listen(int portalGroup, InetSocketAddress address) {
    throw new UnsupportedOperationException();
  }

  /// Stops accepting on a bound portal. Its sessions go on.
  public Future<Void> unlisten(InetSocketAddress bound) {
    throw new UnsupportedOperationException();
  }

  /// A snapshot of live sessions, discovery sessions too.
  public List<SessionStatus> sessions() {
    throw new UnsupportedOperationException();
  }

  /// Asks the initiator to log out (Async Message), then ends the session.
  ///
  /// @return false when there is no such session
  public Future<Boolean> endSession(String id, String why) {
    throw new UnsupportedOperationException();
  }

  /// Ends every session of a target: it was removed or its rules changed.
  public Future<Void> endSessionsOf(String targetName, String why) {
    throw new UnsupportedOperationException();
  }

  /// Stops accepting, asks every initiator to log out, waits for tasks under way up to
  /// `graceMillis`, ends what is left.
  public Future<Void> shutdown(long graceMillis) {
    throw new UnsupportedOperationException();
  }

  /// @param id unique among live sessions
  /// @param portalAddress where the initiator came to
  /// @param negotiated key to value
  /// @param counters such as `rxBytes`, `txBytes`, `commands`, `readBytes`, `writeBytes`, `rejects`
  public record SessionStatus(
      String id,
      String targetName,
      boolean discovery,
      String initiatorName,
      String initiatorAddress,
      String portalAddress,
      int portalGroup,
      long isid,
      int tsih,
      long sinceEpochMillis,
      Map<String, String> negotiated,
      Map<String, Long> counters) {}
}
