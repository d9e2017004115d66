package io.vtgt.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryValueTest {
  @ParameterizedTest
  @CsvSource({
    "0x00ff, 00ff",
    "0X00FF, 00ff",
    "0xfff, 0fff",
    "0bAP8=, 00ff",
    "0BAP8, 00ff",
    "0x0001020304, -", // five bytes of at most four
    "0bAAECAwQ=, -",
    "0bAAECAwQFBgcICQ==, -",
    "0xzz, -",
    "0b!, -",
    "0x, -",
    "00ff, -",
    "'', -",
    "255, -",
  })
  void decode_text_givesTheBytes(String text, String hex) {
    assertEquals(hex, BinaryValue.decode(text, 4).map(HexFormat.of()::formatHex).orElse("-"));
  }

  @Test
  void encode_bytes_isReadAgain() {
    byte[] bytes = {0, 1, -1};
    assertArrayEquals(bytes, BinaryValue.decode(BinaryValue.encode(bytes), 3).orElseThrow());
  }
}
