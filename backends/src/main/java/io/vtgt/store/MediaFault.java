package io.vtgt.store;

/// Why something is not done to a medium, in words for the operator.
public final class MediaFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public enum Kind {
    /// There is no such place, medium or snapshot.
    NOT_FOUND,
    EXISTS,
    /// Somebody has it open, or something depends on it.
    IN_USE,
    /// The place does not take such a medium, or not from us.
    REFUSED
  }

  private final Kind kind;

  public MediaFault(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
