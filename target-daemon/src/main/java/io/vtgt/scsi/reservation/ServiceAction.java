package io.vtgt.scsi.reservation;

/// Service actions of PERSISTENT RESERVE OUT (SPC-5).
enum ServiceAction {
  REGISTER(0x00, "REGISTER"),
  RESERVE(0x01, "RESERVE"),
  RELEASE(0x02, "RELEASE"),
  CLEAR(0x03, "CLEAR"),
  PREEMPT(0x04, "PREEMPT"),
  PREEMPT_AND_ABORT(0x05, "PREEMPT AND ABORT"),
  REGISTER_AND_IGNORE_EXISTING_KEY(0x06, "REGISTER AND IGNORE EXISTING KEY"),
  REGISTER_AND_MOVE(0x07, "REGISTER AND MOVE"),
  REPLACE_LOST_RESERVATION(0x08, "REPLACE LOST RESERVATION");

  final int code;
  final String title;

  ServiceAction(int code, String title) {
    this.code = code;
    this.title = title;
  }

  /// Makes, changes or ends the registration of the nexus it came through.
  boolean registers() {
    return this == REGISTER || this == REGISTER_AND_IGNORE_EXISTING_KEY;
  }

  /// The APTPL bit of its parameter list counts: it says whether registrations and reservation
  /// outlive a power cycle from now on (SPC-5, Preserving persistent reservations and registrations
  /// through power loss).
  boolean setsPersistence() {
    return registers() || this == REGISTER_AND_MOVE || this == REPLACE_LOST_RESERVATION;
  }
}
