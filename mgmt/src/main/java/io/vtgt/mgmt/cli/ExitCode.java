package io.vtgt.mgmt.cli;

/// Exit statuses of `vtgtadm`, by kind of error, for scripts.
final class ExitCode {
  static final int OK = 0;

  /// A fault of the program or of the daemon.
  static final int FAULT = 1;

  /// The command line is wrong.
  static final int USAGE = 2;

  /// No daemon answers.
  static final int UNREACHABLE = 3;

  /// No such target, unit, session, account …
  static final int NOT_FOUND = 4;

  /// It exists already, is in use, or somebody else changed the configuration meanwhile.
  static final int CONFLICT = 5;

  /// The document or a value is refused.
  static final int INVALID = 6;

  /// The daemon could not do it: a file that cannot be opened, an address that cannot be bound. For
  /// `health`: it does not serve.
  static final int FAILED = 7;

  private ExitCode() {}

  /// @param httpStatus of a refusal by vtgtd
  static int of(int httpStatus) {
    return switch (httpStatus) {
      case 400, 413, 415, 422 -> INVALID;
      case 404 -> NOT_FOUND;
      case 409, 412 -> CONFLICT;
      case 421 -> USAGE; // the host name of --url
      case 503 -> FAILED;
      default -> FAULT;
    };
  }
}
