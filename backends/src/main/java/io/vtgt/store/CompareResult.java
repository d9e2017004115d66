package io.vtgt.store;

/// How a compare and write ended.
public sealed interface CompareResult {
  /// The medium held what was expected, and now holds the new data.
  record Written() implements CompareResult {}

  /// The medium held something else and was not changed.
  ///
  /// @param offset of the first byte that differs, from the start of the compared range
  record Differs(int offset) implements CompareResult {}

  CompareResult WRITTEN = new Written();
}
