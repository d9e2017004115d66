package io.vtgt.iscsi.login;

import io.netty.buffer.ByteBufUtil;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.PduText.Pair;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// The login phase of one connection (RFC 7143 section 6.3): fed with Login Requests, answers each.
/// Does no I/O and reads no clock; sequence numbers and the session table are the connection's.
///
/// Throws on no input whatever; what a peer gets wrong ends the login with a status.
public final class LoginExchange {

  /// What goes into the next Login Response.
  ///
  /// @param status not SUCCESS ends the login; the connection is closed after the response
  /// @param currentStage, nextStage stages of RFC 7143 section 11.12.3; `nextStage` counts only
  ///   with `transit`
  /// @param continues the text goes on in the next response, after an empty request
  /// @param text key=value pairs, each ended by a zero byte
  /// @param outcome present with the response that ends the login well
  /// @param why in words for the log, when refused
  public record Answer(
      LoginStatus status,
      boolean transit,
      boolean continues,
      int currentStage,
      int nextStage,
      byte[] text,
      Optional<Outcome> outcome,
      String why) {}

  /// A login that reached the full feature phase.
  ///
  /// @param account the CHAP name that was proved
  public record Outcome(
      LoginPolicy.Visitor visitor,
      Optional<String> initiatorAlias,
      Optional<String> account,
      SessionParameters parameters) {}

  /// Stages (RFC 7143 section 11.12.3).
  private static final int SECURITY = 0, OPERATIONAL = 1, FULL_FEATURE = 3;

  /// The text of one response, bytes: what every initiator takes during login (RFC 7143 section
  /// 13.12).
  private static final int MAX_RESPONSE_TEXT = 8192;

  /// The text of one exchange, gathered over continued requests, bytes.
  private static final int MAX_REQUEST_TEXT = 32768;

  /// Requests of one login; real ones take two to six.
  private static final int MAX_REQUESTS = 64;

  /// Of an iSCSI name, bytes (RFC 7143 section 4.2.7.1).
  private static final int MAX_NAME_LENGTH = 223;

  private final LoginPolicy policy;
  private final InetAddress initiator;
  private final int portalGroup;
  private final RandomGenerator random;
  private final Negotiation negotiation;

  /// Where the login stands; the first request says where it begins.
  private int stage = -1;

  private int requests;
  private boolean ended;

  /// Text of requests that go on.
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

  /// What did not fit in the last response.
  private byte[] unsent = {};

  private Optional<LoginPolicy.Visitor> visitor = Optional.empty();

  /// Empty when no proof is asked for.
  private Optional<Chap> chap = Optional.empty();

  private boolean authMethodSaid;

  public LoginExchange(
      LoginPolicy policy, InetAddress initiator, int portalGroup, RandomGenerator random) {
    this.policy = policy;
    this.initiator = initiator;
    this.portalGroup = portalGroup;
    this.random = random;
    this.negotiation = new Negotiation(policy.offers());
  }

  /// @param request borrowed
  public Answer on(LoginRequest request) {
    var wrong = headerFault(request);
    if (wrong.isPresent()) {
      return refuse(request, wrong.get());
    }
    stage = request.currentStage();
    if (unsent.length > 0) {
      return request.data().isReadable()
          ? refuse(request, Refusal.initiatorError("text while ours goes on"))
          : send(request);
    }
    if (gathered.size() + request.data().readableBytes() > MAX_REQUEST_TEXT) {
      var why = "login text of more than " + MAX_REQUEST_TEXT + " bytes";
      return refuse(request, Refusal.initiatorError(why));
    }
    gathered.writeBytes(ByteBufUtil.getBytes(request.data()));
    if (request.continues()) {
      return answer(request, false, false, new byte[0]);
    }
    var text = PduText.decode(gathered.toByteArray());
    gathered.reset();
    if (text.fault().isPresent()) {
      return refuse(request, Refusal.initiatorError(text.fault().get()));
    }
    var answers = new ArrayList<Pair>();
    var refusal = take(request, text.pairs(), answers);
    unsent = PduText.encode(answers);
    return refusal.isPresent() ? refuse(request, refusal.get()) : send(request);
  }

  /// The visitor as far as known, for session rules that come before the login ends.
  public Optional<LoginPolicy.Visitor> visitor() {
    return visitor;
  }

