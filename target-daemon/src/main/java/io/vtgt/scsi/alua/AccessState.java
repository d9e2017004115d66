package io.vtgt.scsi.alua;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import java.util.Arrays;
import java.util.Optional;

/// The asymmetric access states of a target port group (SPC-5, Target port asymmetric access
/// states). Logical block dependent is not among them: no part of a unit is reached otherwise than
/// the rest of it.
public enum AccessState {
  ACTIVE_OPTIMIZED(0x0, "active-optimized", 0x01, null),
  ACTIVE_NON_OPTIMIZED(0x1, "active-non-optimized", 0x02, null),
  STANDBY(0x2, "standby", 0x04, Asc.TARGET_PORT_IN_STANDBY_STATE),
  UNAVAILABLE(0x3, "unavailable", 0x08, Asc.TARGET_PORT_IN_UNAVAILABLE_STATE),
  OFFLINE(0xe, "offline", 0x40, Asc.LOGICAL_UNIT_NOT_READY_OFFLINE),
  /// On the way from an active state to another; nobody can ask for it.
  TRANSITIONING(0xf, "transitioning", 0x80, Asc.ASYMMETRIC_ACCESS_STATE_TRANSITION);

  /// The byte with T_SUP, O_SUP, U_SUP, S_SUP, AN_SUP and AO_SUP: which states there are.
  static final byte SUPPORTED =
      (byte) Arrays.stream(values()).mapToInt(state -> state.supportBit).sum();

  /// ASYMMETRIC ACCESS STATE, four bits.
  public final int code;

  /// As documents, the interface and the command line write it.
  public final String text;

  private final int supportBit;
  private final Optional<Asc> refusal;

  AccessState(int code, String text, int supportBit, Asc refusal) {
    this.code = code;
    this.text = text;
    this.supportBit = supportBit;
    this.refusal = Optional.ofNullable(refusal);
  }

  /// Every command is taken.
  public boolean active() {
    return refusal.isEmpty();
  }

  /// What a command is told that is not taken in this state; nothing in the active states.
  public Optional<Sense> refusal() {
    return refusal.map(asc -> Sense.of(SenseKey.NOT_READY, asc));
  }

  /// A state that can be asked for, by its code.
  static Optional<AccessState> requested(int code) {
    return Arrays.stream(values())
        .filter(state -> state.code == code && state != TRANSITIONING)
        .findFirst();
  }

  /// A state that can be asked for, by its text.
  public static Optional<AccessState> of(String text) {
    return Arrays.stream(values())
        .filter(state -> state.text.equals(text) && state != TRANSITIONING)
        .findFirst();
  }
}
