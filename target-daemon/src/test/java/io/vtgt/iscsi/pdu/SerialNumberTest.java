package io.vtgt.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SerialNumberTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0, false, 0",
    "0, 1, true, 1",
    "1, 0, false, -1",
    "ffffffff, 0, true, 1",
    "0, ffffffff, false, -1",
    "7fffffff, 80000000, true, 1",
    "fffffff0, f, true, 31",
    "0, 7fffffff, true, 2147483647",
    "0, 80000000, false, -2147483648",
    "80000000, 0, false, -2147483648",
  })
  void precedes_aroundTheWrap_isSerial(String a, String b, boolean precedes, int distance) {
    int first = Integer.parseUnsignedInt(a, 16), second = Integer.parseUnsignedInt(b, 16);
    assertEquals(precedes, SerialNumber.precedes(first, second));
    assertEquals(distance, SerialNumber.distance(first, second));
  }
}
