package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Talks to a daemon's management interface. Every refusal is a [Refused] with the exit status for
/// it.
final class AdminClient implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /// Opening a large image or draining a unit may take a while.
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

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
    final transient JsonNode problem;

    Refused(int exitCode, String message, JsonNode problem) {
      super(message);
      this.exitCode = exitCode;
      this.problem = problem;
    }
  }

  AdminClient(String url) {
    this.base = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
  }

  JsonNode get(String path) {
    return json(send(request(path).GET().build()));
  }

  /// Health is an answer, good or bad.
  JsonNode health() {
    return json(exchange(request("/healthz").GET().build()));
  }

  String getText(String path, String accept) {
    return send(request(path).setHeader("Accept", accept).GET().build()).body();
  }

  JsonNode post(String path, JsonNode body) {
    return json(
        send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build()));
  }

  JsonNode put(String path, String contentType, String body) {
    return json(
        send(
            request(path)
                .header("Content-Type", contentType)
                .PUT(BodyPublishers.ofString(body))
                .build()));
  }

  JsonNode delete(String path) {
    return json(send(request(path).DELETE().build()));
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

  private HttpResponse<String> send(HttpRequest request) {
    HttpResponse<String> response = exchange(request);
    if (response.statusCode() / 100 != 2) {
      JsonNode problem = parse(response.body());
      throw new Refused(ExitCode.of(response.statusCode()), describe(response, problem), problem);
    }
    return response;
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new Refused(
          ExitCode.UNREACHABLE,
          "no answer from the daemon at "
              + base
              + " ("
              + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
              + "): is vtgtd running? --url or VTGT_URL names another address",
          MissingNode.getInstance());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused(ExitCode.FAULT, "interrupted", MissingNode.getInstance());
    }
  }

  /// A problem document (RFC 9457) as text for people, one violation a line.
  private static String describe(HttpResponse<String> response, JsonNode problem) {
    var text = new StringBuilder();
    if (problem.hasNonNull("detail")) {
      text.append(problem.get("detail").asText());
    } else if (problem.hasNonNull("title")) {
      text.append(problem.get("title").asText());
    } else {
      text.append("the daemon answered with HTTP status ").append(response.statusCode());
    }
    for (JsonNode violation : problem.path("violations")) {
      text.append("\n  ")
          .append(violation.path("pointer").asText())
          .append(": ")
          .append(violation.path("message").asText());
    }
    return text.toString();
  }

  private static JsonNode json(HttpResponse<String> response) {
    return parse(response.body());
  }

  private static JsonNode parse(String body) {
    if (body.isEmpty()) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }
}