  private Optional<Refusal> headerFault(LoginRequest request) {
    int current = request.currentStage(), next = request.nextStage();
    if (ended) {
      return Optional.of(
          new Refusal(LoginStatus.INVALID_DURING_LOGIN, "a Login Request behind the login's end"));
    }
    if (++requests > MAX_REQUESTS) {
      return Optional.of(Refusal.initiatorError("more than " + MAX_REQUESTS + " requests"));
    }
    if (request.versionMin() > 0) { // 0 is the only version there is
      return Optional.of(
          new Refusal(
              LoginStatus.UNSUPPORTED_VERSION, "version " + request.versionMin() + " at least"));
    }
    if (current != SECURITY && current != OPERATIONAL) {
      return Optional.of(Refusal.initiatorError("current stage " + current));
    }
    if (stage >= 0 && current != stage) {
      return Optional.of(
          Refusal.initiatorError("current stage " + current + ", expected " + stage));
    }
    if (request.transit() && (next <= current || next == 2)) {
      return Optional.of(Refusal.initiatorError("from stage " + current + " to " + next));
    }
    if (request.transit() && request.continues()) {
      return Optional.of(Refusal.initiatorError("both T and C"));
    }
    return Optional.empty();
  }

  /// Takes the whole text of one exchange.
  ///
  /// @param answers gets what is to be said; with a refusal, what goes with its status
  private Optional<Refusal> take(LoginRequest request, List<Pair> pairs, List<Pair> answers) {
    Optional<Refusal> refusal = Optional.empty();
    if (visitor.isEmpty()) {
      refusal = introduce(pairs, answers);
    } else if (contradictsIntroduction(pairs)) {
      refusal = Optional.of(Refusal.initiatorError("another name or session type than before"));
    }
    if (refusal.isPresent()) {
      return refusal;
    }
    if (stage == OPERATIONAL && !authenticated()) {
      return Optional.of(Refusal.authentication("no CHAP before the operational stage"));
    }
    var operational = new ArrayList<Pair>();
    var proof = new EnumMap<LoginKey, String>(LoginKey.class);
    Optional<String> methods = Optional.empty();
    for (var pair : pairs) {
      var key = LoginKey.of(pair.key());
      if (key.isEmpty()) {
        operational.add(pair);
        continue;
      }
      switch (key.get()) {
        case INITIATOR_NAME, TARGET_NAME, SESSION_TYPE -> {}
        case AUTH_METHOD -> {
          if (authMethodSaid) {
            return Optional.of(Refusal.initiatorError("AuthMethod came twice"));
          }
          authMethodSaid = true;
          methods = Optional.of(pair.value());
        }
        case CHAP_A, CHAP_I, CHAP_C, CHAP_N, CHAP_R -> {
          if (proof.put(key.get(), pair.value()) != null) {
            return Optional.of(Refusal.initiatorError(pair.key() + " came twice"));
          }
        }
        default -> operational.add(pair);
      }
    }
    if (stage != SECURITY && (methods.isPresent() || !proof.isEmpty())) {
      return Optional.of(Refusal.initiatorError("authentication in the operational stage"));
    }
    refusal = authenticate(request, methods, proof, answers);
    if (refusal.isPresent()) {
      return refusal;
    }
    refusal = negotiation.on(operational, answers);
    if (refusal.isEmpty() && (stage == OPERATIONAL || negotiation.begun())) {
      answers.addAll(negotiation.declarations());
    }
    return refusal;
  }

  /// The first text: who comes, and to whom.
  private Optional<Refusal> introduce(List<Pair> pairs, List<Pair> answers) {
    var initiatorName = value(pairs, LoginKey.INITIATOR_NAME);
    var targetName = value(pairs, LoginKey.TARGET_NAME);
    var type = value(pairs, LoginKey.SESSION_TYPE).orElse(LoginKey.SESSION_TYPE.standard);
    for (var key : List.of(LoginKey.INITIATOR_NAME, LoginKey.TARGET_NAME, LoginKey.SESSION_TYPE)) {
      if (pairs.stream().filter(pair -> pair.key().equals(key.text)).count() > 1) {
        return Optional.of(Refusal.initiatorError(key.text + " came twice"));
      }
    }
    if (initiatorName.isEmpty()) {
      return Optional.of(new Refusal(LoginStatus.MISSING_PARAMETER, "no InitiatorName"));
    }
    if (!isName(initiatorName.get())) {
      return Optional.of(Refusal.initiatorError("InitiatorName is no iSCSI name"));
    }
    boolean discovery = type.equals("Discovery");
    if (!discovery && !type.equals("Normal")) {
      return Optional.of(
          new Refusal(LoginStatus.SESSION_TYPE_NOT_SUPPORTED, "SessionType=" + type));
    }
    if (!discovery && targetName.isEmpty()) {
      return Optional.of(new Refusal(LoginStatus.MISSING_PARAMETER, "no TargetName"));
    }
    if (!discovery && !isName(targetName.get())) {
      return Optional.of(new Refusal(LoginStatus.NOT_FOUND, "TargetName is no iSCSI name"));
    }
    var who =
        new LoginPolicy.Visitor(
            initiatorName.get(), initiator, discovery ? Optional.empty() : targetName, portalGroup);
    visitor = Optional.of(who);
    return switch (policy.admit(who)) {
      case LoginPolicy.Refused refused -> Optional.of(new Refusal(refused.status(), refused.why()));
      case LoginPolicy.Redirected there -> {
        // Without the portal group tag (RFC 7143 section 13.8).
        var address = there.address();
        int comma = address.indexOf(',');
        answers.add(
            pair(LoginKey.TARGET_ADDRESS, comma < 0 ? address : address.substring(0, comma)));
        yield Optional.of(
            new Refusal(
                there.permanent()
                    ? LoginStatus.TARGET_MOVED_PERMANENTLY
                    : LoginStatus.TARGET_MOVED_TEMPORARILY,
                "redirected to " + address));
      }
      case LoginPolicy.Admitted admitted -> {
        chap = admitted.chap().map(rules -> new Chap(rules, random));
        if (!discovery) {
          answers.add(pair(LoginKey.TARGET_PORTAL_GROUP_TAG, Integer.toString(portalGroup)));
          admitted
              .targetAlias()
              .ifPresent(alias -> answers.add(pair(LoginKey.TARGET_ALIAS, alias)));
        }
        yield Optional.empty();
      }
    };
  }

