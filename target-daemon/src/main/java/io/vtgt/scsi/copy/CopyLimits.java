package io.vtgt.scsi.copy;

/// How much one copy may ask, and how many there may be. The commands refuse what is more, and the
/// Third-party Copy page and RECEIVE COPY OPERATING PARAMETERS tell the same figures.
public final class CopyLimits {
  /// MAXIMUM CSCD DESCRIPTOR COUNT.
  public static final int CSCDS = 32;

  /// MAXIMUM SEGMENT DESCRIPTOR COUNT.
  public static final int SEGMENTS = 128;

  /// MAXIMUM DESCRIPTOR LIST LENGTH: more than both maxima together, so that an initiator that
  /// sends one too many is told of what.
  public static final int LIST_BYTES = 8192;

  /// MAXIMUM SEGMENT LENGTH.
  public static final int SEGMENT_BYTES = 32 << 20;

  /// TOTAL CONCURRENT COPIES and MAXIMUM (IDENTIFIED) CONCURRENT COPIES: of a whole gateway.
  /// Further ones are answered BUSY. Times [Mover#MEMORY_BYTES] it is what copies take of the
  /// memory.
  public static final int COPIES = 64;

  /// Of these, what one unit may be asked for: a unit whose store hangs leaves room for the others.
  public static final int COPIES_PER_UNIT = 32;

  /// Copies of one unit that have ended and can still be asked about.
  public static final int ENDED_COPIES_PER_UNIT = 256;

  /// MAXIMUM RANGE DESCRIPTORS.
  public static final int RANGES = 64;

  /// MAXIMUM BYTES IN BLOCK ROD and, in blocks, MAXIMUM TOKEN TRANSFER SIZE.
  public static final long ROD_BYTES = 1L << 30;

  /// OPTIMAL BYTES IN BLOCK ROD TRANSFER and, in blocks, OPTIMAL TRANSFER COUNT: a fraction of a
  /// second on most media.
  public static final long OPTIMAL_ROD_BYTES = 64L << 20;

  /// MAXIMUM INACTIVITY TIMEOUT, and what a token is good for when the initiator names none.
  public static final int TOKEN_SECONDS = 600, DEFAULT_TOKEN_SECONDS = 60;

  /// MAXIMUM TOKEN LIFETIME: however often a token is used.
  public static final int TOKEN_LIFETIME_SECONDS = 3600;

  /// Tokens of one initiator, and of the gateway.
  static final int TOKENS_PER_INITIATOR = 256, TOKENS = 1024;

  private CopyLimits() {}
}
