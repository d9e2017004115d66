package io.vtgt.iscsi.login;

import io.vtgt.iscsi.pdu.LoginRequest;
import java.net.InetAddress;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// The login phase of one connection (RFC 7143 section 6.3): fed with Login Requests, answers each.
/// Does no I/O and reads no clock; sequence numbers and the session table are the connection's.
public final class LoginExchange {

  /// What goes into the next Login Response.
  ///
  /// @param status not SUCCESS ends the login; the connection is closed after the response
  /// @param currentStage, nextStage stages of RFC 7143 section 11.12.3; `nextStage` counts only
  ///   with `transit`
  /// @param continues the text goes on in the next response, after an empty request
  /// @param text key=value pairs, each ended by a zero byte
  /// @param outcome present with the response that ends the login well
  /// @param why in words for the log, when refused
  public record Answer(
      LoginStatus status,
      boolean transit,
      boolean continues,
      int currentStage,
      int nextStage,
      byte[] text,
      Optional<Outcome> outcome,
      String why) {}

  /// A login that reached the full feature phase.
  ///
  /// @param account the CHAP name that was proved
  public record Outcome(
      LoginPolicy.Visitor visitor,
      Optional<String> initiatorAlias,
      Optional<String> account,
      SessionParameters parameters) {}

  public LoginExchange(
      LoginPolicy policy, InetAddress initiator, int portalGroup, RandomGenerator random) {}

  /// @param request borrowed
  public Answer on(LoginRequest request) {
    throw new UnsupportedOperationException();
  }

  /// The visitor as far as known, for session rules that come before the login ends.
  public Optional<LoginPolicy.Visitor> visitor() {
    throw new UnsupportedOperationException();
  }
}
