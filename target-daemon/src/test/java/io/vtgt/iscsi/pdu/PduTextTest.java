package io.vtgt.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.iscsi.pdu.PduText.Pair;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PduTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # text; . is a zero byte | pairs
          a=b.                     | a=b
          a=b                      | a=b
          a=b.c=d.                 | a=b;c=d
          ..a=b...                 | a=b
          a=b.a=c.                 | a=b;a=c
          a=.                      | a=
          a==b.                    | a==b
          alias=Größe.             | alias=Größe
          ''                       | ''
          ...                      | ''
          """)
  void decode_pairs_areInOrder(String text, String pairs) {
    var decoded = PduText.decode(bytes(text));
    assertEquals(Optional.empty(), decoded.fault());
    assertEquals(
        pairs,
        decoded.pairs().stream()
            .map(pair -> pair.key() + "=" + pair.value())
            .collect(Collectors.joining(";")));
  }

  @ParameterizedTest
  @CsvSource({
    "a.",
    "=b.",
    "a b=c.",
    "x=y.ab.",
    "\u00e9=c.",
  })
  void decode_malformed_saysSoAndKeepsWhatCameBefore(String text) {
    var decoded = PduText.decode(bytes(text));
    assertTrue(decoded.fault().isPresent());
    assertEquals(text.startsWith("x") ? 1 : 0, decoded.pairs().size());
  }

  @Test
  void decode_limits_hold() {
    assertEquals(Optional.empty(), PduText.decode(bytes("k".repeat(63) + "=v")).fault());
    assertTrue(PduText.decode(bytes("k".repeat(64) + "=v")).fault().isPresent());
    assertEquals(Optional.empty(), PduText.decode(bytes("k=" + "v".repeat(4096))).fault());
    assertTrue(PduText.decode(bytes("k=" + "v".repeat(4097))).fault().isPresent());
    assertEquals(Optional.empty(), PduText.decode(bytes("k=v.".repeat(256))).fault());
    assertTrue(PduText.decode(bytes("k=v.".repeat(257))).fault().isPresent());
    assertTrue(PduText.decode(new byte[] {'a', '=', (byte) 0xc3, 0}).fault().isPresent());
  }

  @Test
  void encode_pairs_endsEachWithAZero() {
    var pairs = List.of(new Pair("a", "ß"), new Pair("b", ""));
    assertArrayEquals(bytes("a=ß.b=."), PduText.encode(pairs));
    assertEquals(pairs, PduText.decode(PduText.encode(pairs)).pairs());
  }

  @Test
  void decode_noise_neverThrows() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 20000; i++) {
      var noise = new byte[random.nextInt(40)];
      random.nextBytes(noise);
      for (int j = 0; j < noise.length; j++) {
        noise[j] = random.nextInt(4) == 0 ? (byte) "=\0a0".charAt(random.nextInt(4)) : noise[j];
      }
      PduText.decode(noise);
    }
  }

  private static byte[] bytes(String text) {
    return text.replace('.', '\0').getBytes(StandardCharsets.UTF_8);
  }
}
