package io.vtgt.daemon;

/// Why the daemon does not start, in one sentence for the person who started it.
final class StartFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartFault(String message) {
    super(message);
  }

  StartFault(String message, Throwable cause) {
    super(message, cause);
  }
}
