package io.vtgt.mgmt.document;

/// What is wrong at one place of a document.
///
/// @param pointer JSON pointer (RFC 6901) of the field
/// @param message what came and what is allowed
public record Violation(String pointer, String message) {}
