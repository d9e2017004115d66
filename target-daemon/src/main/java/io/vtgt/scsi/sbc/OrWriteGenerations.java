package io.vtgt.scsi.sbc;

/// What the ORWRITE commands of one unit synchronize by (SBC-4, ORWgeneration code): the current
/// and the previous generation, and what becomes of a writer who expects another one than the
/// current. A logical unit reset leaves them, a power on sets them back; nothing is kept over
/// restarts.
public final class OrWriteGenerations {

  /// @param policy PREVIOUS GENERATION PROCESSING of the change that made `current`
  private record State(int current, int previous, int policy) {}

  /// What a set operation comes to (SBC-4, Performing an ORWRITE set operation).
  enum Ruling {
    PERFORM,
    /// The data is dropped and the command ends GOOD.
    DISCARD,
    /// ORWRITE GENERATION DOES NOT MATCH.
    REFUSE
  }

  private static final int REFUSE_ALL_OTHERS = 7;
  private static final State AT_POWER_ON = new State(0, 0, REFUSE_ALL_OTHERS);

  // Replaced by the unit's owner, read from every event loop.
  private volatile State state = AT_POWER_ON;

  Ruling set(int expected) {
    State now = state;
    if (expected == now.current) {
      return Ruling.PERFORM;
    }
    boolean isPrevious = expected == now.previous;
    return switch (now.policy) {
      case 0 -> isPrevious ? Ruling.PERFORM : Ruling.REFUSE;
      case 2 -> isPrevious ? Ruling.DISCARD : Ruling.REFUSE;
      case 3 -> Ruling.PERFORM;
      case 5 -> Ruling.DISCARD;
      default -> Ruling.REFUSE;
    };
  }

  Ruling change(int expected) {
    return expected == state.current ? Ruling.PERFORM : Ruling.REFUSE;
  }

  /// The policies that are not reserved.
  static boolean isPolicy(int policy) {
    return switch (policy) {
      case 0, 2, 3, 5, REFUSE_ALL_OTHERS -> true;
      default -> false;
    };
  }

  /// A change generation and clear operation has ended. Owner context.
  void changed(int next, int policy) {
    state = new State(next, state.current, policy);
  }

  /// Owner context.
  public void powerOn() {
    state = AT_POWER_ON;
  }
}
