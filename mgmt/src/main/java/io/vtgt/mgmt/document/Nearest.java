package io.vtgt.mgmt.document;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// Finds what a person probably meant: the known word with the smallest edit distance.
final class Nearest {
  private static final int WORD_LIMIT = 64;

  private Nearest() {}

  /// ` (did you mean "listen"?)`, or nothing when no known word is near.
  static String hint(String word, Collection<String> known) {
    return of(word, known).map(near -> " (did you mean \"" + near + "\"?)").orElse("");
  }

  static Optional<String> of(String word, Collection<String> known) {
    if (word.length() > WORD_LIMIT) {
      return Optional.empty();
    }
    return known.stream()
        .filter(candidate -> distance(word, candidate) <= Math.max(1, candidate.length() / 3))
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /// Levenshtein's distance, upper and lower case being one.
  private static int distance(String left, String right) {
    var from = left.toLowerCase(Locale.ROOT);
    var to = right.toLowerCase(Locale.ROOT);
    var row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
