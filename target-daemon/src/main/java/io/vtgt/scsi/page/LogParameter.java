package io.vtgt.scsi.page;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/// One log parameter (SPC-5, Log parameter structure).
///
/// @param code PARAMETER CODE
/// @param control the parameter control byte
/// @param value the cumulative value of a counter, or a list
record LogParameter(int code, byte control, byte[] value) {
  /// TSD: nothing is saved by itself.
  private static final int TSD = 0x20;

  /// FORMAT AND LINKING.
  private static final int COUNTER = 0x02, BINARY_LIST = 0x03;

  /// A data counter that never stops.
  static LogParameter counter(int code, long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length);
    for (long value : values) {
      bytes.putLong(value);
    }
    return new LogParameter(code, (byte) (TSD | COUNTER), bytes.array());
  }

  /// A value that is not counted.
  static LogParameter list(int code, byte[] value) {
    return new LogParameter(code, (byte) (TSD | BINARY_LIST), value);
  }

  /// Appends the parameter.
  ///
  /// @param cumulative a counter tells what it has counted; otherwise its default or its threshold,
  ///   which are 0 (nothing is compared with it, ETC is 0). A list is the same whatever is asked
  void encode(ByteArrayOutputStream page, boolean cumulative) {
    boolean list = (control & BINARY_LIST) == BINARY_LIST;
    page.write(code >> 8);
    page.write(code);
    page.write(control);
    page.write(value.length);
    page.writeBytes(cumulative || list ? value : new byte[value.length]);
  }
}
