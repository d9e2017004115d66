package io.vtgt.iscsi.login;

import io.vtgt.iscsi.pdu.PduText.Pair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// The target's side of CHAP (RFC 7143 section 12.1, RFC 1994): challenges the initiator, and
/// proves itself when asked.
///
/// A wrong name and a wrong secret go the same way and end with the same words.
final class Chap {
  /// Of a challenge or a response we take, bytes (RFC 7143 section 12.1.3).
  private static final int MAX_BINARY_LENGTH = 1024;

  private static final Set<LoginKey> ONE_WAY = EnumSet.of(LoginKey.CHAP_N, LoginKey.CHAP_R);
  private static final Set<LoginKey> BOTH_WAYS =
      EnumSet.of(LoginKey.CHAP_N, LoginKey.CHAP_R, LoginKey.CHAP_I, LoginKey.CHAP_C);

  private enum State {
    ALGORITHM,
    RESPONSE,
    DONE
  }

  private final LoginPolicy.ChapPolicy policy;
  private final RandomGenerator random;
  private State state = State.ALGORITHM;
  private ChapAlgorithm algorithm;
  private byte identifier;
  private byte[] challenge;
  private String account;

  Chap(LoginPolicy.ChapPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  boolean done() {
    return state == State.DONE;
  }

  /// The name that was proved.
  Optional<String> account() {
    return done() ? Optional.of(account) : Optional.empty();
  }

  /// Takes the CHAP keys of one text, at least one.
  ///
  /// @param answers gets ours
  Optional<Refusal> on(Map<LoginKey, String> keys, List<Pair> answers) {
    return switch (state) {
      case ALGORITHM -> challenge(keys, answers);
      case RESPONSE -> verify(keys, answers);
      case DONE -> Optional.of(Refusal.authentication("CHAP goes on after its end"));
    };
  }

  private Optional<Refusal> challenge(Map<LoginKey, String> keys, List<Pair> answers) {
    var offered = keys.get(LoginKey.CHAP_A);
    if (offered == null || keys.size() > 1) {
      return Optional.of(
          Refusal.authentication("CHAP begins with CHAP_A alone, not " + keys.keySet()));
    }
    var chosen = choose(offered);
    if (chosen.isEmpty()) {
      return Optional.of(Refusal.authentication("no CHAP algorithm of ours in CHAP_A=" + offered));
    }
    algorithm = chosen.get();
    identifier = (byte) random.nextInt();
    challenge = new byte[algorithm.digestLength];
    random.nextBytes(challenge);
    answers.add(new Pair("CHAP_A", Integer.toString(algorithm.number)));
    answers.add(new Pair("CHAP_I", Integer.toString(identifier & 0xff)));
    answers.add(new Pair("CHAP_C", BinaryValue.encode(challenge)));
    state = State.RESPONSE;
    return Optional.empty();
  }

  /// The first of the initiator's list that is allowed.
  private Optional<ChapAlgorithm> choose(String offered) {
    return Arrays.stream(offered.split(","))
        .flatMap(
            number ->
                policy.algorithms().stream()
                    .filter(ours -> Integer.toString(ours.number).equals(number)))
        .findFirst();
  }

  private Optional<Refusal> verify(Map<LoginKey, String> keys, List<Pair> answers) {
    var name = keys.get(LoginKey.CHAP_N);
    var response = keys.get(LoginKey.CHAP_R);
    boolean mutual = keys.keySet().equals(BOTH_WAYS);
    if (!mutual && !keys.keySet().equals(ONE_WAY)) {
      return Optional.of(
          Refusal.authentication(
              "expected CHAP_N and CHAP_R, perhaps CHAP_I and CHAP_C, not " + keys.keySet()));
    }
    var known = policy.accounts().get(name);
    var secret = known == null ? challenge : known; // unknown: the same work, and never a match
    var proof = BinaryValue.decode(response, MAX_BINARY_LENGTH).orElse(new byte[0]);
    boolean right = MessageDigest.isEqual(digest(identifier, secret, challenge), proof);
    if (!right || known == null) {
      return Optional.of(Refusal.authentication("wrong CHAP name or secret"));
    }
    if (mutual) {
      var refusal = prove(keys.get(LoginKey.CHAP_I), keys.get(LoginKey.CHAP_C), known, answers);
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    account = name;
    state = State.DONE;
    return Optional.empty();
  }

  /// Proves the target to the initiator.
  private Optional<Refusal> prove(
      String theirIdentifier, String theirChallenge, byte[] theirSecret, List<Pair> answers) {
    var id = identifier(theirIdentifier);
    var bytes =
        BinaryValue.decode(theirChallenge, MAX_BINARY_LENGTH).filter(value -> value.length > 0);
    if (id.isEmpty() || bytes.isEmpty()) {
      return Optional.of(Refusal.authentication("malformed CHAP_I or CHAP_C"));
    }
    if (policy.mutual().isEmpty()) {
      return Optional.of(Refusal.authentication("no account to prove the target with"));
    }
    // Answering our own challenge would let an initiator without a secret in (RFC 7143 section
    // 9.2.1).
    if (MessageDigest.isEqual(bytes.get(), challenge)) {
      return Optional.of(Refusal.authentication("our own CHAP challenge came back"));
    }
    var credentials = policy.mutual().get();
    if (MessageDigest.isEqual(credentials.secret(), theirSecret)) {
      return Optional.of(Refusal.authentication("one CHAP secret for both directions"));
    }
    answers.add(new Pair("CHAP_N", credentials.name()));
    answers.add(
        new Pair(
            "CHAP_R",
            BinaryValue.encode(digest(id.get().byteValue(), credentials.secret(), bytes.get()))));
    return Optional.empty();
  }

  private static Optional<Integer> identifier(String text) {
    try {
      return Optional.of(Integer.decode(text)).filter(id -> id >= 0 && id <= 255);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private byte[] digest(byte id, byte[] secret, byte[] challenged) {
    return digest(algorithm, id, secret, challenged);
  }

  /// The response of RFC 1994 section 4.1; for tests and initiators too.
  static byte[] digest(ChapAlgorithm algorithm, byte id, byte[] secret, byte[] challenge) {
    try {
      var digest = MessageDigest.getInstance(algorithm.algorithm);
      digest.update(id);
      digest.update(secret);
      return digest.digest(challenge);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // all four come with every JDK
    }
  }
}
