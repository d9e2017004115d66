package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import java.util.List;
import java.util.stream.Stream;

/// `/`, `/v1` and `/openapi.json`: what there is.
final class IndexResource implements Resource {
  private final List<Endpoint> endpoints;

  /// @param others the rows of all other resources
  IndexResource(List<Endpoint> others) {
    var own =
        List.of(
            Endpoint.get("/", "What there is", this::index),
            Endpoint.get("/v1", "What there is", this::index),
            Endpoint.get("/openapi.json", "The same for programs (OpenAPI 3.1)", this::openApi));
    endpoints = Stream.concat(own.stream(), others.stream()).toList();
  }

  /// @param path with `{name}` for what varies
  record Row(String method, String path, String summary) {}

  /// Its own rows with all the others.
  @Override
  public List<Endpoint> endpoints() {
    return endpoints;
  }

  private Future<Reply> index(Call call) {
    return Future.succeededFuture(
        Reply.ok(
            endpoints.stream()
                .map(it -> new Row(it.method().name(), it.path(), it.summary()))
                .toList()));
  }

  private Future<Reply> openApi(Call call) {
    return Future.succeededFuture(Reply.ok(OpenApi.describe(endpoints)));
  }
}
