package io.vtgt.mgmt.document;

/// What is wrong at one place of a text: where a person looks (line and column) and where a program
/// looks (JSON pointer).
///
/// @param line from 1
/// @param column from 1, counted in characters
/// @param pointer JSON pointer (RFC 6901) of the field; empty text is the whole document
/// @param message what came and what is allowed; never holds a secret
public record Problem(int line, int column, String pointer, String message) {

  /// The same without the place in the text, for those who never saw the text.
  public Violation violation() {
    return new Violation(pointer, message);
  }

  /// One line for people: `line 3, column 5 (/targets/0/name): …`.
  @Override
  public String toString() {
    var where = pointer.isEmpty() ? "" : " (" + pointer + ")";
    return "line " + line + ", column " + column + where + ": " + message;
  }
}
