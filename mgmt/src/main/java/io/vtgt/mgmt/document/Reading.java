package io.vtgt.mgmt.document;

import java.util.List;

/// What came of reading a text.
public sealed interface Reading<T> {

  /// The text is well-formed and has the shape of a `T`.
  ///
  /// @param places finds the line and column of what is found wrong later
  record Good<T>(T value, Places places) implements Reading<T> {}

  /// @param problems all that were found, in the order of the text; at least one
  /// @param wellFormed whether the text is YAML or JSON at all: what is wrong is what it says
  record Bad<T>(List<Problem> problems, boolean wellFormed) implements Reading<T> {}

  /// The value.
  ///
  /// @throws IllegalArgumentException whose message lists every problem, one per line
  default T orElseThrow() {
    return switch (this) {
      case Good<T>(var value, _) -> value;
      case Bad<T>(var problems, _) ->
          throw new IllegalArgumentException(
              String.join("\n", problems.stream().map(Problem::toString).toList()));
    };
  }

  /// Where everything stood in the text.
  final class Places {
    private final Node root;

    Places(Node root) {
      this.root = root;
    }

    /// The same with line and column; of a missing field, those of what it is missing in.
    public Problem locate(Violation violation) {
      return root.find(violation.pointer()).problem(violation.pointer(), violation.message());
    }

    public List<Problem> locate(List<Violation> violations) {
      return violations.stream().map(this::locate).toList();
    }
  }
}
