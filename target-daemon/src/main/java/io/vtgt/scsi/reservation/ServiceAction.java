package io.vtgt.scsi.reservation;

/// Service actions of PERSISTENT RESERVE OUT (SPC-5). REPLACE LOST RESERVATION (08h) is not among
/// them: this target never answers PERSISTENT RESERVATION INFORMATION LOST, so it reports RLR_C 0
/// and refuses the service action like any unknown one, INVALID FIELD IN CDB.
enum ServiceAction {
  REGISTER(0x00, "REGISTER"),
  RESERVE(0x01, "RESERVE"),
  RELEASE(0x02, "RELEASE"),
  CLEAR(0x03, "CLEAR"),
  PREEMPT(0x04, "PREEMPT"),
  PREEMPT_AND_ABORT(0x05, "PREEMPT AND ABORT"),
  REGISTER_AND_IGNORE_EXISTING_KEY(0x06, "REGISTER AND IGNORE EXISTING KEY"),
  REGISTER_AND_MOVE(0x07, "REGISTER AND MOVE");

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
}
