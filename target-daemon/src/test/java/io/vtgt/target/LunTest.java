package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LunTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # LUN            | number
          0000000000000000 | 0
          0001000000000000 | 1
          00ff000000000000 | 255
          4000000000000000 | 0
          4001000000000000 | 1
          4100000000000000 | 256
          7fff000000000000 | 16383
          # a bus identifier
          0101000000000000 | -1
          3f00000000000000 | -1
          # other addressing methods, a second level
          8001000000000000 | -1
          c101000000000000 | -1
          0001000100000000 | -1
          4001000000000001 | -1
          """)
  void number_isThatOfBothAddressingMethods(String lun, int number) {
    assertEquals(number, Lun.number(Long.parseUnsignedLong(lun, 16)));
  }

  @Test
  void of_isReadBackForEveryNumber() {
    for (int number = 0; number <= Lun.MAX; number++) {
      assertEquals(number, Lun.number(Lun.of(number)));
    }
    assertEquals(0x00ff_0000_0000_0000L, Lun.of(255));
    assertEquals(0x4100_0000_0000_0000L, Lun.of(256));
  }

  @Test
  void canonical_isTheSameForBothForms() {
    assertEquals(0x0001_0000_0000_0000L, Lun.canonical(0x4001_0000_0000_0000L));
    assertEquals(0x0001_0000_0000_0000L, Lun.canonical(0x0001_0000_0000_0000L));
    assertEquals(0x4100_0000_0000_0000L, Lun.canonical(0x4100_0000_0000_0000L));
    assertEquals(-1, Lun.canonical(-1), "no unit can have it");
  }

  @Test
  void of_anImpossibleNumber_fails() {
    assertThrows(IllegalArgumentException.class, () -> Lun.of(-1));
    assertThrows(IllegalArgumentException.class, () -> Lun.of(Lun.MAX + 1));
  }
}
