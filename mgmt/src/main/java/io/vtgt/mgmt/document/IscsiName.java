package io.vtgt.mgmt.document;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// iSCSI node names (RFC 7143 section 4.2.7): `iqn.2026-11.com.example:disks`,
/// `eui.02004567a425678d`, `naa.52004567ba64678d`.
final class IscsiName {
  static final int MAX_BYTES = 223;
  private static final Pattern IQN =
      Pattern.compile("iqn\\.\\d{4}-(0[1-9]|1[0-2])\\.[^:.-][^:]*(:.*)?");
  private static final Pattern EUI = Pattern.compile("(?i)eui\\.[0-9a-f]{16}");
  private static final Pattern NAA = Pattern.compile("(?i)naa\\.([0-9a-f]{16}|[0-9a-f]{32})");

  private IscsiName() {}

  /// What is wrong with a name; empty when nothing is.
  static Optional<String> fault(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > MAX_BYTES) {
      return Optional.of("a name of " + bytes + " bytes; 1 to " + MAX_BYTES + " are allowed");
    }
    if (EUI.matcher(name).matches() || NAA.matcher(name).matches()) {
      return Optional.empty();
    }
    if (!IQN.matcher(name).matches()) {
      return Optional.of(
          "\""
              + name
              + "\" is no iSCSI name; allowed are iqn.YYYY-MM.REVERSED-DOMAIN[:TEXT], eui. and 16"
              + " hex digits, naa. and 16 or 32 hex digits");
    }
    var prepared = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    if (!prepared.equals(name)) {
      return Optional.of("\"" + name + "\" is to be written \"" + prepared + "\" (RFC 3722)");
    }
    return name.codePoints()
        .filter(c -> !allowed(c))
        .mapToObj(
            c ->
                "\""
                    + name
                    + "\" holds \""
                    + Character.toString(c)
                    + "\"; letters, digits, and . - : are allowed (RFC 3722)")
        .findFirst();
  }

  private static boolean allowed(int c) {
    return Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == ':';
  }
}
