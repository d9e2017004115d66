package io.vtgt.iscsi;

import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The live sessions, and who may take whose place (RFC 7143 sections 6.3.1 and 6.3.5). Used from
/// every event loop.
final class SessionTable {

  /// What names a session (RFC 7143 section 4.4.3: the I_T nexus). Discovery sessions have none:
  /// they stand in nobody's way.
  record Key(String initiatorName, long isid, String targetName, int portalGroup) {}

  /// Whether a session may begin.
  sealed interface Entry {}

  /// @param predecessorEnded completes when the session whose place it takes has ended, tasks and
  ///   all
  record Entered(int tsih, Optional<Session> predecessor, Future<Void> predecessorEnded)
      implements Entry {}

  record Full(int sessions) implements Entry {}

  private static final int LARGEST_TSIH = 0xffff;

  // Guarded by this.
  private final Map<Integer, Session> byTsih = new HashMap<>();
  private final Map<Key, Session> byKey = new HashMap<>();
  private int lastTsih;

  /// Finds a session that is not ending.
  synchronized Optional<Session> find(int tsih) {
    return Optional.ofNullable(byTsih.get(tsih));
  }

  synchronized List<Session> all() {
    return List.copyOf(byTsih.values());
  }

  /// Gives a session its place. A session with the same key loses it and is ended.
  ///
  /// @param key empty for a discovery session
  /// @param tsih that of the session to take over, or 0 for one of its own
  Entry enter(Session session, Optional<Key> key, int tsih, int maxSessions) {
    Session old;
    int given;
    synchronized (this) {
      old = key.map(byKey::get).orElse(null);
      if (old == null && byTsih.size() >= Math.min(maxSessions, LARGEST_TSIH)) {
        return new Full(byTsih.size());
      }
      if (old != null) {
        byTsih.remove(old.tsih(), old);
      }
      given = old != null && old.tsih() == tsih ? tsih : freeTsih();
      byTsih.put(given, session);
      key.ifPresent(it -> byKey.put(it, session));
    }
    Future<Void> ended =
        old == null ? Future.succeededFuture() : old.end("its initiator logged in again");
    return new Entered(given, Optional.ofNullable(old), ended);
  }

  /// The session has ended.
  synchronized void leave(Session session, Optional<Key> key) {
    byTsih.remove(session.tsih(), session);
    key.ifPresent(it -> byKey.remove(it, session));
  }

  private int freeTsih() {
    do {
      lastTsih = lastTsih % LARGEST_TSIH + 1;
    } while (byTsih.containsKey(lastTsih));
    return lastTsih;
  }
}
