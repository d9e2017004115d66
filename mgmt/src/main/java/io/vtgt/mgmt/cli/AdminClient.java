package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/// Talks to a daemon's management interface. Every refusal is a [Refused] with the exit status for
/// it.
final class AdminClient implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /// Opening a large image or draining a unit may take a while.
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

  /// How the daemon's problems are typed; who answers otherwise is not vtgtd.
  private static final String PROBLEM_TYPE = "urn:vtgt:problem:";

  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .version(HttpClient.Version.HTTP_1_1)
          .build();

  /// What the daemon, or the way to it, had against a call.
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int exitCode;

    /// The daemon's own words; missing where it did not come so far.
    final transient JsonNode problem;

    Refused(int exitCode, String message, JsonNode problem) {
      super(message);
      this.exitCode = exitCode;
      this.problem = problem;
    }

    Refused(int exitCode, String message) {
      this(exitCode, message, MissingNode.getInstance());
    }
  }

  /// @param url `http://HOST:PORT`; `HOST:PORT` will do
  AdminClient(String url) {
    this.base = base(url);
  }

  private static URI base(String url) {
    var text = url.contains("://") ? url.strip() : "http://" + url.strip();
    try {
      var uri = URI.create(text.replaceFirst("/+$", ""));
      boolean usable = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (usable && uri.getHost() != null && uri.getQuery() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new Refused(
        ExitCode.USAGE, "'" + url + "' is no address of a daemon, such as " + Vtgtadm.DEFAULT_URL);
  }

  JsonNode get(String path) {
    return json(send(request(path).GET().build(), Optional.empty()));
  }

  /// Health is an answer, good or bad.
  JsonNode health() {
    var response = exchange(request("/healthz").GET().build());
    var health = json(response);
    return health.has("ready") ? health : refuse(response, Optional.empty());
  }

  /// A resource as text. Why there is none is asked for once more, as JSON: the client reads no
  /// YAML.
  String getText(String path, String accept) {
    var response = exchange(request(path).setHeader("Accept", accept).GET().build());
    return response.statusCode() / 100 == 2
        ? response.body()
        : send(request(path).GET().build(), Optional.empty()).body();
  }

  JsonNode post(String path, JsonNode body) {
    return json(
        send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build(),
            Optional.empty()));
  }

  /// Something that is done without a body.
  JsonNode post(String path) {
    return json(send(request(path).POST(BodyPublishers.noBody()).build(), Optional.empty()));
  }

  JsonNode patch(String path, JsonNode body) {
    return json(
        send(
            request(path)
                .header("Content-Type", "application/merge-patch+json")
                .method("PATCH", BodyPublishers.ofString(body.toString()))
                .build(),
            Optional.empty()));
  }

  JsonNode put(String path, JsonNode body) {
    return put(path, "application/json", body.toString(), Optional.empty());
  }

  /// @param source where the person finds the body, so that lines and columns are of use
  JsonNode put(String path, String contentType, String body, Optional<String> source) {
    return json(
        send(
            request(path)
                .header("Content-Type", contentType)
                .PUT(BodyPublishers.ofString(body))
                .build(),
            source));
  }

  JsonNode delete(String path) {
    return json(send(request(path).DELETE().build(), Optional.empty()));
  }

  /// A path segment: an IQN holds colons, a name may hold anything.
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(ANSWER_TIMEOUT)
        .header("Accept", "application/json");
  }

  private HttpResponse<String> send(HttpRequest request, Optional<String> source) {
    HttpResponse<String> response = exchange(request);
    if (response.statusCode() / 100 != 2) {
      refuse(response, source);
    }
    return response;
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new Refused(
          ExitCode.UNREACHABLE,
          "no answer from a daemon at "
              + base
              + " ("
              + why(e)
              + "): is vtgtd running? --url or VTGT_URL names another address");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused(ExitCode.FAULT, "interrupted");
    }
  }

  /// The client of the JDK leaves the commonest failures without words.
  private static String why(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return "the host is not known";
      }
    }
    if (failure.getMessage() != null) {
      return failure.getMessage();
    }
    return failure instanceof ConnectException
        ? "connection refused"
        : failure.getClass().getSimpleName();
  }

  private JsonNode refuse(HttpResponse<String> response, Optional<String> source) {
    JsonNode problem = parse(response.body()).orElse(MissingNode.getInstance());
    if (!problem.path("type").asText().startsWith(PROBLEM_TYPE)) {
      throw foreign(response);
    }
    throw new Refused(ExitCode.of(response.statusCode()), describe(problem, source), problem);
  }

  private Refused foreign(HttpResponse<String> response) {
    return new Refused(
        ExitCode.FAULT,
        "what answers at "
            + base
            + " is not the management interface of vtgtd (HTTP status "
            + response.statusCode()
            + ")");
  }

  /// A problem document (RFC 9457) as text for people, one violation a line. Places of a body that
  /// the person never saw are left out.
  private static String describe(JsonNode problem, Optional<String> source) {
    if (problem.path("violations").isEmpty()) {
      return problem.path("detail").asText(problem.path("title").asText());
    }
    var text = new StringBuilder(problem.path("title").asText()).append(':');
    for (JsonNode violation : problem.path("violations")) {
      text.append("\n  ");
      if (source.isPresent() && violation.hasNonNull("line")) {
        text.append(source.get())
            .append(':')
            .append(violation.path("line").asText())
            .append(':')
            .append(violation.path("column").asText())
            .append(": ");
      }
      var pointer = violation.path("pointer").asText();
      text.append(pointer.isEmpty() ? "" : pointer + ": ")
          .append(violation.path("message").asText());
    }
    return text.toString();
  }

  /// Missing where there is no body.
  private JsonNode json(HttpResponse<String> response) {
    return response.body().isEmpty()
        ? MissingNode.getInstance()
        : parse(response.body()).orElseThrow(() -> foreign(response));
  }

  private static Optional<JsonNode> parse(String body) {
    try {
      return Optional.of(JSON.readTree(body)).filter(JsonNode::isContainerNode);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
