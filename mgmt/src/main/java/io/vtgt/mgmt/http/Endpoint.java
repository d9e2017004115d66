package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// One row of the table that is the interface: routes, 405 answers, checks of query parameters, the
/// index and the OpenAPI description come from it.
///
/// @param path with `{name}` for what varies
/// @param summary one sentence
/// @param body what the request carries, if anything
/// @param answer what a success carries, if anything
/// @param query the flags that are understood; any other is refused
/// @param takesOptions other parameters are for the handler, which refuses what it does not know
record Endpoint(
    HttpMethod method,
    String path,
    String summary,
    Optional<Class<? extends Record>> body,
    Optional<Class<? extends Record>> answer,
    List<Query> query,
    boolean takesOptions,
    Handler handler) {
  private static final Pattern VARIABLE = Pattern.compile("\\{(\\w+)}");

  /// A flag of a query: `true` or `false`, and false when left out.
  enum Query {
    DRY_RUN("dryRun", "only tell what would be done"),
    SECRETS("secrets", "show the secrets of accounts, as a backup needs them"),
    FORCE("force", "although data is lost, or initiators prevent it");

    final String text;
    final String meaning;

    Query(String text, String meaning) {
      this.text = text;
      this.meaning = meaning;
    }
  }

  /// Handles a call on a worker thread; fails with what [HttpFailure#of] understands.
  interface Handler {
    Future<Reply> handle(Call call);
  }

  static Endpoint get(String path, String summary, Handler handler) {
    return new Endpoint(
        HttpMethod.GET,
        path,
        summary,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        false,
        handler);
  }

  static Endpoint put(String path, String summary, Class<? extends Record> body, Handler handler) {
    return edits(HttpMethod.PUT, path, summary, Optional.of(body), handler);
  }

  static Endpoint post(String path, String summary, Class<? extends Record> body, Handler handler) {
    return edits(HttpMethod.POST, path, summary, Optional.of(body), handler);
  }

  static Endpoint patch(
      String path, String summary, Class<? extends Record> body, Handler handler) {
    return edits(HttpMethod.PATCH, path, summary, Optional.of(body), handler);
  }

  /// Something that is done, and not to the document: without a body.
  static Endpoint action(String path, String summary, Handler handler) {
    return new Endpoint(
        HttpMethod.POST,
        path,
        summary,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        false,
        handler);
  }

  static Endpoint delete(String path, String summary, Handler handler) {
    return edits(HttpMethod.DELETE, path, summary, Optional.empty(), handler);
  }

  private static Endpoint edits(
      HttpMethod method,
      String path,
      String summary,
      Optional<Class<? extends Record>> body,
      Handler handler) {
    return new Endpoint(
        method,
        path,
        summary,
        body,
        Optional.of(Editor.Outcome.class),
        List.of(Query.DRY_RUN),
        false,
        handler);
  }

  Endpoint answering(Class<? extends Record> answer) {
    return new Endpoint(
        method, path, summary, body, Optional.of(answer), query, takesOptions, handler);
  }

  Endpoint query(Query... understood) {
    return new Endpoint(
        method, path, summary, body, answer, List.of(understood), takesOptions, handler);
  }

  Endpoint answeringNothing() {
    return new Endpoint(
        method, path, summary, body, Optional.empty(), List.of(), takesOptions, handler);
  }

  Endpoint takingOptions() {
    return new Endpoint(method, path, summary, body, answer, query, true, handler);
  }

  /// The names between braces.
  List<String> variables() {
    var names = new ArrayList<String>();
    var match = VARIABLE.matcher(path);
    while (match.find()) {
      names.add(match.group(1));
    }
    return names;
  }

  /// The path as the router writes it.
  String route() {
    return VARIABLE.matcher(path).replaceAll(":$1");
  }
}
