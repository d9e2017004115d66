package io.vtgt.mgmt.http;

import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.document.Problem;
import io.vtgt.mgmt.document.Violation;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A request that is refused, told as problem details (RFC 9457).
final class HttpFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What kinds there are: one row each.
  enum Kind {
    MALFORMED(400, "The request is not well-formed"),
    FORBIDDEN(403, "Not from here"),
    NOT_FOUND(404, "There is no such thing"),
    METHOD_NOT_ALLOWED(405, "Not with this method"),
    NOT_ACCEPTABLE(406, "Not in this format"),
    CONFLICT(409, "Not as things are"),
    PRECONDITION_FAILED(412, "The configuration has changed meanwhile"),
    TOO_LARGE(413, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Neither JSON nor YAML"),
    MISDIRECTED(421, "Not for this host name"),
    INVALID(422, "The configuration is not valid"),
    BUG(500, "A mistake of the daemon"),
    CANNOT(503, "The daemon cannot do it");

    final int status;
    final String title;

    Kind(int status, String title) {
      this.status = status;
      this.title = title;
    }

    /// Names the kind for programs.
    String type() {
      return "urn:vtgt:problem:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// The body of the answer.
  ///
  /// @param violations each wrong place; empty when it is not about places
  record Details(String type, String title, int status, String detail, List<Fault> violations) {}

  /// @param pointer JSON pointer into the body of the request
  /// @param line in the body, where there is one
  record Fault(String pointer, String message, Optional<Integer> line, Optional<Integer> column) {
    static Fault of(Problem problem) {
      return new Fault(
          problem.pointer(),
          problem.message(),
          Optional.of(problem.line()),
          Optional.of(problem.column()));
    }

    static Fault of(Violation violation) {
      return new Fault(
          violation.pointer(), violation.message(), Optional.empty(), Optional.empty());
    }
  }

  private final Kind kind;
  private final transient List<Fault> faults;
  private final transient Map<String, String> headers;

  private HttpFailure(Kind kind, String detail, List<Fault> faults, Map<String, String> headers) {
    super(detail, null, false, false);
    this.kind = kind;
    this.faults = List.copyOf(faults);
    this.headers = headers;
  }

  HttpFailure(Kind kind, String detail, List<Fault> faults) {
    this(kind, detail, faults, Map.of());
  }

  HttpFailure(Kind kind, String detail) {
    this(kind, detail, List.of());
  }

  static HttpFailure notAllowed(String method, String allowed) {
    return new HttpFailure(
        Kind.METHOD_NOT_ALLOWED,
        method + " is not offered here; allowed are " + allowed,
        List.of(),
        Map.of("Allow", allowed));
  }

  /// What a failure of any kind is to the client. What nobody foresaw is our mistake; its message
  /// stays with us.
  static HttpFailure of(Throwable failure) {
    return switch (failure) {
      case HttpFailure foreseen -> foreseen;
      case AdminError refused ->
          new HttpFailure(
              switch (refused.kind()) {
                case INVALID -> Kind.INVALID;
                case NOT_FOUND -> Kind.NOT_FOUND;
                case CONFLICT -> Kind.CONFLICT;
                case FAILED -> Kind.CANNOT;
              },
              refused.getMessage(),
              refused.violations().stream().map(Fault::of).toList());
      default -> new HttpFailure(Kind.BUG, "see the log of the daemon");
    };
  }

  Reply reply() {
    var details = new Details(kind.type(), kind.title, kind.status, getMessage(), faults);
    return new Reply(kind.status, Optional.of(details), headers);
  }

  Kind kind() {
    return kind;
  }
}
