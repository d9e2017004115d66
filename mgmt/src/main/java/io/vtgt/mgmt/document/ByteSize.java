package io.vtgt.mgmt.document;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Bytes as people write them: `4096`, `512KiB`, `1GiB`, `1.5 TiB`. Only the binary units exist
/// here (with or without `iB`), for a medium is cut in powers of two.
final class ByteSize {
  static final String ALLOWED = "bytes, or a size such as 512KiB, 256MiB, 1GiB, 2TiB";
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,19})(?:\\.(\\d{1,6}))?(?: ?([KMGTPE])(?:iB)?| ?B)?");
  private static final String UNITS = "KMGTPE";

  private ByteSize() {}

  /// @return empty when `text` is no size, is no whole number of bytes or needs more than 63 bits
  static OptionalLong parse(String text) {
    var match = SIZE.matcher(text);
    if (!match.matches()) {
      return OptionalLong.empty();
    }
    var unit = match.group(3);
    int shift = unit == null ? 0 : 10 * (1 + UNITS.indexOf(unit));
    var number = match.group(2) == null ? match.group(1) : match.group(1) + "." + match.group(2);
    try {
      var bytes = new BigDecimal(number).multiply(new BigDecimal(BigInteger.ONE.shiftLeft(shift)));
      return OptionalLong.of(bytes.longValueExact());
    } catch (ArithmeticException notWholeOrTooLarge) {
      return OptionalLong.empty();
    }
  }
}
