package io.vtgt.iscsi.login;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a login needs to know of the gateway: who may come in, how they prove it, what is offered.
/// Answers from immutable snapshots, at once, on any thread.
public interface LoginPolicy {

  /// Decides on the first Login Request, when the names are known.
  Admission admit(Visitor visitor);

  /// The value we offer or declare for keys of the [LoginKey] table that the configuration sets;
  /// keys left out keep the table's default.
  Map<String, String> offers();

  /// @param targetName empty in a discovery session
  /// @param portalGroup of the portal the connection came to
  record Visitor(
      String initiatorName, InetAddress address, Optional<String> targetName, int portalGroup) {
    public boolean discovery() {
      return targetName.isEmpty();
    }
  }

  sealed interface Admission {}

  /// @param chap empty: no authentication is asked for
  /// @param targetAlias told in the login
  record Admitted(Optional<ChapPolicy> chap, Optional<String> targetAlias) implements Admission {}

  /// @param why for the log
  record Refused(LoginStatus status, String why) implements Admission {}

  /// @param address `ADDR:PORT` or `ADDR:PORT,TPGT`, told as TargetAddress
  record Redirected(String address, boolean permanent) implements Admission {}

  /// CHAP (RFC 7143 section 12.1).
  ///
  /// @param accounts name to secret of those who may log in
  /// @param mutual with what the target proves itself when asked
  /// @param algorithms allowed, strongest first
  record ChapPolicy(
      Map<String, byte[]> accounts, Optional<Credentials> mutual, List<ChapAlgorithm> algorithms) {}

  record Credentials(String name, byte[] secret) {}
}
