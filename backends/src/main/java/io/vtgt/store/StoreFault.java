package io.vtgt.store;

/// Why a store did not do what it was asked. One switch in the SCSI layer maps the kind to sense.
public final class StoreFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public enum Kind {
    /// The medium failed to give the data (EIO on read).
    READ_ERROR,
    /// The medium failed to take the data.
    WRITE_ERROR,
    /// No space left behind a thin medium.
    OUT_OF_SPACE,
    /// The medium is read-only.
    READ_ONLY,
    /// The store cannot be reached now; it may come back.
    UNAVAILABLE,
    /// No answer within the gate's deadline. The operation may still land.
    TIMEOUT,
    /// Outside the medium, or not aligned: the gate's own check failed, a bug of ours.
    OUT_OF_RANGE,
    /// The store does not know this operation.
    UNSUPPORTED,
    /// The store or its gate is closed.
    CLOSED
  }

  private final Kind kind;

  /// @param message names the object, what came and what was expected
  public StoreFault(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public StoreFault(Kind kind, String message) {
    this(kind, message, null);
  }

  public static StoreFault unsupported(String operation) {
    return new StoreFault(Kind.UNSUPPORTED, "the store does not support " + operation);
  }

  public Kind kind() {
    return kind;
  }
}
