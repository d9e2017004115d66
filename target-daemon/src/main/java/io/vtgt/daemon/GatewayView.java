package io.vtgt.daemon;

import io.netty.util.NetUtil;
import io.vtgt.daemon.Running.BoundPortal;
import io.vtgt.daemon.Running.ServedTarget;
import io.vtgt.iscsi.Gateway;
import io.vtgt.iscsi.login.ChapAlgorithm;
import io.vtgt.iscsi.login.LoginPolicy;
import io.vtgt.iscsi.login.LoginStatus;
import io.vtgt.mgmt.document.Document;
import io.vtgt.target.AccessRules;
import io.vtgt.target.Target;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// What logins and sessions ask of the daemon, answered from what runs at that moment. A pure
/// function of [Running]: it holds nothing of its own.
final class GatewayView implements Gateway, LoginPolicy {
  /// More would not be faster, and costs memory per session.
  private static final int MAX_COMMAND_WINDOW = 1024;

  /// When the document names none: all, strongest first.
  private static final List<ChapAlgorithm> ALL_ALGORITHMS =
      List.of(
          ChapAlgorithm.SHA3_256, ChapAlgorithm.SHA_256, ChapAlgorithm.SHA_1, ChapAlgorithm.MD5);

  private final Supplier<Running> running;

  GatewayView(Supplier<Running> running) {
    this.running = running;
  }

  @Override
  public LoginPolicy loginPolicy() {
    return this;
  }

  @Override
  public Optional<Target> target(String name) {
    return Optional.ofNullable(running.get().targets().get(name)).map(ServedTarget::target);
  }

  @Override
  public Settings settings() {
    var login = running.get().login();
    var limits = running.get().limits();
    return new Settings(
        login.loginTimeoutSeconds() * 1000L,
        login.nopIntervalSeconds() * 1000L,
        login.nopTimeoutSeconds() * 1000L,
        Math.clamp(login.commandWindow(), 1, MAX_COMMAND_WINDOW),
        limits.dataBudgetBytes(),
        limits.sessions());
  }

  /// The checks in their order: is there such a target, is it reached through this portal group,
  /// may this initiator come, is it sent elsewhere.
  @Override
  public Admission admit(Visitor visitor) {
    var now = running.get();
    if (visitor.discovery()) {
      return new Admitted(chap(now, now.discovery().authentication()), Optional.empty());
    }
    var name = visitor.targetName().orElseThrow();
    var served = now.targets().get(name);
    if (served == null) {
      return new Refused(LoginStatus.NOT_FOUND, "there is no target " + name);
    }
    var entry = served.entry();
    if (!reachedThrough(entry, visitor.portalGroup())) {
      return new Refused(
          LoginStatus.NOT_FOUND,
          "target "
              + name
              + " is not reached through portal group "
              + visitor.portalGroup()
              + ", only through "
              + entry.portalGroups());
    }
    if (!served.target().accessRules().admits(visitor.initiatorName(), visitor.address())) {
      return new Refused(
          LoginStatus.AUTHORIZATION_FAILURE,
          "no access rule of target " + name + " admits this initiator");
    }
    if (entry.redirect().isPresent()) {
      var redirect = entry.redirect().get();
      return new Redirected(redirect.address(), redirect.permanent());
    }
    return new Admitted(chap(now, entry.authentication()), entry.alias());
  }

  @Override
  public Map<String, String> offers() {
    return running.get().login().keys();
  }

  private static boolean reachedThrough(Document.TargetEntry target, int portalGroup) {
    return target.portalGroups().isEmpty() || target.portalGroups().contains(portalGroup);
  }

