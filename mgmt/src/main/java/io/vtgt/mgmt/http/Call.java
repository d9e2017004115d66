package io.vtgt.mgmt.http;

import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.Reading;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One request as the resources see it. It changes no more, so it is handled off the event loop.
///
/// @param path values of the path's variables, decoded
/// @param flags query flags that are true
/// @param options other parameters of the query, decoded; none where the endpoint takes none
/// @param ifMatch versions of which one must be in force; empty when the request does not ask
/// @param contentType of the body, without parameters; empty text when there is none
record Call(
    Map<String, String> path,
    Set<Endpoint.Query> flags,
    Map<String, String> options,
    Optional<List<String>> ifMatch,
    String contentType,
    byte[] body) {

  /// What a body became.
  ///
  /// @param places finds lines and columns in it
  record Body<T>(T value, Reading.Places places) {}

  String path(String variable) {
    return path.get(variable);
  }

  boolean is(Endpoint.Query flag) {
    return flags.contains(flag);
  }

  /// Reads the body; what is wrong with its text or its shape is refused with every place.
  <T extends Record> Body<T> body(Class<T> type) {
    return good(format().read(body, type));
  }

  /// Reads the body as changes to `base`, see [DocumentFormat#readOver].
  <T extends Record> Body<T> bodyOver(T base, Class<T> type) {
    return good(format().readOver(body, base, type));
  }

  private DocumentFormat format() {
    return MediaType.format(contentType)
        .orElseThrow(
            () ->
                new HttpFailure(
                    HttpFailure.Kind.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type is \"%s\"; application/json and application/yaml are read"
                        .formatted(contentType)));
  }

  private static <T> Body<T> good(Reading<T> reading) {
    return switch (reading) {
      case Reading.Good<T>(var value, var places) -> new Body<>(value, places);
      case Reading.Bad<T>(var problems, var wellFormed) ->
          throw new HttpFailure(
              wellFormed ? HttpFailure.Kind.INVALID : HttpFailure.Kind.MALFORMED,
              problems.getFirst().toString(),
              problems.stream().map(HttpFailure.Fault::of).toList());
    };
  }
}
