package io.vtgt.iscsi.login;

/// Why a login ends badly.
///
/// @param why for the log
record Refusal(LoginStatus status, String why) {
  static Refusal initiatorError(String why) {
    return new Refusal(LoginStatus.INITIATOR_ERROR, why);
  }

  static Refusal authentication(String why) {
    return new Refusal(LoginStatus.AUTHENTICATION_FAILURE, why);
  }
}