  private static Optional<ChapPolicy> chap(Running now, Document.Authentication wanted) {
    if (wanted.accounts().isEmpty()) {
      return Optional.empty();
    }
    var secrets = new LinkedHashMap<String, byte[]>();
    now.accounts().stream()
        .filter(account -> wanted.accounts().contains(account.name()))
        .forEach(account -> secrets.put(account.name(), secret(account)));
    var mutual =
        wanted
            .mutual()
            .flatMap(name -> now.accounts().stream().filter(it -> it.name().equals(name)).findAny())
            .map(account -> new Credentials(account.name(), secret(account)));
    return Optional.of(new ChapPolicy(secrets, mutual, algorithms(wanted.algorithms())));
  }

  private static byte[] secret(Document.Account account) {
    return account.secret().getBytes(StandardCharsets.UTF_8);
  }

  private static List<ChapAlgorithm> algorithms(List<String> names) {
    return names.isEmpty()
        ? ALL_ALGORITHMS
        : names.stream()
            .map(
                name ->
                    ALL_ALGORITHMS.stream()
                        .filter(it -> it.algorithm.equals(name))
                        .findAny()
                        .orElseThrow())
            .toList();
  }

  @Override
  public List<Discovered> discover(
      String initiatorName, InetAddress initiator, InetSocketAddress cameTo) {
    var now = running.get();
    return now.targets().values().stream()
        .filter(it -> it.target().accessRules().admits(initiatorName, initiator))
        .map(it -> new Discovered(it.target().name(), addresses(now, it.entry(), cameTo)))
        .filter(it -> !it.addresses().isEmpty())
        .toList();
  }

  private static List<String> addresses(
      Running now, Document.TargetEntry target, InetSocketAddress cameTo) {
    return now.portals().stream()
        .filter(it -> reachedThrough(target, it.portal().group()))
        .flatMap(
            it -> address(it, cameTo).map(address -> address + "," + it.portal().group()).stream())
        .distinct()
        .toList();
  }

  /// The address of a portal as an initiator that came to `cameTo` reaches it: what the document
  /// advertises; for a wildcard the address it came to; else the portal's own. A wildcard of IPv4
  /// is not reached over IPv6, nor a loopback address from another machine.
  private static Optional<String> address(BoundPortal portal, InetSocketAddress cameTo) {
    if (portal.portal().advertise().isPresent()) {
      return portal.portal().advertise();
    }
    var own = portal.bound().getAddress();
    var came = cameTo.getAddress();
    if (own.isAnyLocalAddress()) {
      boolean reached =
          own instanceof java.net.Inet6Address || came instanceof java.net.Inet4Address;
      return reached ? Optional.of(text(came, portal.bound().getPort())) : Optional.empty();
    }
    return own.isLoopbackAddress() && !came.isLoopbackAddress()
        ? Optional.empty()
        : Optional.of(text(own, portal.bound().getPort()));
  }

  /// `ADDR:PORT`, IPv6 in brackets (RFC 7143 section 13.8) and without a scope, which means nothing
  /// to others.
  static String text(InetAddress address, int port) {
    var plain = NetUtil.toAddressString(address);
    return (plain.contains(":") ? "[" + plain + "]" : plain) + ":" + port;
  }

  /// The access rules of the document as the target knows them; no rule in the document is
  /// everyone.
  static AccessRules accessRules(List<Document.AccessRule> rules) {
    return rules.isEmpty()
        ? AccessRules.EVERYONE
        : new AccessRules(rules.stream().map(GatewayView::accessRule).toList());
  }

  private static AccessRules.Rule accessRule(Document.AccessRule rule) {
    return new AccessRules.Rule(
        rule.initiators(),
        rule.addresses().stream().map(GatewayView::prefix).collect(Collectors.toList()),
        rule.luns());
  }

  private static AccessRules.Prefix prefix(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new AccessRules.Prefix(InetAddress.ofLiteral(text), OptionalInt.empty())
        : new AccessRules.Prefix(
            InetAddress.ofLiteral(text.substring(0, slash)),
            OptionalInt.of(Integer.parseInt(text.substring(slash + 1))));
  }
}