  /// Some initiators say their names again; as long as they are the same, that does no harm.
  private boolean contradictsIntroduction(List<Pair> pairs) {
    var known = visitor.orElseThrow();
    return pairs.stream()
        .anyMatch(
            pair ->
                switch (LoginKey.of(pair.key()).orElse(LoginKey.AUTH_METHOD)) {
                  case INITIATOR_NAME -> !pair.value().equals(known.initiatorName());
                  case TARGET_NAME -> known.targetName().filter(pair.value()::equals).isEmpty();
                  case SESSION_TYPE ->
                      !pair.value().equals(known.discovery() ? "Discovery" : "Normal");
                  default -> false;
                });
  }

  /// AuthMethod and the steps of CHAP (RFC 7143 section 12).
  private Optional<Refusal> authenticate(
      LoginRequest request,
      Optional<String> methods,
      Map<LoginKey, String> proof,
      List<Pair> answers) {
    if (methods.isPresent()) {
      var ours = chap.isPresent() ? "CHAP" : "None";
      var method = LoginKey.AUTH_METHOD.settle(methods.get(), ours);
      if (method.isEmpty()) {
        return Optional.of(
            Refusal.authentication("AuthMethod=" + methods.get() + ", we go by " + ours));
      }
      answers.add(pair(LoginKey.AUTH_METHOD, method.get()));
    }
    if (!proof.isEmpty()) {
      return chap.isPresent() && authMethodSaid
          ? chap.get().on(proof, answers)
          : Optional.of(Refusal.initiatorError("CHAP that was not agreed on"));
    }
    if (request.transit() && !authenticated() && methods.isEmpty()) {
      return Optional.of(Refusal.authentication("leaves the security stage without CHAP"));
    }
    return Optional.empty();
  }

  private boolean authenticated() {
    return chap.isEmpty() || chap.get().done();
  }

  /// Sends what there is to say, or as much as fits; grants the transit with the last part.
  private Answer send(LoginRequest request) {
    var text = Arrays.copyOf(unsent, Math.min(unsent.length, MAX_RESPONSE_TEXT));
    unsent = Arrays.copyOfRange(unsent, text.length, unsent.length);
    boolean continues = unsent.length > 0;
    return answer(request, request.transit() && !continues && authenticated(), continues, text);
  }

  private Answer answer(LoginRequest request, boolean transit, boolean continues, byte[] text) {
    int next = transit ? request.nextStage() : 0;
    Optional<Outcome> outcome = Optional.empty();
    if (transit) {
      stage = next;
      ended = next == FULL_FEATURE;
    }
    if (ended) {
      outcome =
          Optional.of(
              new Outcome(
                  visitor.orElseThrow(),
                  negotiation.told(LoginKey.INITIATOR_ALIAS),
                  chap.flatMap(Chap::account),
                  negotiation.parameters()));
    }
    return new Answer(
        LoginStatus.SUCCESS, transit, continues, request.currentStage(), next, text, outcome, "");
  }

  private Answer refuse(LoginRequest request, Refusal refusal) {
    ended = true;
    var text = refusal.status().redirects() ? unsent : new byte[0];
    return new Answer(
        refusal.status(),
        false,
        false,
        request.currentStage(),
        0,
        text,
        Optional.empty(),
        refusal.why());
  }

  private static Optional<String> value(List<Pair> pairs, LoginKey key) {
    return pairs.stream().filter(pair -> pair.key().equals(key.text)).map(Pair::value).findFirst();
  }

  private static Pair pair(LoginKey key, String value) {
    return new Pair(key.text, value);
  }

  /// Only the length and the absence of blanks are checked: initiators exist whose names have no
  /// type at all, and the access rules decide anyway.
  private static boolean isName(String name) {
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    return length > 0
        && length <= MAX_NAME_LENGTH
        && name.chars().noneMatch(c -> c <= ' ' || c == 0x7f);
  }
}
