package io.vtgt.mgmt.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vtgt.mgmt.document.HostPort;
import java.util.List;
import java.util.Locale;

/// Keeps web pages of others out. The interface has no authentication: who may open a connection is
/// trusted, and a browser on this machine opens connections for any page it shows. So a request
/// must name us by address or as `localhost` (a foreign name that was pointed here afterwards is
/// DNS rebinding), and one that changes something must not come from a page of another origin.
/// Bodies must say they are JSON or YAML, which a form cannot.
final class BrowserGuard implements Handler<RoutingContext> {
  private static final List<HttpMethod> SAFE = List.of(HttpMethod.GET, HttpMethod.HEAD);

  @Override
  public void handle(RoutingContext context) {
    var request = context.request();
    checkHost(request);
    if (!SAFE.contains(request.method())) {
      checkOrigin(request);
    }
    context.next();
  }

  private static void checkHost(HttpServerRequest request) {
    var authority = request.getHeader("Host");
    if (authority != null && !isOurs(authority.toLowerCase(Locale.ROOT))) {
      throw new HttpFailure(
          HttpFailure.Kind.MISDIRECTED,
          "the host is called \"" + authority + "\"; an IP address or localhost is allowed");
    }
  }

  private static boolean isOurs(String authority) {
    var host = authority.replaceFirst(":\\d{1,5}$", "");
    return host.equals("localhost")
        || HostPort.parse(host + ":0").filter(it -> !it.host().equals("*")).isPresent();
  }

  private static void checkOrigin(HttpServerRequest request) {
    var origin = request.getHeader("Origin");
    var site = request.getHeader("Sec-Fetch-Site");
    boolean foreign =
        origin != null && !origin.equalsIgnoreCase("http://" + request.getHeader("Host"));
    if (foreign || (site != null && !site.equals("same-origin") && !site.equals("none"))) {
      throw new HttpFailure(
          HttpFailure.Kind.FORBIDDEN, "changes are not taken from web pages of another origin");
    }
  }
}
