package io.vtgt.iscsi;

/// The state of a connection at the target (RFC 7143 section 8.1.4).
enum ConnectionState {
  /// S3: accepted, the first Login Request has not come.
  XPT_UP,
  /// S4
  IN_LOGIN,
  /// S5: the full feature phase.
  LOGGED_IN,
  /// S6: a Logout Request has come, its answer has not gone.
  IN_LOGOUT,
  /// S7: we asked for a logout.
  LOGOUT_REQUESTED,
  /// S8: the socket is gone, tasks are still ending.
  CLEANUP_WAIT,
  /// S1: nothing is left.
  FREE;

  enum Event {
    LOGIN_REQUEST,
    LOGIN_DONE,
    LOGIN_FAILED,
    LOGOUT_REQUEST,
    /// Our Async Message, event 1.
    LOGOUT_ASKED_FOR,
    TRANSPORT_LOST,
    CLEANED_UP
  }

  /// The state after `event`; the same where the event changes nothing.
  ConnectionState on(Event event) {
    return switch (this) {
      case XPT_UP ->
          switch (event) {
            case LOGIN_REQUEST -> IN_LOGIN; // T4
            case LOGIN_FAILED, TRANSPORT_LOST -> FREE; // T6
            case LOGIN_DONE, LOGOUT_REQUEST, LOGOUT_ASKED_FOR, CLEANED_UP -> this;
          };
      case IN_LOGIN ->
          switch (event) {
            case LOGIN_DONE -> LOGGED_IN; // T5
            case LOGIN_FAILED, TRANSPORT_LOST -> FREE; // T7
            case LOGIN_REQUEST, LOGOUT_REQUEST, LOGOUT_ASKED_FOR, CLEANED_UP -> this;
          };
      case LOGGED_IN ->
          switch (event) {
            case LOGOUT_REQUEST -> IN_LOGOUT; // T9
            case LOGOUT_ASKED_FOR -> LOGOUT_REQUESTED; // T11
            case TRANSPORT_LOST -> CLEANUP_WAIT; // T15
            case LOGIN_REQUEST, LOGIN_DONE, LOGIN_FAILED, CLEANED_UP -> this;
          };
      case LOGOUT_REQUESTED ->
          switch (event) {
            case LOGOUT_REQUEST -> IN_LOGOUT; // T10
            case LOGOUT_ASKED_FOR -> LOGOUT_REQUESTED; // T12
            case TRANSPORT_LOST -> CLEANUP_WAIT; // T16
            case LOGIN_REQUEST, LOGIN_DONE, LOGIN_FAILED, CLEANED_UP -> this;
          };
      case IN_LOGOUT ->
          switch (event) {
            // T13 and T17: the answer has gone and the socket closes, or the socket went first
            case TRANSPORT_LOST -> CLEANUP_WAIT;
            case LOGIN_REQUEST,
                LOGIN_DONE,
                LOGIN_FAILED,
                LOGOUT_REQUEST,
                LOGOUT_ASKED_FOR,
                CLEANED_UP ->
                this;
          };
      case CLEANUP_WAIT -> event == Event.CLEANED_UP ? FREE : this; // T18
      case FREE -> this;
    };
  }

  /// May requests of the full feature phase be acted on?
  boolean fullFeature() {
    return this == LOGGED_IN || this == LOGOUT_REQUESTED;
  }
}
