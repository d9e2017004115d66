package io.vtgt.scsi;

/// What a command touches; decides reservation conflicts (SPC-5 and SBC-4, the "commands allowed in
/// the presence of reservations" tables), write protection and ALUA states.
public enum Access {
  /// Always allowed, answered even with a unit attention pending: INQUIRY, REPORT LUNS, REQUEST
  /// SENSE.
  ALWAYS,
  /// Tells about the unit; allowed past every persistent reservation: READ CAPACITY, PR IN …
  REPORTS,
  /// Conflicts with Exclusive Access for those who are not registered, and with no Write Exclusive:
  /// besides reads MODE SENSE, READ BUFFER, REPORT SUPPORTED OPERATION CODES …
  READS_MEDIUM,
  /// Conflicts with every reservation of another's, and with write protection.
  WRITES_MEDIUM,
  /// Changes the unit but not the medium (MODE SELECT): conflicts like a write.
  CHANGES_UNIT,
  /// Decides for itself: PERSISTENT RESERVE OUT, RESERVE, RELEASE, START STOP UNIT …
  OWN_RULES
}
