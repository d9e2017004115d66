package io.vtgt.iscsi;

import io.vtgt.iscsi.login.LoginPolicy;
import io.vtgt.target.Target;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/// What the transport asks of the daemon. Answers at once, from immutable snapshots, on any thread.
public interface Gateway {

  LoginPolicy loginPolicy();

  Optional<Target> target(String name);

  /// The targets this initiator may see and log in to, with their addresses (RFC 7143 appendix C).
  ///
  /// @param cameTo the local address of the connection that asks: what a wildcard portal is known
  ///   by
  List<Discovered> discover(String initiatorName, InetAddress initiator, InetSocketAddress cameTo);

  /// @param addresses `ADDR:PORT,TPGT` as SendTargets prints them
  record Discovered(String targetName, List<String> addresses) {}

  Settings settings();

  /// @param loginTimeoutMillis a login that takes longer is dropped
  /// @param nopIntervalMillis a connection silent so long is pinged; 0 never
  /// @param nopTimeoutMillis a ping not answered in that time ends the connection
  /// @param commandWindow commands one session may have under way, 1 to 1024
  /// @param dataBudgetBytes memory for data under way of all sessions together
  /// @param maxSessions the most there may be at once
  /// @param patience how long others may keep us waiting
  record Settings(
      long loginTimeoutMillis,
      long nopIntervalMillis,
      long nopTimeoutMillis,
      int commandWindow,
      long dataBudgetBytes,
      int maxSessions,
      Patience patience) {
    /// With the usual patience.
    public Settings(
        long loginTimeoutMillis,
        long nopIntervalMillis,
        long nopTimeoutMillis,
        int commandWindow,
        long dataBudgetBytes,
        int maxSessions) {
      this(
          loginTimeoutMillis,
          nopIntervalMillis,
          nopTimeoutMillis,
          commandWindow,
          dataBudgetBytes,
          maxSessions,
          Patience.USUAL);
    }
  }

  /// Time limits that nobody has asked to set yet.
  ///
  /// @param managementMillis a task management function whose truth is not known by then is
  ///   answered FUNCTION REJECTED
  /// @param sessionEndMillis what the store has not answered of an ended session by then is in
  ///   quarantine, and the session's place is free
  /// @param dataOutMillis a WRITE whose data stops coming so long ends its connection
  /// @param slowMillis a command under way so long takes up no place in the command window
  record Patience(
      long managementMillis, long sessionEndMillis, long dataOutMillis, long slowMillis) {
    /// Linux waits 15 s for ABORT TASK, 30 s for the resets, and 15 s for a login.
    static final Patience USUAL = new Patience(30_000, 5_000, 60_000, 5_000);
  }
}
