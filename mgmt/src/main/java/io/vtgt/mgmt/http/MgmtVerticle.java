package io.vtgt.mgmt.http;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;
import io.vtgt.mgmt.document.HostPort;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The management interface: HTTP with JSON or YAML. The event loop reads requests and sends
/// answers; what is between, documents of megabytes among it, is done on worker threads.
public final class MgmtVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(MgmtVerticle.class);

  /// Longer than the longest call: taking a unit away waits for its store, a minute to flush and a
  /// minute to close.
  private static final int IDLE_SECONDS = 180;

  /// Bytes of a body that is not a whole document.
  static final int MAX_BODY_BYTES = 1 << 20;

  private final Document.Http settings;
  private final List<Endpoint> endpoints;
  private HttpServer server;

  /// @param settings valid, see [io.vtgt.mgmt.document.Validation]
  public MgmtVerticle(TargetAdmin admin, Document.Http settings) {
    this.settings = settings;
    this.endpoints = endpoints(admin);
  }

  /// The table of the interface.
  static List<Endpoint> endpoints(TargetAdmin admin) {
    var secrets = new Secrets(admin);
    var editor = new Editor(admin, secrets);
    var subjects =
        Stream.of(
                new StatusResource(admin),
                new ConfigResource(admin, editor, secrets),
                new TargetsResource(admin, editor, secrets),
                new UnitsResource(admin, editor, secrets),
                new SnapshotsResource(admin),
                new MediaResource(admin),
                new PortGroupsResource(admin),
                new PortalsResource(admin, editor),
                new AccountsResource(admin, editor),
                new SessionsResource(admin),
                new EventsResource(admin))
            .flatMap(it -> it.endpoints().stream())
            .toList();
    return new IndexResource(subjects).endpoints();
  }

  @Override
  public Future<?> start() {
    var listen = HostPort.parse(settings.listen()).orElseThrow();
    var options =
        new HttpServerOptions()
            .setHost(listen.host().equals("*") ? "0.0.0.0" : listen.host())
            .setPort(listen.port())
            .setIdleTimeout(IDLE_SECONDS)
            .setHandle100ContinueAutomatically(true);
    server = vertx.createHttpServer(options).requestHandler(router());
    return server
        .listen()
        .onSuccess(it -> LOG.info("management interface at {}:{}", listen.host(), it.actualPort()));
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.close();
  }

  /// The port listened on, once deployed; of use where the settings say 0.
  public int port() {
    return server.actualPort();
  }

  private Router router() {
    var router = Router.router(vertx);
    router.route().handler(new BrowserGuard());
    router.put("/v1/config").handler(bodies(DocumentFormat.MAX_BYTES));
    router.route().handler(bodies(MAX_BODY_BYTES));
    for (var endpoint : endpoints) {
      var route = router.route(endpoint.method(), endpoint.route());
      if (endpoint.method().equals(HttpMethod.GET)) {
        route.method(HttpMethod.HEAD);
      }
      route.handler(context -> handle(context, endpoint));
    }
    methodsOfPaths()
        .forEach(
            (path, methods) ->
                router
                    .route(path)
                    .handler(
                        context -> {
                          throw HttpFailure.notAllowed(
                              context.request().method().name(), String.join(", ", methods));
                        }));
    router
        .route()
        .handler(
            context -> {
              throw new HttpFailure(
                  HttpFailure.Kind.NOT_FOUND,
                  "nothing is at " + context.normalizedPath() + "; /v1 tells what there is");
            });
    router.route().failureHandler(this::failed);
    // What fails before any route is found, such as a path that cannot be decoded.
    router.errorHandler(400, this::failed);
    return router;
  }

  private static BodyHandler bodies(int maxBytes) {
    return BodyHandler.create(false).setBodyLimit(maxBytes);
  }

  private Map<String, Set<String>> methodsOfPaths() {
    return endpoints.stream()
        .collect(
            Collectors.groupingBy(
                Endpoint::route,
                LinkedHashMap::new,
                Collectors.flatMapping(
                    it ->
                        it.method().equals(HttpMethod.GET)
                            ? Stream.of("GET", "HEAD")
                            : Stream.of(it.method().name()),
                    Collectors.toCollection(TreeSet::new))));
  }

  private void handle(RoutingContext context, Endpoint endpoint) {
    var format =
        answerFormat(context)
            .orElseThrow(
                () ->
                    new HttpFailure(
                        HttpFailure.Kind.NOT_ACCEPTABLE,
                        "answers are application/json or application/yaml"));
    var call = call(context, endpoint);
    vertx
        .executeBlocking(() -> endpoint.handler().handle(call), false)
        .compose(reply -> reply)
        .compose(reply -> written(reply, format))
        .onSuccess(answer -> send(context, answer))
        .onFailure(failure -> fail(context, failure));
  }

  /// An answer ready for the wire.
  private record Written(Reply reply, String contentType, String text) {}

  private Future<Written> written(Reply reply, DocumentFormat format) {
    return vertx.executeBlocking(() -> write(reply, format), false);
  }

  private static Written write(Reply reply, DocumentFormat format) {
    boolean problem = reply.body().filter(HttpFailure.Details.class::isInstance).isPresent();
    return new Written(
        reply, MediaType.name(format, problem), reply.body().map(format::write).orElse(""));
  }

  private static Call call(RoutingContext context, Endpoint endpoint) {
    var request = context.request();
    var type =
        Optional.ofNullable(request.getHeader("Content-Type")).orElse("").split(";", 2)[0].strip();
    var body = Optional.ofNullable(context.body().buffer()).orElseGet(Buffer::buffer);
    return new Call(
        context.pathParams(),
        flags(context, endpoint),
        options(context, endpoint),
        ifMatch(request.getHeader("If-Match")),
        type,
        body.getBytes());
  }

  /// A parameter nobody knows is refused: `?dryrun=true` must not do it in earnest.
  private static Set<Endpoint.Query> flags(RoutingContext context, Endpoint endpoint) {
    var flags = EnumSet.noneOf(Endpoint.Query.class);
    for (var parameter : context.queryParams()) {
      if (isOption(parameter.getKey(), endpoint)) {
        continue;
      }
      var flag =
          endpoint.query().stream()
              .filter(it -> it.text.equals(parameter.getKey()))
              .findFirst()
              .orElseThrow(
                  () ->
                      malformed(
                          "there is no parameter \""
                              + parameter.getKey()
                              + "\" here; allowed are "
                              + endpoint.query().stream().map(it -> it.text).toList()));
      switch (parameter.getValue()) {
        case "true" -> flags.add(flag);
        case "false" -> flags.remove(flag);
        default ->
            throw malformed(
                flag.text + " is \"" + parameter.getValue() + "\"; true and false are allowed");
      }
    }
    return flags;
  }

  private static boolean isOption(String name, Endpoint endpoint) {
    return endpoint.takesOptions()
        && endpoint.query().stream().noneMatch(it -> it.text.equals(name));
  }

  private static Map<String, String> options(RoutingContext context, Endpoint endpoint) {
    var options = new LinkedHashMap<String, String>();
    for (var parameter : context.queryParams()) {
      if (isOption(parameter.getKey(), endpoint)
          && options.put(parameter.getKey(), parameter.getValue()) != null) {
        throw malformed("parameter \"" + parameter.getKey() + "\" is given twice");
      }
    }
    return options;
  }

  /// Weak validators match nothing here (RFC 9110 section 13.1.1).
  private static Optional<List<String>> ifMatch(String header) {
    if (header == null || header.strip().equals("*")) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(header.split(","))
            .map(String::strip)
            .filter(it -> it.length() >= 2 && it.startsWith("\"") && it.endsWith("\""))
            .map(it -> it.substring(1, it.length() - 1))
            .toList());
  }

  private static HttpFailure malformed(String detail) {
    return new HttpFailure(HttpFailure.Kind.MALFORMED, detail);
  }

  /// What the client likes best of what we have; JSON when it does not care.
  private static Optional<DocumentFormat> answerFormat(RoutingContext context) {
    var accepted = context.parsedHeaders().accept();
    if (accepted.isEmpty()) {
      return Optional.of(DocumentFormat.JSON);
    }
    return accepted.stream()
        .filter(it -> it.weight() > 0)
        .map(MgmtVerticle::answerFormat)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<DocumentFormat> answerFormat(MIMEHeader accepted) {
    var type = accepted.component() + "/" + accepted.subComponent();
    return type.equals("*/*") || type.equals("application/*")
        ? Optional.of(DocumentFormat.JSON)
        : MediaType.format(type);
  }

  private void failed(RoutingContext context) {
    var failure = context.failure();
    if (failure != null && !(failure instanceof HttpException)) {
      fail(context, failure);
    } else if (context.statusCode() == 413) {
      // The rest of the body is not waited for.
      context
          .response()
          .putHeader("Connection", "close")
          .endHandler(_ -> context.request().connection().close());
      fail(
          context,
          new HttpFailure(
              HttpFailure.Kind.TOO_LARGE,
              "a body has at most "
                  + MAX_BODY_BYTES
                  + " bytes, a whole document "
                  + DocumentFormat.MAX_BYTES));
    } else {
      fail(context, malformed("the request cannot be understood"));
    }
  }

  private void fail(RoutingContext context, Throwable failure) {
    var told = HttpFailure.of(failure);
    if (told.kind() == HttpFailure.Kind.BUG) {
      LOG.error("{} {} failed", context.request().method(), context.request().path(), failure);
    }
    send(context, write(told.reply(), answerFormat(context).orElse(DocumentFormat.JSON)));
  }

  private void send(RoutingContext context, Written answer) {
    // The future of the daemon may have completed anywhere.
    this.context.runOnContext(_ -> sendNow(context, answer));
  }

  private static void sendNow(RoutingContext context, Written answer) {
    var response = context.response();
    if (response.ended() || response.closed()) {
      return;
    }
    LOG.debug(
        "{} {} {}", context.request().method(), context.request().path(), answer.reply().status());
    response.setStatusCode(answer.reply().status());
    answer.reply().headers().forEach(response::putHeader);
    response
        .putHeader("Cache-Control", "no-store")
        .putHeader("Vary", "Accept")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (answer.reply().body().isEmpty()) {
      response.end();
      return;
    }
    var body = Buffer.buffer(answer.text());
    response
        .putHeader("Content-Type", answer.contentType())
        .putHeader("Content-Length", Integer.toString(body.length()));
    if (context.request().method().equals(HttpMethod.HEAD)) {
      response.end();
    } else {
      response.end(body);
    }
  }
}
