package io.vtgt.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestTest {
  /// RFC 7143 appendix A.4.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # bytes | on the wire
          0000000000000000000000000000000000000000000000000000000000000000 | aa36918a
          ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff | 43aba862
          000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f | 4e79dd46
          1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100 | 5cdb3f11
          01c00000000000000000000000000000140000000000040000000014000000182800000000000000\
          0200000000000000                                                 | 563a96d9
          """)
  void of_vectorsOfTheRfc_matches(String hex, String wire) {
    var bytes = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    int digest = new Digest().of(bytes, 0, bytes.readableBytes());
    assertEquals(wire, ByteBufUtil.hexDump(Unpooled.buffer().writeIntLE(digest)));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4"})
  void of_scatteredOrPadded_isThatOfTheWhole(int length) {
    var digest = new Digest();
    var whole = Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4, 0, 0, 0, 0});
    whole.setZero(length, 8 - length);
    int expected = digest.of(whole, 0, 4);
    assertEquals(expected, digest.ofPadded(whole, 0, length));
    var scattered = Unpooled.wrappedBuffer(whole.slice(0, 1), whole.slice(1, 7));
    assertEquals(expected, digest.of(scattered, 0, 4));
  }
}
