package io.vtgt.mgmt.http;

import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Violation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Where things are found: the addresses of what was added, and the identity of what is replaced.
final class Locations {
  private Locations() {}

  /// 201 and where the new thing is; after a dry run nothing is new.
  static Reply created(Call call, Reply reply, String parent, String name) {
    return call.is(Endpoint.Query.DRY_RUN)
        ? reply
        : reply.withStatus(201).with("Location", parent + "/" + encode(name));
  }

  static String encode(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /// What a PUT carries is what its address says.
  static void checkSame(Call.Body<?> body, String field, Object came, String address) {
    if (!came.toString().equals(address)) {
      var violation =
          new Violation(
              Pointer.child(Pointer.ROOT, field),
              came + "; the address says " + address + ", and this does not change");
      throw new HttpFailure(
          HttpFailure.Kind.INVALID,
          violation.message(),
          List.of(HttpFailure.Fault.of(body.places().locate(violation))));
    }
  }
}
