package io.vtgt.iscsi.pdu;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The text of Login and Text PDUs: `key=value` pairs in UTF-8, each ended by a zero byte (RFC 7143
/// section 6.1).
///
/// @param pairs in the order they came; a key that came twice stands here twice
/// @param fault the first malformed pair in words; the pairs before it are there
public record PduText(List<Pair> pairs, Optional<String> fault) {
  /// Of a key, bytes (RFC 7143 section 6.1).
  public static final int MAX_KEY_LENGTH = 63;

  /// Of a value, bytes: the longest there is, a binary of 1024 bytes in hex, fits twice.
  public static final int MAX_VALUE_LENGTH = 4096;

  /// More than any initiator says; bounds what answering them costs.
  public static final int MAX_PAIRS = 256;

  public record Pair(String key, String value) {}

  /// Never throws. A missing zero byte at the end and empty pairs are let pass: there are
  /// initiators that count the padding as text.
  public static PduText decode(byte[] text) {
    var pairs = new ArrayList<Pair>();
    int start = 0;
    while (start < text.length) {
      int end = start;
      while (end < text.length && text[end] != 0) {
        end++;
      }
      if (end > start) {
        var fault = decodePair(text, start, end, pairs);
        if (fault.isPresent()) {
          return new PduText(List.copyOf(pairs), fault);
        }
      }
      start = end + 1;
    }
    return new PduText(List.copyOf(pairs), Optional.empty());
  }

  private static Optional<String> decodePair(byte[] text, int start, int end, List<Pair> pairs) {
    int equals = start;
    while (equals < end && text[equals] != '=') {
      if (text[equals] <= ' ' || text[equals] == 0x7f) { // a byte above 7fh is negative
        return Optional.of("byte 0x%02x in a key".formatted(text[equals] & 0xff));
      }
      equals++;
    }
    if (equals == end) {
      return Optional.of("text without '='");
    }
    int keyLength = equals - start, valueLength = end - equals - 1;
    if (keyLength == 0 || keyLength > MAX_KEY_LENGTH) {
      return Optional.of("key of " + keyLength + " bytes, 1 to " + MAX_KEY_LENGTH);
    }
    if (valueLength > MAX_VALUE_LENGTH) {
      return Optional.of("value of " + valueLength + " bytes, at most " + MAX_VALUE_LENGTH);
    }
    if (pairs.size() == MAX_PAIRS) {
      return Optional.of("more than " + MAX_PAIRS + " keys");
    }
    var key = new String(text, start, keyLength, StandardCharsets.US_ASCII);
    try {
      var value =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(text, equals + 1, valueLength))
              .toString();
      pairs.add(new Pair(key, value));
      return Optional.empty();
    } catch (CharacterCodingException _) {
      return Optional.of("value of " + key + " is no UTF-8");
    }
  }

  public static byte[] encode(List<Pair> pairs) {
    var text = new ByteArrayOutputStream();
    for (var pair : pairs) {
      text.writeBytes((pair.key + '=' + pair.value).getBytes(StandardCharsets.UTF_8));
      text.write(0);
    }
    return text.toByteArray();
  }
}
