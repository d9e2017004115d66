package io.vtgt.scsi;

/// Sense keys (SPC-5, Sense key and additional sense code definitions).
public enum SenseKey {
  NO_SENSE(0x0),
  RECOVERED_ERROR(0x1),
  NOT_READY(0x2),
  MEDIUM_ERROR(0x3),
  HARDWARE_ERROR(0x4),
  ILLEGAL_REQUEST(0x5),
  UNIT_ATTENTION(0x6),
  DATA_PROTECT(0x7),
  BLANK_CHECK(0x8),
  COPY_ABORTED(0xa),
  ABORTED_COMMAND(0xb),
  MISCOMPARE(0xe),
  COMPLETED(0xf);

  public final int code;

  SenseKey(int code) {
    this.code = code;
  }
}
