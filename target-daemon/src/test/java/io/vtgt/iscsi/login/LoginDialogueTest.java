package io.vtgt.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.login.LoginPolicy.Admission;
import io.vtgt.iscsi.login.LoginPolicy.Visitor;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.PduText.Pair;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Plays the dialogues of `resources/login`, one file each.
///
/// ```
/// chap: NAME=SECRET          who may come in; also mutual:, algorithms:, offer:, alias:,
///                            redirect:, refuse:
/// I: [V1] [T] [C] CSG>NSG KEY=VALUE ...     a trailing + leaves the pair open
/// T: [T] [C] CSG>NSG KEY=VALUE ...          or a status in hex, and what comes with it
/// = WORD ...                 what the outcome says
/// ```
///
/// `*` is any value, `<secret>` the CHAP response to the other side's last challenge (`b<secret>`
/// in base64), `@` that challenge itself.
class LoginDialogueTest {
  private final Map<String, byte[]> accounts = new HashMap<>();
  private final Map<String, String> offers = new HashMap<>();
  private List<ChapAlgorithm> algorithms =
      List.of(
          ChapAlgorithm.SHA3_256, ChapAlgorithm.SHA_256, ChapAlgorithm.SHA_1, ChapAlgorithm.MD5);
  private Optional<LoginPolicy.Credentials> mutual = Optional.empty();
  private Optional<String> alias = Optional.empty();
  private Optional<Admission> elsewhere = Optional.empty();

  private final LoginPolicy policy =
      new LoginPolicy() {
        @Override
        public Admission admit(Visitor visitor) {
          return elsewhere.orElseGet(
              () ->
                  new LoginPolicy.Admitted(
                      accounts.isEmpty()
                          ? Optional.empty()
                          : Optional.of(new LoginPolicy.ChapPolicy(accounts, mutual, algorithms)),
                      alias));
        }

        @Override
        public Map<String, String> offers() {
          return offers;
        }
      };

  private LoginExchange exchange;
  private LoginExchange.Answer answer;
  private final Map<String, String> saidByTarget = new HashMap<>();
  private final Map<String, String> saidByInitiator = new HashMap<>();

  static Stream<Path> dialogues() throws IOException {
    try (var files = Files.list(Path.of("src/test/resources/login"))) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("dialogues")
  void login_dialogue_goesAsWritten(Path file) throws IOException {
    for (var line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int blank = line.indexOf(' ');
      var rest = line.substring(blank + 1);
      switch (line.substring(0, blank)) {
        case "I:" -> initiator(rest);
        case "T:" -> target(line, rest);
        case "=" -> outcome(rest);
        case "chap:" -> accounts.put(before(rest), bytes(after(rest)));
        case "mutual:" ->
            mutual = Optional.of(new LoginPolicy.Credentials(before(rest), bytes(after(rest))));
        case "algorithms:" ->
            algorithms =
                Stream.of(ChapAlgorithm.values()).filter(a -> a.algorithm.equals(rest)).toList();
        case "offer:" -> offers.put(before(rest), after(rest));
        case "alias:" -> alias = Optional.of(rest);
        case "redirect:" ->
            elsewhere =
                Optional.of(
                    new LoginPolicy.Redirected(
                        rest.substring(0, rest.indexOf(' ')), rest.endsWith("permanent")));
        case "refuse:" ->
            elsewhere = Optional.of(new LoginPolicy.Refused(LoginStatus.valueOf(rest), "test"));
        default -> throw new AssertionError(line);
      }
    }
  }

  private void initiator(String line) {
    if (exchange == null) {
      exchange = new LoginExchange(policy, InetAddress.getLoopbackAddress(), 1, new Random(7));
    }
    var request = LoginRequest.on(Unpooled.buffer(48));
    var text = new StringBuilder();
    for (var word : line.split(" ", -1)) {
      switch (word) {
        case "V1" -> request.versionMin(1).versionMax(1);
        case "T" -> request.transit(true);
        case "C" -> request.continues(true);
        default -> {
          if (word.matches("\\d>\\d")) {
            request.currentStage(word.charAt(0) - '0').nextStage(word.charAt(2) - '0');
          } else if (word.endsWith("+")) {
            text.append(word, 0, word.length() - 1);
          } else if (word.indexOf('=') < 0) {
            text.append(word).append('\0');
          } else {
            var value = computed(after(word), saidByTarget);
            saidByInitiator.put(before(word), value);
            text.append(before(word)).append('=').append(value).append('\0');
          }
        }
      }
    }
    answer =
        exchange.on(
            new LoginRequest(request.bytes(), Unpooled.wrappedBuffer(bytes(text.toString()))));
  }

  private void target(String line, String expected) {
    var text = PduText.decode(answer.text());
    assertEquals(Optional.empty(), text.fault());
    var pairs = text.pairs();
    var head =
        answer.status() == LoginStatus.SUCCESS
            ? (answer.transit() ? "T " : "")
                + (answer.continues() ? "C " : "")
                + answer.currentStage()
                + '>'
                + answer.nextStage()
            : "%04x".formatted(answer.status().code);
    var wanted = new ArrayList<String>();
    var got = new ArrayList<String>(List.of(head.split(" ", -1)));
    var words = expected.split(" ", -1);
    for (var word : words) {
      int index = wanted.size() - (int) wanted.stream().filter(w -> w.indexOf('=') < 0).count();
      boolean any = word.endsWith("=*") && index < pairs.size();
      wanted.add(
          any
              ? before(word) + "=" + pairs.get(index).value()
              : word.indexOf('=') < 0
                  ? word
                  : before(word) + "=" + computed(after(word), saidByInitiator));
    }
    for (Pair pair : pairs) {
      saidByTarget.put(pair.key(), pair.value());
      got.add(pair.key() + "=" + pair.value().replace(' ', '_'));
    }
    assertEquals(
        String.join("\n", wanted), String.join("\n", got), line + " (" + answer.why() + ")");
    assertEquals(answer.status() == LoginStatus.SUCCESS, answer.why().isEmpty());
  }

  private void outcome(String expected) {
    var outcome = answer.outcome().orElseThrow().toString();
    for (var word : expected.split(" ", -1)) {
      assertTrue(outcome.contains(word), word + " in " + outcome);
    }
  }

  /// The response to what `other` said last.
  private String computed(String value, Map<String, String> other) {
    if (value.equals("@")) {
      return other.get("CHAP_C");
    }
    if (!value.endsWith(">")) {
      return value;
    }
    int number = Integer.parseInt(saidByTarget.get("CHAP_A"));
    var algorithm =
        Stream.of(ChapAlgorithm.values()).filter(a -> a.number == number).findFirst().orElseThrow();
    var challenge = BinaryValue.decode(other.get("CHAP_C"), 1024).orElseThrow();
    byte id = Integer.decode(other.get("CHAP_I")).byteValue();
    var secret = bytes(value.substring(value.indexOf('<') + 1, value.length() - 1));
    var response = Chap.digest(algorithm, id, secret, challenge);
    return value.startsWith("b")
        ? "0b" + Base64.getEncoder().encodeToString(response)
        : BinaryValue.encode(response);
  }

  private static String before(String pair) {
    return pair.substring(0, pair.indexOf('='));
  }

  private static String after(String pair) {
    return pair.substring(pair.indexOf('=') + 1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
