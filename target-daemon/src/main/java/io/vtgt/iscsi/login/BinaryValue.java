package io.vtgt.iscsi.login;

import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/// Binary values in text: `0x` and hex digits, or `0b` and base64 (RFC 7143 section 6.1).
final class BinaryValue {
  private BinaryValue() {}

  static String encode(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  /// @param maxLength of the bytes; what could be longer is not decoded
  /// @return empty for what is no binary value, or too long
  static Optional<byte[]> decode(String text, int maxLength) {
    if (text.length() < 3 || text.charAt(0) != '0') {
      return Optional.empty();
    }
    var digits = text.substring(2);
    try {
      var bytes =
          switch (text.charAt(1)) {
            case 'x', 'X' ->
                digits.length() > 2 * maxLength
                    ? null
                    : HexFormat.of().parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
            case 'b', 'B' ->
                digits.length() > (maxLength + 2) / 3 * 4
                    ? null
                    : Base64.getDecoder().decode(digits);
            default -> null;
          };
      return Optional.ofNullable(bytes).filter(b -> b.length <= maxLength);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
