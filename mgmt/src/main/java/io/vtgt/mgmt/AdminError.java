package io.vtgt.mgmt;

import io.vtgt.mgmt.document.Violation;
import java.util.List;

/// A refused administrative call. One switch maps the kind to an HTTP status, another to an exit
/// code.
public final class AdminError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public enum Kind {
    /// The document or an argument is wrong: see the violations.
    INVALID,
    NOT_FOUND,
    /// Exists already, is in use, or the version moved on.
    CONFLICT,
    /// The daemon cannot do it: a file that cannot be opened, a port that cannot be bound.
    FAILED
  }

  private final Kind kind;
  private final transient List<Violation> violations;

  public AdminError(Kind kind, String message, List<Violation> violations) {
    super(message);
    this.kind = kind;
    this.violations = List.copyOf(violations);
  }

  public AdminError(Kind kind, String message) {
    this(kind, message, List.of());
  }

  public Kind kind() {
    return kind;
  }

  public List<Violation> violations() {
    return violations;
  }
}
